"""The addresses that every kind has."""

from typing import Any

from django.http import FileResponse, HttpRequest, HttpResponse
from django.urls import path, register_converter
from django.urls.converters import StringConverter

from portal.listings import views
from portal.listings.filters import ListingFilter
from portal.listings.models import Listing


class PublicIdConverter(StringConverter):
    """Ten characters of Crockford's base 32; nothing else is looked up."""

    regex = "[0-9A-HJKMNP-TV-Z]{10}"


register_converter(PublicIdConverter, "public_id")


def listing_urls(
    model: type[Listing], filterset_class: type[ListingFilter] = ListingFilter
) -> tuple[Any, str, str]:
    """Return what `path()` takes for a kind: list, detail, print and share picture, named in its plural."""

    def listed(request: HttpRequest) -> HttpResponse:
        return views.listing_list(request, model, filterset_class)

    def detailed(request: HttpRequest, public_id: str, page: str = "detail") -> HttpResponse:
        return views.listing_detail(request, model, public_id, page)

    def shared(request: HttpRequest, public_id: str) -> FileResponse:
        return views.share(request, model, public_id)

    def previewed(request: HttpRequest, public_id: str) -> HttpResponse:
        return views.preview(request, model, public_id)

    patterns = [
        path("", listed, name="list"),
        path("<public_id:public_id>/", detailed, name="detail"),
        path("<public_id:public_id>/print/", detailed, {"page": "print"}, name="print"),
        path("<public_id:public_id>/share.png", shared, name="share"),
        path("<public_id:public_id>/preview/", previewed, name="preview"),
    ]
    return patterns, model.plural, model.plural
