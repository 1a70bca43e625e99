"""The addresses of sources: one of a row for each kind."""

from typing import Any

from django.urls import path, register_converter

from portal.listings.api.sources import SourceRowsView, SourceRowView, SourcesView
from portal.listings.kinds import listing_models
from portal.listings.sources.naming import external_id_of


class ExternalId:
    """A row's number at its source, as a piece of an address."""

    regex = "[^/]{1,200}"

    def to_python(self, value: str) -> str:
        """Return the number. Raise ValueError, which makes it a 404, for what cannot be one."""
        found = external_id_of(value)
        if not found:
            raise ValueError(value)
        return found

    def to_url(self, value: str) -> str:
        """Return the number."""
        return value


register_converter(ExternalId, "external_id")


def source_urls() -> list[Any]:
    """Return the list of sources, a source's rows, and one address for the rows of each kind."""
    rows = [
        path(
            f"sources/<slug:source>/{model.kind_name}/<external_id:external_id>/",
            SourceRowView.for_kind(model).as_view(),
            name=f"source-{model.kind_name}",
        )
        for model in listing_models()
    ]
    return [
        path("sources/", SourcesView.as_view(), name="sources"),
        path("sources/<slug:source>/", SourceRowsView.as_view(), name="source"),
        *rows,
    ]
