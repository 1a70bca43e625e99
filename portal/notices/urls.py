"""The addresses below /me/notices/."""

from django.urls import path

from portal.notices import views

urlpatterns = [
    path("", views.notices, name="notices"),
    path("unread.json", views.unread, name="notices_unread"),
    path("read/", views.read_all, name="notices_read"),
    path("how/", views.wishes, name="notice_wishes"),
    path("address/", views.address, name="notice_address_asked"),
    path("address/<str:token>/", views.address_link, name="notice_address"),
    path("<int:pk>/", views.open_one, name="notice"),
]
