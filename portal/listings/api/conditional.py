"""Tags, 304 and what a shared cache may keep."""

import datetime as dt
import hashlib

from django.http import HttpRequest, HttpResponse
from rest_framework.request import Request

from portal.listings.documents import SCHEMA_VERSION
from portal.listings.publishing import last_number
from portal.partners.models import ApiKey

API_VERSION = "1.0.0"
FRESH_SECONDS = 10


def key_area(request: Request) -> str:
    """Return the area code that the request's key is confined to; "" for none."""
    return request.auth.area_code if isinstance(request.auth, ApiKey) else ""


def tag_of(request: Request, moment: dt.datetime, variant: str, *, is_of_the_minute: bool = True) -> str:
    """Return the strong tag of what this request would be answered (one query).

    Covers API and schema version, the last change number, address and whole query, the format, the reach of the key
    and the minute, where the body says what is open. Read it before the rows: a tag may be older than its body,
    never newer.
    """
    parts = (
        API_VERSION,
        SCHEMA_VERSION,
        last_number(),
        request._request.get_host(),
        request.scheme,
        request.get_full_path(),
        variant,
        key_area(request),
        int(moment.timestamp() // 60) if is_of_the_minute else "",
    )
    return f'"{hashlib.sha256(repr(parts).encode()).hexdigest()[:32]}"'


def matches(request: HttpRequest | Request, tag: str) -> bool:
    """Say whether the client already has this; a tag that a proxy weakened when it compressed still counts."""
    sent = request.META.get("HTTP_IF_NONE_MATCH")
    if not sent:
        return False
    if sent == tag:
        return True
    tags = {piece.strip().removeprefix("W/") for piece in sent.split(",")}
    return tag in tags


def mark(response: HttpResponse, request: Request, tag: str, moment: dt.datetime) -> HttpResponse:
    """Say how long the answer may be kept: until the minute ends and at most ten seconds; by anyone without a key."""
    seconds = min(FRESH_SECONDS, 60 - moment.second)
    response["ETag"] = tag
    response["Cache-Control"] = f"{'private' if request.auth else 'public'}, max-age={seconds}"
    response["Vary"] = "Accept, Authorization"
    return response
