"""Which turnstile asks, by its API key, found once in a while and checked each time."""

import datetime as dt
import time
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import orjson
from django.http import HttpRequest
from rest_framework.exceptions import Throttled

from portal.listings.api.problems import Problem
from portal.partners.models import ApiKey
from portal.partners.throttling import KeyThrottle
from services.codes import enrolling_devices, shifts
from services.codes.admitting import Place, place_of
from services.codes.models import Device

#: What was found for a key is used this long. Revocation does not wait for it: the statement that reads a code's facts
#: reads those of key and device too.
KEPT_S = 20.0
MOST_KEPT = 2000
MOST_BYTES = 1 << 20


@dataclass(slots=True)
class Caller:
    """A key, its device and the checkpoints that the device may speak for. `auth` is what throttles ask for."""

    auth: ApiKey
    device: Device
    places: Mapping[int, Place]
    until: float


_kept: dict[str, Caller] = {}


def caller_of(request: HttpRequest, now: dt.datetime) -> Caller:
    """Return who asks, and count the request. Raise Problem 401 or 403, or Throttled."""
    scheme, _space, text = request.META.get("HTTP_AUTHORIZATION", "").partition(" ")
    if scheme.lower() != "bearer":
        raise Problem(401, "key_missing", headers={"WWW-Authenticate": 'Bearer realm="api"'})
    _start, _underscore, rest = text.strip().partition("_")
    prefix, _underscore, secret = rest.partition("_")
    caller = _kept.get(prefix)
    if caller is None or caller.until < time.monotonic() or not caller.auth.matches(secret):
        caller = _find(request, text.strip(), prefix, now)
    request.api_key = caller.auth  # type: ignore[attr-defined]
    throttle: Any = KeyThrottle()
    standing = request.standing = throttle.count(caller)  # type: ignore[attr-defined]
    if standing is not None and standing.left < 0:
        raise Throttled(throttle.wait())
    caller.auth.note_use()
    return caller


def _find(request: HttpRequest, text: str, prefix: str, now: dt.datetime) -> Caller:
    key = ApiKey.find(text)
    if key is None:
        raise Problem(401, "key_invalid", headers={"WWW-Authenticate": 'Bearer realm="api"'})
    request.api_key = key  # type: ignore[attr-defined]
    if not key.has_scope(enrolling_devices.SCOPE):
        raise Problem(403, "scope_missing")
    device = turnstile_of(key, now)
    places = {place.number: place_of(device.pk, place) for place in shifts.checkpoints_of(device)}
    if len(_kept) >= MOST_KEPT:
        _kept.clear()
    caller = _kept[prefix] = Caller(key, device, places, time.monotonic() + KEPT_S)
    return caller


def turnstile_of(key: ApiKey, now: dt.datetime) -> Device:
    """Return the device that comes with a key. Raise Problem 403 when none is registered."""
    device = enrolling_devices.of_key(key, now=now)
    if device is None:
        raise Problem(403, "device_unregistered")
    return device


def forget(prefix: str) -> None:
    """Ask anew for a key next time."""
    _kept.pop(prefix, None)


def read_object(request: HttpRequest) -> dict[str, Any]:
    """Return the JSON object of a body of 1 MB at most. Raise Problem 400, 413 or 415."""
    if request.content_type != "application/json":
        raise Problem(415, "unsupported_media_type")
    length = request.META.get("CONTENT_LENGTH") or "0"
    if not length.isdecimal() or int(length) > MOST_BYTES:
        raise Problem(413, "body_too_large")
    try:
        body = orjson.loads(request.body)
    except ValueError:
        body = None
    if not isinstance(body, dict):
        raise Problem(400, "invalid_body")
    return body
