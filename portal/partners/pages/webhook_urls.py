"""The addresses of the pages on which partners keep their own webhooks."""

from django.urls import path

from portal.partners.pages import webhooks

urlpatterns = [
    path("", webhooks.webhooks, name="partner_webhooks"),
    path("add/", webhooks.add, name="partner_webhook_add"),
    path("<int:pk>/", webhooks.webhook, name="partner_webhook"),
    path("<int:pk>/test/", webhooks.test, name="partner_webhook_test"),
    path("<int:pk>/rotate/", webhooks.rotate, name="partner_webhook_rotate"),
    path("<int:pk>/stop/", webhooks.stop, name="partner_webhook_stop"),
    path("<int:pk>/start/", webhooks.start, name="partner_webhook_start"),
    path("<int:pk>/replay/", webhooks.replay, name="partner_webhook_replay"),
    path("<int:pk>/remove/", webhooks.remove, name="partner_webhook_remove"),
]
