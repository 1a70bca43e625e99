"""`/dumps/`: the daily files from which a copy begins."""

import base64
import re
from typing import Any

from django.conf import settings
from django.core.files.storage import storages
from django.http import Http404, HttpResponse, HttpResponseNotModified, StreamingHttpResponse
from django.http.response import HttpResponseBase
from django.urls import reverse
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiExample, OpenApiParameter, OpenApiResponse, extend_schema
from rest_framework import serializers
from rest_framework.negotiation import BaseContentNegotiation
from rest_framework.request import Request
from rest_framework.response import Response

from portal.listings import dumping
from portal.listings.api import conditional, parameters
from portal.listings.api.documents import Schema, text, whole
from portal.listings.api.problems import Problem
from portal.listings.api.renderers import StreamRenderer
from portal.listings.api.schema import problem_responses
from portal.listings.api.views import ApiView
from portal.listings.models import Dump
from portal.storage import StoreLost, pieces

FRESH_SECONDS, RETRY_SECONDS = 60, 5
#: A day's file is there once; only `write_dump --again` replaces it, and then its tag changes.
KEPT_SECONDS = 3600
_RANGE = re.compile(r"bytes=([0-9]{0,18})-([0-9]{0,18})")
_ANYONE: Any = [{"key": []}, {}]
EXAMPLE = {
    "name": "nuanxin-2026-11-26.ndjson.gz",
    "day": "2026-11-26",
    "made_at": "2026-11-26T00:00:41+08:00",
    "bytes": 1843200,
    "rows": 8214,
    "sha256": "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08",
    "change_number": 51877,
    "cursor": "51877-51877-71f0bba4-3b2c1d09",
    "url": "https://example.org/api/v1/dumps/nuanxin-2026-11-26.ndjson.gz",
    "changes": "https://example.org/api/v1/changes/?cursor=51877-51877-71f0bba4-3b2c1d09",
}


class DumpDocument(Schema):
    """A file with every public listing of the city, and where the change feed goes on from it."""

    name = text()
    day = serializers.DateField(help_text="The day of the city's calendar on which it was written.")
    made_at = serializers.DateTimeField()
    bytes = whole("Size of the compressed file.", null=False)
    rows = whole("Lines in it.", null=False)
    sha256 = text("Checksum of the compressed file, in hexadecimal digits.")
    change_number = whole("It holds every change up to this one.", null=False)
    cursor = text("Where the change feed goes on.")
    url = serializers.URLField(help_text="The file: gzip, one row a line (NDJSON), as the streams write it.")
    changes = serializers.URLField(help_text="What to ask when the file is read.")


class DumpList(Schema):
    """The dumps that are kept, the newest first."""

    results = DumpDocument(many=True)
    licence = serializers.URLField()


def check_reach(request: Request) -> None:
    """Raise Problem for a key that is confined to an area: a dump holds the whole city."""
    if conditional.key_area(request):
        raise Problem(403, "whole_city")


class DumpsView(ApiView):
    """The dumps that are kept."""

    @extend_schema(
        operation_id="dumps_list",
        tags=["changes"],
        summary="每日全量包 · Daily dumps",
        description=(
            "A copy begins fastest with the newest dump: read its rows, then follow `changes` for ever. What changed "
            "while the file was written comes there again, so nothing is missed. Dumps are kept for 30 days."
        ),
        auth=_ANYONE,
        responses={
            200: OpenApiResponse(
                DumpList,
                "",
                examples=[
                    OpenApiExample(
                        "dumps",
                        value={
                            "results": [EXAMPLE],
                            "licence": "https://creativecommons.org/licenses/by/4.0/",
                        },
                    )
                ],
            ),
            304: OpenApiResponse(None, "What you have is current."),
            **problem_responses(400, 401, Problem(403, "whole_city"), 406, 429),
        },
    )
    def get(self, request: Request) -> HttpResponse:
        """Return the dumps, the newest first."""
        parameters.check_names(request, {"format"})
        check_reach(request)
        listed = [self.row(request, dump) for dump in dumping.standing()]
        tag = f'"dumps-{"-".join(row["sha256"][:8] for row in listed[:2])}-{len(listed)}"'
        if conditional.matches(request, tag):
            return _kept(HttpResponseNotModified(), request, tag, FRESH_SECONDS)
        body = {"results": listed, "licence": settings.DATA_LICENCE_URL}
        return _kept(Response(body), request, tag, FRESH_SECONDS)

    def row(self, request: Request, dump: Dump) -> dict[str, Any]:
        """Return what is said of a dump."""
        file = reverse("api:dumps-file", args=[dump.file_name])
        feed = f"{reverse('api:changes')}?cursor={dump.cursor}"
        return {
            "name": dump.file_name,
            "day": dump.day,
            "made_at": dump.made_at.astimezone(dumping.CITY_TIME),
            "bytes": dump.byte_count,
            "rows": dump.row_count,
            "sha256": dump.sha256,
            "change_number": dump.change_number,
            "cursor": dump.cursor,
            "url": request.build_absolute_uri(file),
            "changes": request.build_absolute_uri(feed),
        }


class _Only(BaseContentNegotiation):
    """There is one form, whatever is asked for."""

    def select_renderer(self, request: Request, renderers: Any, format_suffix: str | None = None) -> Any:
        """Return it."""
        return renderers[0], renderers[0].media_type


class DumpFileView(ApiView):
    """A dump's file."""

    renderer_classes: Any = [StreamRenderer.of("gz", "application/gzip")]
    content_negotiation_class: Any = _Only

    @extend_schema(
        operation_id="dumps_file",
        tags=["changes"],
        summary="下载全量包 · Download a dump",
        description=(
            "Gzip, one row a line. A download that broke off goes on by `Range`, with `If-Range` and the `ETag`, so "
            "that parts of two files are never joined. `Repr-Digest` (RFC 9530) is the checksum of the whole file."
        ),
        parameters=[
            OpenApiParameter(
                "name", str, OpenApiParameter.PATH, examples=[OpenApiExample("name", value=EXAMPLE["name"])]
            ),
            OpenApiParameter("Range", str, OpenApiParameter.HEADER, description="bytes=1048576-"),
            OpenApiParameter(
                "If-Range", str, OpenApiParameter.HEADER, description="The `ETag` of the part you have."
            ),
        ],
        auth=_ANYONE,
        responses={
            (200, "application/gzip"): OpenApiResponse(OpenApiTypes.BINARY, "The whole file."),
            (206, "application/gzip"): OpenApiResponse(OpenApiTypes.BINARY, "The part that was asked for."),
            304: OpenApiResponse(None, "What you have is current."),
            **problem_responses(
                400,
                401,
                Problem(403, "whole_city"),
                404,
                Problem(416, "range_past_end"),
                429,
                Problem(503, "store_lost"),
            ),
        },
    )
    def get(self, request: Request, name: str) -> HttpResponseBase:
        """Return the file or a part of it."""
        parameters.check_names(request, set())
        check_reach(request)
        dump = dumping.standing().filter(file_name=name).first()
        if dump is None:
            raise Http404
        tag = f'"{dump.sha256}"'
        if conditional.matches(request, tag):
            return _kept(HttpResponseNotModified(), request, tag, KEPT_SECONDS)
        part = part_of(request, dump, tag)
        start, stop = part or (0, dump.byte_count)
        if request.method == "HEAD":
            answer: Any = HttpResponse(content_type="application/gzip")
        else:
            answer = StreamingHttpResponse(
                _pieces(dump, start, stop), status=206 if part else 200, content_type="application/gzip"
            )
        answer["Content-Length"] = str(stop - start)
        if part:
            answer["Content-Range"] = f"bytes {start}-{stop - 1}/{dump.byte_count}"
        answer["Accept-Ranges"] = "bytes"
        answer["Content-Disposition"] = f'attachment; filename="{dump.file_name}"'
        answer["Repr-Digest"] = f"sha-256=:{base64.b64encode(bytes.fromhex(dump.sha256)).decode()}:"
        return _kept(answer, request, tag, KEPT_SECONDS)


def part_of(request: Request, dump: Dump, tag: str) -> tuple[int, int] | None:
    """Return from where up to where the file is wanted, None for the whole of it. Raises Problem 416.

    Several ranges, other units and what is no range are no range at all (RFC 9110); so is one whose `If-Range` is of
    another file.
    """
    asked = _RANGE.fullmatch(request.headers.get("Range", "").strip())
    if request.method != "GET" or asked is None or asked[0] == "bytes=-":
        return None
    if request.headers.get("If-Range", tag).strip() != tag:
        return None
    size = dump.byte_count
    if not asked[1]:
        start, stop = max(0, size - int(asked[2])), size
    else:
        start, stop = int(asked[1]), min(size, int(asked[2] or size) + 1)
        if asked[2] and int(asked[2]) < start:
            return None
    if start >= size:
        raise Problem(416, "range_past_end", headers={"Content-Range": f"bytes */{size}"})
    return start, stop


def _pieces(dump: Dump, start: int, stop: int) -> Any:
    """Return the bytes. Raises Http404 for a file that was taken away, Problem where the storage is."""
    try:
        return pieces(storages["exports"], dump.stored_name, start, stop)
    except FileNotFoundError as error:
        raise Http404 from error
    except StoreLost as error:
        raise Problem(503, "store_lost", headers={"Retry-After": str(RETRY_SECONDS)}) from error


def _kept(answer: Any, request: Request, tag: str, seconds: int) -> Any:
    """Say how long an answer may be kept, by anybody unless a key asked."""
    answer["ETag"] = tag
    answer["Cache-Control"] = f"{'private' if request.auth else 'public'}, max-age={seconds}"
    answer["Vary"] = "Accept, Authorization"
    return answer
