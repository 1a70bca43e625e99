"""The portal's addresses and one line more; the API is that of `api.py` here."""

from django.urls import include, path

from portal import urls
from portal.listings.urls import listing_urls
from portal.urls import handler400, handler403, handler404, handler500
from tests.throwaway.models import Tap

urlpatterns = [
    path("taps/", listing_urls(Tap)),
    path("api/v1/", include("tests.throwaway.api")),
    *(pattern for pattern in urls.urlpatterns if str(pattern.pattern) != "api/v1/"),
]

__all__ = ["handler400", "handler403", "handler404", "handler500", "urlpatterns"]
