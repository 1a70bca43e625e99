"""What a turnstile must know to judge codes by itself."""

from typing import Any

from django.http import HttpResponse
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from drf_spectacular.utils import extend_schema
from rest_framework.exceptions import NotAuthenticated
from rest_framework.request import Request
from rest_framework.response import Response

from portal.listings.api import parameters
from portal.listings.api.problems import Problem
from portal.listings.api.schema import KEY_ONLY, described, parameter, problem_responses
from portal.listings.api.views import ApiView
from portal.partners.models import ApiKey
from portal.partners.permissions import HasScope
from portal.running.databases import up_to_date
from services.codes import syncing
from services.codes.api.callers import turnstile_of
from services.codes.api.documents import SyncDocument

WAITING = {"type": "integer", "minimum": 0, "maximum": 999_999_999}


class SyncView(ApiView):
    """Keys, list, terms and the server's time in one answer."""

    permission_classes: Any = [HasScope("gates:read")]

    @extend_schema(
        operation_id="gates_sync",
        tags=["gates"],
        summary="核验设备同步 · What a device needs to judge codes",
        auth=KEY_ONLY,
        parameters=[
            parameter("cursor", {"type": "string"}, "游标 · What the last answer gave"),
            parameter("waiting", WAITING, "待传条数 · How many passes the device still holds"),
        ],
        responses={
            200: described(SyncDocument, SyncDocument.example),
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
        waiting = request.query_params.get("waiting")
        if waiting is not None and not (waiting.isascii() and waiting.isdecimal() and len(waiting) < 10):
            raise Problem(400, "invalid_query", [("waiting", "invalid", _("Give a whole number from 0 on."))])
        with up_to_date():
            body = syncing.sync(
                device=turnstile_of(key, now),
                cursor=request.query_params.get("cursor", "")[:80],
                now=now,
                waiting=None if waiting is None else int(waiting),
            )
        answer = Response(body)
        answer["Cache-Control"] = "no-store"
        return answer
