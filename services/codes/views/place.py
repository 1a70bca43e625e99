"""The page behind a place code: which place this is, on which terms one enters, and the way to the building.

It never asks for a phone number or a code by SMS: a forged poster must have nothing to imitate.
"""

from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.cache import cache_control
from django.views.decorators.http import require_safe

from services.codes import claiming
from services.codes.gates import rides_at, state_at
from services.codes.placing import Found, NoSuchPlace, find
from services.codes.views.shared import code_page, json_answer, json_view, refused

GONE = {"expired": 410}


@code_page
@require_safe
@cache_control(no_cache=True)
def place_page(request: HttpRequest, text: str) -> HttpResponse:
    """Show the place of a print; a print that is not ours, over or out of use says so and what to do."""
    try:
        found = find(text)
    except NoSuchPlace as error:
        context = {"reason": error.reason, "tab": "code"}
        return render(request, "codes/place/unknown.html", context, status=GONE.get(error.reason, 404))
    return render(request, "codes/place/place.html", {**context_of(found), "text": text, "tab": "code"})


@json_view
def claim(request: HttpRequest, body: dict[str, Any]) -> HttpResponse:
    """Keep the courier's own record of having come in, and say the word of the minute to who is there now."""
    try:
        answer = claiming.claim(body=body, now=timezone.now())
    except claiming.Refused as error:
        return refused(error.code, str(error), error.status)
    return json_answer(answer)


def context_of(found: Found) -> dict[str, Any]:
    """Return what the page's template shows of a place at this moment."""
    moment = timezone.now()
    gate = found.gate
    return {
        "card": found.card,
        "doc": found.card.doc,
        "checkpoint": found.checkpoint,
        "gate": gate,
        "moment": moment,
        "state": state_at(gate, found.card.status, moment) if gate else "",
        "rides": bool(gate) and rides_at(gate or {}, moment),
    }
