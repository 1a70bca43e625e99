"""Formats, and how one is chosen."""

from typing import Any

import orjson
from django.utils.translation import gettext_lazy as _
from rest_framework.negotiation import DefaultContentNegotiation
from rest_framework.renderers import BaseRenderer
from rest_framework.request import Request

from portal.listings.api.problems import Problem


class JsonRenderer(BaseRenderer):
    """UTF-8 JSON by orjson."""

    media_type = "application/json"
    format = "json"
    charset = None
    render_style = "binary"

    def render(
        self, data: Any, accepted_media_type: str | None = None, renderer_context: Any = None
    ) -> bytes:
        """Return the bytes; nothing for no content."""
        return b"" if data is None else orjson.dumps(data)


class GeoJsonRenderer(JsonRenderer):
    """GeoJSON; the view has already put the rows into that form."""

    media_type = "application/geo+json"
    format = "geojson"


class StreamRenderer(JsonRenderer):
    """A format whose lines the view writes by itself; errors before the first line are JSON."""

    @classmethod
    def of(cls, name: str, media_type: str) -> type["StreamRenderer"]:
        """Return the renderer of a format."""
        return type(f"{name.title()}Renderer", (cls,), {"format": name, "media_type": media_type})


class Negotiation(DefaultContentNegotiation):
    """`format=` wins over `Accept`; a format that does not exist is a 400 that names the parameter."""

    def select_renderer(self, request: Request, renderers: Any, format_suffix: str | None = None) -> Any:
        """Return (renderer, media type); raise Problem or NotAcceptable."""
        wanted = request.query_params.get("format")
        if wanted is not None:
            for renderer in renderers:
                if renderer.format == wanted:
                    return renderer, renderer.media_type
            names = " | ".join(renderer.format for renderer in renderers)
            raise Problem(400, "invalid_query", [("format", "unknown_format", _Choices(names))])
        accept = request.META.get("HTTP_ACCEPT")
        if accept is None or accept == "*/*":
            return renderers[0], renderers[0].media_type
        renderer, _media_type = super().select_renderer(request, renderers, format_suffix)
        return renderer, renderer.media_type


class _Choices:
    """The sentence that names the formats."""

    def __init__(self, names: str) -> None:
        self.names = names

    def __str__(self) -> str:
        return str(_("Choose one of: %(names)s.")) % {"names": self.names}
