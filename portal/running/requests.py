"""What is kept of each request: its number, one line of log, and its seconds in the metrics.

Least disclosure: the name of the route and never the address, so neither tokens, nor what was searched, nor where
somebody stands; the number of the acting post where it was looked up anyway, never a person.
"""

import datetime as dt
import ipaddress
import logging
import os
import random
import re
import sys
import time
from collections.abc import Callable
from contextvars import ContextVar
from typing import Any

import orjson
from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.utils.functional import empty

from portal.running import metrics
from portal.running.room import roomy

HEADER = "X-Request-ID"
FORM = re.compile(r"[A-Za-z0-9-]{8,64}")
METHODS = frozenset({"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"})
#: Asked every few seconds by machines, which would bury everything else.
UNTOLD = frozenset({"healthz", "readyz", "metrics"})

LOCAL = dt.timezone(dt.timedelta(hours=8))

logger = logging.getLogger("portal.requests")
# Numbers that tell requests apart, not secrets; two processes begin apart by the machine's own chance.
_draw = random.Random(os.urandom(16)).getrandbits  # noqa: S311
_number: ContextVar[str] = ContextVar("request_id", default="")
_request: ContextVar[HttpRequest | None] = ContextVar("request", default=None)


def request_id() -> str:
    """Return the number of the request that is being answered, "" outside of one."""
    return _number.get()


def origin_of_request() -> tuple[str | None, str]:
    """Return (address, program) of who asks, (None, "") outside of a request; trusted proxies are looked through."""
    request = _request.get()
    if request is None:
        return None, ""
    hops = [hop.strip() for hop in request.META.get("HTTP_X_FORWARDED_FOR", "").split(",")]
    asked = request.META.get("REMOTE_ADDR", "")
    if settings.PROXIES and len(hops) >= settings.PROXIES:
        asked = hops[-settings.PROXIES]
    try:
        address = str(ipaddress.ip_address(asked))
    except ValueError:
        address = None
    return address, request.META.get("HTTP_USER_AGENT", "").replace("\0", "")[:200]


def route_of(request: HttpRequest) -> str:
    """Return the name of the route, "none" when no route was found."""
    match = request.resolver_match
    return (match.view_name or match.route or "none") if match else "none"


class RequestRecord:
    """Number a request, say the number in the answer, then count and log what came of it.

    A trusted proxy (`PROXIES`) may have given the number already, so that its own log names the same one.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        """Keep the next layer, and the counters that were used before: finding one by its labels is the dear part."""
        self.get_response = get_response
        self.histograms: dict[tuple[str, str, int], Any] = {}

    def __call__(self, request: HttpRequest) -> HttpResponse:
        """Answer and keep the record."""
        started = time.perf_counter()
        given = request.META.get("HTTP_X_REQUEST_ID", "") if settings.PROXIES else ""
        number = given if FORM.fullmatch(given) else f"{_draw(64):016x}"
        request.number = number  # type: ignore[attr-defined]
        token, asking = _number.set(number), _request.set(request)
        try:
            answer = roomy(self.get_response, request)
            answer.headers[HEADER] = number
            self.keep(request, answer, time.perf_counter() - started)
        finally:
            _number.reset(token)
            _request.reset(asking)
        return answer

    def keep(self, request: HttpRequest, answer: HttpResponse, seconds: float) -> None:
        """Count and log one answer."""
        route = route_of(request)
        method = request.method if request.method in METHODS else "OTHER"
        key = (route, method, answer.status_code // 100)
        histogram = self.histograms.get(key)
        if histogram is None:
            histogram = metrics.REQUESTS.labels(route, method, f"{key[2]}xx")
            self.histograms[key] = histogram
        histogram.observe(seconds)
        if route in UNTOLD or not logger.isEnabledFor(logging.INFO):
            return
        told = {
            "request_id": request_id(),
            "method": method,
            "route": route,
            "status": answer.status_code,
            "ms": round(seconds * 1000, 1),
            "bytes": None if answer.streaming else len(answer.content),
        }
        if post := _post(request):
            told["post"] = post
        if settings.LOG_FORMAT == "json":
            write(told)
        else:
            logger.info("%(method)s %(route)s %(status)s %(ms)s ms", told)


def write(told: dict[str, Any]) -> None:
    """Write one line of JSON to standard error.

    Through the logging machinery a line costs sixty microseconds, a quarter of an answer of 304; so it costs six. It
    is shorter than what a pipe takes in one piece.
    """
    now = dt.datetime.now(LOCAL).isoformat(timespec="milliseconds")
    line = {"at": now, "level": "INFO", "logger": logger.name, **told}
    os.write(_out(), orjson.dumps(line, option=orjson.OPT_APPEND_NEWLINE))


def _post(request: HttpRequest) -> int | None:
    """Return the number of the acting post when somebody looked at the user; looking now would cost queries."""
    user: Any = getattr(request, "user", None)
    if getattr(user, "_wrapped", empty) is empty:
        return None
    return getattr(getattr(user, "acting_post", None), "pk", None)


def _out() -> int:
    return sys.stderr.fileno()
