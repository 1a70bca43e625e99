"""The addresses of place codes, below `/g/`."""

from django.urls import path

from services.codes.views import place

urlpatterns = [
    path("claim/", place.claim, name="code_claim"),
    path("<slug:text>/", place.place_page, name="code_place"),
]
