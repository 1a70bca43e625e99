"""What a turnstile must know to judge codes by itself."""

from typing import Any

from django.http import HttpResponse
from django.utils import timezone
from drf_spectacular.utils import OpenApiParameter, OpenApiResponse, extend_schema
from rest_framework.exceptions import NotAuthenticated
from rest_framework.request import Request
from rest_framework.response import Response

from portal.listings.api import parameters
from portal.listings.api.schema import problem_responses
from portal.listings.api.views import ApiView
from portal.partners.models import ApiKey
from portal.partners.permissions import HasScope
from portal.running.databases import up_to_date
from services.codes import syncing
from services.codes.api.callers import turnstile_of
from services.codes.api.documents import KEY_ONLY, SyncDocument


class SyncView(ApiView):
    """Keys, list, terms and the server's time in one answer."""

    permission_classes: Any = [HasScope("gates:read")]

    @extend_schema(
        operation_id="gates_sync",
        tags=["gates"],
        summary="核验设备同步 · What a device needs to judge codes",
        auth=KEY_ONLY,
        parameters=[
            OpenApiParameter("cursor", str, description="What the last answer gave."),
            OpenApiParameter("waiting", int, description="How many passes the device still holds."),
        ],
        responses={
            200: OpenApiResponse(SyncDocument, ""),
            **problem_responses(400, 401, 403, 429),
        },
    )
    def get(self, request: Request) -> HttpResponse:
        """Return what changes how codes are judged; ask again after `next_poll_s` seconds."""
        parameters.check_names(request, {"cursor", "waiting", "format"})
        key = request.auth
        if not isinstance(key, ApiKey):
            raise NotAuthenticated
        now = timezone.now()
        waiting = request.query_params.get("waiting", "")
        with up_to_date():
            body = syncing.sync(
                device=turnstile_of(key, now),
                cursor=request.query_params.get("cursor", "")[:80],
                now=now,
                waiting=int(waiting)
                if waiting.isascii() and waiting.isdecimal() and len(waiting) < 9
                else None,
            )
        answer = Response(body)
        answer["Cache-Control"] = "no-store"
        return answer
