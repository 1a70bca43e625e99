"""Passes of turnstiles: one that the server judges, or a batch that was judged at the gate."""

from typing import Any
from uuid import UUID

import orjson
from django.http import HttpRequest, HttpResponse
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from django.views.decorators.csrf import csrf_exempt
from drf_spectacular.utils import OpenApiExample, extend_schema
from rest_framework.parsers import JSONParser

from portal.listings.api import problems
from portal.listings.api.problems import Problem
from portal.listings.api.schema import KEY_ONLY, described, problem_responses
from portal.listings.api.views import ApiView
from portal.listings.api.writing import whole_number
from portal.partners import counting
from portal.partners.permissions import HasScope
from services.codes import passing, syncing, turnstiles, verdict_words
from services.codes.api import callers
from services.codes.api.documents import BatchAnswer, BatchDocument, ScanDocument, VerdictDocument
from services.codes.turnstiles import Scan, Taken

_LARGEST = 2**53


class LeanView(ApiView):
    """An address for turnstiles without the framework's share of each request; its class only describes it."""

    permission_classes: Any = [HasScope("passes:write")]
    #: For the schema alone, which describes no body without one.
    parser_classes: Any = [JSONParser]
    http_method_names: Any = ["post"]

    @classmethod
    def as_view(cls, **initkwargs: Any) -> Any:
        """Return a plain function; what goes wrong is answered like everywhere in the API."""
        shown: Any = cls()

        def lean(request: HttpRequest) -> HttpResponse:
            try:
                if request.method != "POST":
                    raise Problem(405, "post_only", headers={"Allow": "POST"})
                answer = shown.post(request)
            except Exception as error:
                answer = problems.answer(error, {"view": shown})
            counting.tell(getattr(request, "api_key", None), request, answer)
            return answer

        lean.cls, lean.initkwargs = cls, {}  # type: ignore[attr-defined]
        return csrf_exempt(lean)


class PassesView(LeanView):
    """One code that a turnstile read."""

    @extend_schema(
        operation_id="passes_create",
        tags=["gates"],
        summary="核验并记录一次通行 · Judge a code and log the pass",
        auth=KEY_ONLY,
        request=ScanDocument,
        examples=[OpenApiExample("scan", value=ScanDocument.example, request_only=True)],
        responses={
            200: described(VerdictDocument, VerdictDocument.example, "The verdict, whatever it is."),
            **problem_responses(400, 401, 403, Problem(409, "other_body"), 413, 415, 429),
        },
    )
    def post(self, request: HttpRequest) -> HttpResponse:
        """Judge a code that is shown now.

        At a gate without a guard the first answer is `challenge_required` with four digits to show; the courier enters
        them, and the code that is read next carries them. They are used once, for a minute.
        """
        now = timezone.now()
        caller = callers.caller_of(request, now)
        scan, number = read_scan(callers.read_object(request))
        place = caller.places.get(number)
        if place is None:
            raise Problem(403, "other_checkpoint")
        try:
            taken = turnstiles.take_one(place=place, scan=scan, now=now)
        except turnstiles.Unregistered:
            callers.forget(caller.auth.prefix)
            raise Problem(403, "device_unregistered") from None
        except turnstiles.OtherBody:
            raise Problem(409, "other_body") from None
        syncing.note(device=caller.device, list_version=None, waiting=None, now=now)
        body = {**_document(scan.id, taken), "now_ms": syncing.milliseconds(now)}
        return _sent(body)


def read_scan(body: dict[str, Any]) -> tuple[Scan, int]:
    """Return the scan and its checkpoint's number. Raise Problem 400 that names each key at fault."""
    number, told = whole_number(body.get("checkpoint")), body.get("challenge")
    sequence = whole_number(body.get("sequence"))
    text, direction = body.get("text"), body.get("direction", "in")
    pass_id = _uuid7(body.get("id"))
    wrong = [
        name
        for name, is_right in (
            ("id", pass_id is not None),
            ("checkpoint", number is not None and 0 < number <= 0xFFFFFF),
            ("text", isinstance(text, str) and len(text) <= 5000),
            ("direction", direction in ("in", "out")),
            ("challenge", told is None or _is_digits(told)),
            ("sequence", body.get("sequence") is None or 0 <= _or_less(sequence) < _LARGEST),
        )
        if not is_right
    ]
    if wrong or pass_id is None or number is None or not isinstance(text, str):
        raise _not_usable(wrong)
    return Scan(pass_id, text, direction, None if told is None else int(told), sequence), number


def _or_less(number: int | None) -> int:
    return -1 if number is None else number


def _not_usable(names: list[str]) -> Problem:
    message = _("This value is missing or cannot be used; the schema says what belongs here.")
    return Problem(400, "invalid_body", [(name, "invalid", message) for name in names])


def _uuid7(value: Any) -> UUID | None:
    try:
        found = UUID(value)
    except (ValueError, TypeError, AttributeError):
        return None
    return found if found.version == 7 and str(found) == value else None


def _is_digits(value: Any) -> bool:
    return isinstance(value, str) and value.isascii() and value.isdecimal() and len(value) <= 4


def _document(pass_id: UUID, taken: Taken) -> dict[str, Any]:
    words = verdict_words.words()[taken.verdict.value]
    return {
        "id": str(pass_id),
        "outcome": taken.outcome,
        "opens": taken.opens,
        "verdict": taken.verdict.value,
        "word": words["word"],
        "retry": words["retry"],
        "courier": words["courier"],
        "next": words["next"],
        "reasons": [reason.value for reason in taken.reasons],
        "assurance": taken.assurance,
        "challenge": taken.challenge,
        "platform": taken.platform,
        "work_type": taken.work_type,
        "provisional": taken.provisional,
    }


class BatchView(LeanView):
    """Passes that were judged at the gate."""

    @extend_schema(
        operation_id="passes_batch",
        tags=["gates"],
        summary="上传离线通行记录 · Upload passes that were made offline",
        auth=KEY_ONLY,
        request=BatchDocument,
        examples=[OpenApiExample("batch", value=BatchDocument.example, request_only=True)],
        responses={
            200: described(BatchAnswer, BatchAnswer.example, "An answer for each row."),
            **problem_responses(400, 401, 403, 413, 415, 429),
        },
    )
    def post(self, request: HttpRequest) -> HttpResponse:
        """Take up to 500 passes. Send a row until it has its answer: repeats are recognised by `id`."""
        now = timezone.now()
        caller = callers.caller_of(request, now)
        body = callers.read_object(request)
        rows, told = body.get("rows"), body.get("waiting")
        device = callers.turnstile_of(caller.auth, now)
        wrong = [] if isinstance(rows, list) else ["rows"]
        waiting = whole_number(told)
        if told is not None and _or_less(waiting) < 0:
            wrong.append("waiting")
        if wrong or not isinstance(rows, list):
            raise _not_usable(wrong)
        try:
            answers = passing.take_batch(device=device, rows=rows, now=now)
        except passing.TooManyRows:
            raise Problem(413, "body_too_large") from None
        still = None if waiting is None else max(waiting - len(rows), 0)
        syncing.note(device=device, list_version=None, waiting=still, now=now)
        return _sent(
            {"answers": [answer.document() for answer in answers], "now_ms": syncing.milliseconds(now)}
        )


def _sent(body: dict[str, Any]) -> HttpResponse:
    return HttpResponse(
        orjson.dumps(body), content_type="application/json", headers={"Cache-Control": "no-store"}
    )
