"""The addresses of the pages on which partners keep their own keys."""

from django.urls import path

from portal.partners.pages import views

urlpatterns = [
    path("", views.index, name="partners"),
    path("keys/<int:pk>/", views.key, name="partner_key"),
    path("keys/<int:pk>/rename/", views.rename, name="partner_key_rename"),
    path("keys/<int:pk>/rotate/", views.rotate, name="partner_key_rotate"),
    path("keys/<int:pk>/revoke/", views.revoke, name="partner_key_revoke"),
]
