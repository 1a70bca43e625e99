"""The middleware that decides, once for each request, where it reads."""

import hashlib
from collections.abc import Callable

from django.conf import settings
from django.core.cache import cache
from django.core.exceptions import MiddlewareNotUsed
from django.http import HttpRequest, HttpResponse

from portal.running import metrics
from portal.running.databases import PRIMARY, REPLICA, Reading, _reading, answers, has_replica
from portal.running.following import is_close

COOKIE = "wrote"
SAFE = frozenset({"GET", "HEAD", "OPTIONS"})
#: Work, sign-in and a link that was texted read what was written a moment ago, by whomever.
NEVER_LATE = ("/admin/", "/accounts/", "/confirm/")
#: These touch no rows, or look at both databases themselves.
NO_ROWS = ("/static/", "/media/", "/healthz", "/readyz", "/metrics")


class ReadingDatabase:
    """Send reading requests to the replica, except those of somebody who wrote a moment ago.

    Who wrote carries a signed cookie for `READ_OWN_WRITES_SECONDS`; a partner's key, which keeps no cookies, is
    remembered in the cache. A replica that is lost or too far behind is passed over, and so is a lost primary: then
    pages are read from the replica however old it is.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        """Keep the next layer; without a replica there is nothing to do."""
        if not has_replica():
            raise MiddlewareNotUsed
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        """Answer with the database chosen, and remember who wrote."""
        if request.method in SAFE and request.path_info.startswith(NEVER_LATE + NO_ROWS):
            return self.get_response(request)
        if request.method not in SAFE:
            answer = self.get_response(request)
            _remember(request, answer)
            return answer
        answer = self.read(request)
        # The database was lost under this request, which only reads: the other one can answer it.
        return self.read(request) if getattr(answer, "is_database_lost", False) else answer

    def read(self, request: HttpRequest) -> HttpResponse:
        """Answer from a database that answers."""
        token = _reading.set(choose(request))
        try:
            return self.get_response(request)
        finally:
            _reading.reset(token)


def choose(request: HttpRequest) -> Reading:
    """Return where this request reads, and count why."""
    if has_written(request):
        reading, reason = _first(PRIMARY, REPLICA), "wrote"
    elif not answers(REPLICA):
        reading, reason = Reading(PRIMARY), "replica_lost"
    elif is_close():
        reading, reason = Reading(REPLICA), "near"
    else:
        reading, reason = _first(PRIMARY, REPLICA), "replica_behind"
    metrics.READS.labels("primary" if reading.alias == PRIMARY else "replica", reason).inc()
    return reading


def _first(*aliases: str) -> Reading:
    """Return the first database that answers; the first one when none does."""
    return Reading(next((alias for alias in aliases if answers(alias)), aliases[0]))


def has_written(request: HttpRequest) -> bool:
    """Say whether this visitor or key wrote within `READ_OWN_WRITES_SECONDS`."""
    if COOKIE in request.COOKIES and request.get_signed_cookie(
        COOKIE, "", max_age=settings.READ_OWN_WRITES_SECONDS
    ):
        return True
    return "HTTP_AUTHORIZATION" in request.META and cache.get(_name(request)) is not None


def _remember(request: HttpRequest, answer: HttpResponse) -> None:
    if "HTTP_AUTHORIZATION" in request.META:
        cache.set(_name(request), 1, settings.READ_OWN_WRITES_SECONDS)
        return
    answer.set_signed_cookie(
        COOKIE,
        "1",
        max_age=settings.READ_OWN_WRITES_SECONDS,
        httponly=True,
        samesite="Lax",
        secure=settings.SESSION_COOKIE_SECURE,
    )


def _name(request: HttpRequest) -> str:
    return f"wrote:{hashlib.sha256(request.META['HTTP_AUTHORIZATION'].encode()).hexdigest()[:32]}"
