"""Every error of the API: `application/problem+json` (RFC 9457) with a code and a sentence in Chinese and English."""

import logging
import sys
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

import orjson
from django.conf import settings
from django.core.exceptions import BadRequest, SuspiciousOperation, ValidationError
from django.core.exceptions import PermissionDenied as DjangoPermissionDenied
from django.core.signals import got_request_exception
from django.http import Http404, HttpResponse
from django.utils.text import format_lazy
from django.utils.translation import gettext_lazy as _
from django.utils.translation import override
from rest_framework import exceptions

from portal.running.databases import LOST, lost_answer
from portal.running.requests import route_of

logger = logging.getLogger(__name__)

MEDIA_TYPE = "application/problem+json"
DOCS_PATH = "/api/v1/docs/"

TITLES = {
    400: "Bad request",
    401: "Unauthorized",
    403: "Forbidden",
    404: "Not found",
    405: "Method not allowed",
    406: "Not acceptable",
    409: "Conflict",
    410: "Gone",
    412: "Precondition failed",
    413: "Content too large",
    415: "Unsupported media type",
    416: "Range not satisfiable",
    429: "Too many requests",
    500: "Internal server error",
    503: "Service unavailable",
}
SENTENCES: dict[str, Any] = {
    "bad_request": _("The request cannot be read."),
    "invalid_query": _("A parameter cannot be used as it is; `errors` names each one."),
    "key_invalid": _(
        "This key is not valid: it is wrong, revoked or expired. Leave the header out to read anonymously."
    ),
    "key_missing": _("This needs a key: send `Authorization: Bearer` and the key."),
    "scope_missing": _("The key lacks the scope that this needs."),
    "outside_area": _("This place lies outside the area of the key, or would lie there."),
    "conflict": _("Both sides changed the same; `conflicts` says what. Send what is meant with `If-Match`."),
    "archived": _("An office has archived this place. Ask it before you send it again."),
    "other_kind": _("This number at the source is that of a place of another kind."),
    "repeated": _("Another row of the same request is about the same place."),
    "not_stored": _(
        "This row could not be stored as it is. Send it again, or ask the city's administration."
    ),
    "version_moved": _("The place is not at this version any more, or is not there. Read it again."),
    "forbidden": _("This is not allowed."),
    "not_found": _("There is nothing at this address, or it is not public."),
    "page_past_end": _("This page is past the end; follow `next` until it is null."),
    "invalid_body": _("The body cannot be used as it is; `errors` says why."),
    "not_a_platform": _(
        "This key's organisation has no platform number; ask the city's administration for one."
    ),
    "cursor_gone": _(
        "This cursor is too old, or from before the database was put back. Begin again at `full_pass`."
    ),
    "whole_city": _(
        "A dump holds the whole city, and this key is confined to an area. Follow the change feed from its beginning."
    ),
    "range_past_end": _("The file ends before this range; `Content-Range` says how long it is."),
    "store_lost": _(
        "The place where files are kept does not answer. Try again in as many seconds as `Retry-After` says."
    ),
    "idempotency_reused": _(
        "This Idempotency-Key came with another request before. Use a new one for each request."
    ),
    "idempotency_key": _("An Idempotency-Key has 1 to 80 visible ASCII characters."),
    "post_only": _("This address takes POST only."),
    "other_method": _("This address takes the methods that `Allow` names."),
    "method_not_allowed": _("This address is read-only: use GET or HEAD."),
    "body_too_large": _("The body is too large: 1 MB and 500 rows are the most. Send it in parts."),
    "taken_over": _("An office keeps this listing itself now; what its source sends is refused."),
    "source_missing": _("The key may not write this source."),
    "other_body": _("There is something else under this `id` already. Take a new one for another scan."),
    "device_unregistered": _(
        "No device is registered with this key, or it was revoked. Ask the property that runs the gate."
    ),
    "other_checkpoint": _("This device does not speak for that checkpoint; gates/sync names its own."),
    "not_acceptable": _("Ask for application/json or application/geo+json."),
    "unsupported_media_type": _("Bodies of this type are not accepted here."),
    "throttled": _("Too many requests. Wait as many seconds as `Retry-After` says; a key allows more."),
    "server_error": _("The portal made a mistake. It was recorded; please try again later."),
    "unavailable": _(
        "The portal cannot answer right now. Try again in as many seconds as `Retry-After` says."
    ),
}


def both(message: Any) -> dict[str, str]:
    """Return a lazy message in both languages: {"zh", "en"}."""
    texts = {}
    for key, language in (("zh", "zh-hans"), ("en", "en")):
        with override(language):
            texts[key] = str(message)
    return texts


@dataclass
class Problem(Exception):
    """An error to be answered; `errors` holds (field, code, lazy message), `more` what else the body says."""

    status: int
    code: str
    errors: list[tuple[str, str, Any]] = field(default_factory=list)
    headers: dict[str, str] = field(default_factory=dict)
    more: dict[str, Any] = field(default_factory=dict)

    def response(self) -> HttpResponse:
        """Return the answer."""
        said = both(SENTENCES[self.code])
        body = {
            "type": f"{DOCS_PATH}#{self.code}",
            "title": TITLES[self.status],
            "status": self.status,
            "code": self.code,
            "detail": said["en"],
            **said,
            "errors": [{"field": name, "code": code, **both(message)} for name, code, message in self.errors],
            **self.more,
        }
        response = HttpResponse(
            orjson.dumps(body), content_type=MEDIA_TYPE, status=self.status, headers=self.headers
        )
        response["Cache-Control"] = "no-store"
        return response


def unknown_parameters(names: Iterable[str], known: Iterable[str]) -> list[tuple[str, str, Any]]:
    """Return an error for each parameter that does not exist here."""
    listed = ", ".join(sorted(known))
    message = _("There is no parameter “{name}” here. Known are: {known}.")
    return [(name, "unknown_parameter", format_lazy(message, name=name[:60], known=listed)) for name in names]


def form_errors(errors: Any) -> list[tuple[str, str, Any]]:
    """Return a form's errors (`form.errors`) one by one; the messages stay lazy."""
    return [
        (name, str(error.code or "invalid"), _Message(error))
        for name, listed in errors.as_data().items()
        for error in listed
    ]


class _Message:
    """A ValidationError's text in the language that is active when it is read."""

    def __init__(self, error: ValidationError) -> None:
        self.error = error

    def __str__(self) -> str:
        return " ".join(str(message) for message in self.error.messages)


def problem_of(error: Exception) -> Problem:
    """Return how an exception is answered."""
    if isinstance(error, Problem):
        return error
    if isinstance(error, exceptions.Throttled):
        # DRF has rounded it up.
        return Problem(429, "throttled", headers={"Retry-After": str(int(getattr(error, "wait", None) or 1))})
    if isinstance(error, exceptions.NotAuthenticated | exceptions.AuthenticationFailed):
        missing = isinstance(error, exceptions.NotAuthenticated)
        header = getattr(error, "auth_header", None)
        headers = {"WWW-Authenticate": header} if header else {}
        return Problem(401, "key_missing" if missing else "key_invalid", headers=headers)
    if isinstance(error, exceptions.PermissionDenied | DjangoPermissionDenied):
        codes = getattr(error, "get_codes", lambda: "")()
        if codes != "scope_missing":
            return Problem(403, "forbidden")
        scope = str(getattr(error, "detail", ""))
        said = format_lazy(_("The key needs the scope “{scope}”. Ask whoever issued it."), scope=scope)
        return Problem(403, "scope_missing", [(scope, "scope_missing", said)])
    if isinstance(error, Http404 | exceptions.NotFound):
        return Problem(404, "not_found")
    if isinstance(error, exceptions.MethodNotAllowed):
        return Problem(405, "method_not_allowed")
    if isinstance(error, exceptions.NotAcceptable):
        return Problem(406, "not_acceptable")
    if isinstance(error, exceptions.UnsupportedMediaType):
        return Problem(415, "unsupported_media_type")
    if isinstance(error, BadRequest | SuspiciousOperation | exceptions.ParseError):
        return Problem(400, "bad_request")
    if isinstance(error, LOST):
        return Problem(503, "unavailable")
    return Problem(500, "server_error")


def answer(error: Exception, context: dict[str, Any]) -> HttpResponse:
    """Answer any exception of an API view; what nobody foresaw is logged as Django would log it."""
    problem = problem_of(error)
    if problem.status >= 500:
        if settings.DEBUG_PROPAGATE_EXCEPTIONS:
            raise error
        request = getattr(context.get("request"), "_request", None)
        logger.error("API error at %s", route_of(request) if request else "?", exc_info=sys.exc_info())
        got_request_exception.send(sender=type(context.get("view")), request=request)
    return lost_answer(problem.response()) if problem.code == "unavailable" else problem.response()
