"""The issuer's public keys and the status list, for anybody who checks codes."""

from typing import Any

from django.http import HttpResponse, HttpResponseNotModified
from django.utils import timezone
from drf_spectacular.utils import OpenApiResponse, extend_schema
from rest_framework.negotiation import BaseContentNegotiation
from rest_framework.renderers import BaseRenderer
from rest_framework.request import Request
from rest_framework.response import Response

from portal.listings.api import conditional, parameters
from portal.listings.api.schema import KEY_OR_NOT, described, problem_responses
from portal.listings.api.views import ApiView
from services.codes import publishing_list, status_list
from services.codes.api.documents import JWKS
from services.codes.keyring import KeyRing

KEYS_KEPT_S, LIST_KEPT_S = 300, 30


class KeysView(ApiView):
    """The keys that codes, place codes and lists are checked with."""

    permission_classes: Any = []

    @extend_schema(
        operation_id="keys",
        tags=["gates"],
        summary="签发公钥 · The issuer's public keys",
        auth=KEY_OR_NOT,
        responses={
            200: described(
                {
                    "type": "object",
                    "title": "Keys",
                    "required": ["version", "keys"],
                    "properties": {
                        "version": {"type": "integer", "description": "Only rises."},
                        "keys": {"type": "array", "items": {"type": "object"}},
                    },
                },
                JWKS,
                "A JWK set (RFC 7517) with `purpose`, `nbf` and `exp`.",
            ),
            304: OpenApiResponse(None, "What you have is current."),
            **problem_responses(400, 401, 429),
        },
    )
    def get(self, request: Request) -> HttpResponse:
        """Return the published keys. A key is published two days before its first use."""
        parameters.check_names(request, {"format"})
        ring = KeyRing.load()
        return _kept(request, f'"keys-{ring.version}"', KEYS_KEPT_S, lambda: Response(ring.jwks()))


class StatusListRenderer(BaseRenderer):
    """A signed status list."""

    media_type = f"application/{status_list.TYPE}"
    format = "jwt"
    charset = None
    render_style = "binary"

    def render(
        self, data: Any, accepted_media_type: str | None = None, renderer_context: Any = None
    ) -> bytes:
        """Return the token."""
        return str(data).encode()


class _Only(BaseContentNegotiation):
    """There is one form, whatever is asked for."""

    def select_renderer(self, request: Request, renderers: Any, format_suffix: str | None = None) -> Any:
        """Return it."""
        return renderers[0], renderers[0].media_type


class StatusListView(ApiView):
    """What was taken back, one bit an index."""

    permission_classes: Any = []
    renderer_classes: Any = [StatusListRenderer]
    content_negotiation_class: Any = _Only

    @extend_schema(
        operation_id="status_list",
        tags=["gates"],
        summary="已收回名单 · The signed list of what was taken back",
        auth=KEY_OR_NOT,
        responses={
            (200, StatusListRenderer.media_type): described(
                {"type": "string", "title": "StatusList"},
                "eyJhbGciOiJFUzI1NiJ9…",
                "A JWT of the IETF Token Status List (ES256).",
            ),
            304: OpenApiResponse(None, "What you have is current."),
            **problem_responses(400, 401, 429),
        },
    )
    def get(self, request: Request) -> HttpResponse:
        """Return the newest list, at most ten minutes old."""
        parameters.check_names(request, set())
        newest = publishing_list.newest(now=timezone.now())
        tag = f'"list-{newest.version}"'
        return _kept(request, tag, LIST_KEPT_S, lambda: Response(publishing_list.text_of(newest)))


def _kept(request: Request, tag: str, seconds: int, body: Any) -> HttpResponse:
    """Return a body, or 304 for whoever has it; anybody may keep it."""
    answer = HttpResponseNotModified() if conditional.matches(request, tag) else body()
    answer["ETag"] = tag
    answer["Cache-Control"] = f"public, max-age={seconds}"
    answer["Vary"] = "Accept"
    return answer
