"""What the guard's page asks of the server, and the cookies that say which device and which shift ask."""

import datetime as dt
from collections.abc import Callable
from functools import wraps
from typing import Any, Concatenate, ParamSpec

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from portal.running.databases import up_to_date
from services.codes import enrolling_devices, minute_words, shifts, syncing, verdict_words
from services.codes.models import Device, Shift
from services.codes.views.shared import json_answer, json_view, refused

DEVICE_COOKIE, SHIFT_COOKIE = "nx_device", "nx_shift"
WORDS_AHEAD = 30
P = ParamSpec("P")
Data = dict[str, Any]


def device_of(request: HttpRequest, now: dt.datetime) -> Device | None:
    """Return the device whose cookie came, None when it is not registered any more."""
    return enrolling_devices.enrolled(request.COOKIES.get(DEVICE_COOKIE), now=now)


def unregistered() -> HttpResponse:
    """Return what a device is told that is not registered: its page keeps what waits and says what to do."""
    return refused(
        "device_unregistered",
        _("This device is not registered here, or no longer. Ask the property for a new link."),
        401,
    )


def device_view(
    view: Callable[Concatenate[HttpRequest, Data, Device, P], HttpResponse],
) -> Callable[Concatenate[HttpRequest, P], HttpResponse]:
    """Give a view the posted object and the device; refuse whoever is none."""

    @json_view
    @wraps(view)
    def answer(request: HttpRequest, body: Data, *args: P.args, **kwargs: P.kwargs) -> HttpResponse:
        device = device_of(request, timezone.now())
        return unregistered() if device is None else view(request, body, device, *args, **kwargs)

    return answer


def shift_view(
    view: Callable[Concatenate[HttpRequest, Data, Shift, P], HttpResponse],
) -> Callable[Concatenate[HttpRequest, P], HttpResponse]:
    """Give a view the posted object and the shift that runs on the device; refuse whoever has none."""

    @device_view
    @wraps(view)
    def answer(
        request: HttpRequest, body: Data, device: Device, *args: P.args, **kwargs: P.kwargs
    ) -> HttpResponse:
        shift = shifts.running(device, request.COOKIES.get(SHIFT_COOKIE), now=timezone.now())
        if shift is None:
            return refused("no_shift", _("The shift is over. Tap your name to begin a new one."), 403)
        return view(request, body, shift, *args, **kwargs)

    return answer


def _keep(answer: HttpResponse, name: str, secret: str, seconds: float) -> None:
    answer.set_cookie(
        name,
        secret,
        max_age=int(seconds),
        path="/guard/",
        httponly=True,
        samesite="Strict",
        secure=settings.SESSION_COOKIE_SECURE,
    )


@json_view
def enrol(request: HttpRequest, body: Data) -> HttpResponse:
    """Use a one-time link up and give the phone its cookie."""
    secret = body.get("token")
    now = timezone.now()
    try:
        device, own = enrolling_devices.redeem(secret=secret if isinstance(secret, str) else "", now=now)
    except enrolling_devices.LinkOver:
        return refused(
            "link_over",
            _("This link is used up or older than 15 minutes. Ask the property for a new one."),
            410,
        )
    answer = json_answer(
        {
            "device": {
                "id": device.pk,
                "name": device.name,
                "listing": {"public_id": device.listing.public_id, "name": device.listing.name},
                "expires_at_ms": device.expires_at and syncing.milliseconds(device.expires_at),
            }
        }
    )
    _keep(answer, DEVICE_COOKIE, own, enrolling_devices.PHONE_LIFE.total_seconds())
    answer.delete_cookie(SHIFT_COOKIE, path="/guard/", samesite="Strict")
    return answer


@require_safe
def sync(request: HttpRequest) -> HttpResponse:
    """Return all that the page needs to judge codes by itself, and whose shift runs."""
    now = timezone.now()
    waiting = request.GET.get("waiting", "")
    with up_to_date():
        device = device_of(request, now)
        if device is None:
            return unregistered()
        body = syncing.sync(
            device=device,
            cursor=request.GET.get("cursor", "")[:80],
            now=now,
            waiting=int(waiting) if waiting.isascii() and waiting.isdecimal() and len(waiting) < 9 else None,
        )
        shift = shifts.running(device, request.COOKIES.get(SHIFT_COOKIE), now=now)
        body |= {
            "shift": syncing.shift_document(shift),
            "guards": syncing.guard_names(device),
            "words": _minute_words([place["number"] for place in body["checkpoints"]], now),
            "verdicts": verdict_words.words(),
        }
    return json_answer(body)


def _minute_words(numbers: list[int], now: dt.datetime) -> dict[str, dict[str, dict[str, str]]]:
    """Return the words of the next half hour by checkpoint and minute, for the gate's display."""
    minute = int(now.timestamp()) // 60
    found = {}
    for number in numbers:
        said = {at: minute_words.word_at(number, at) for at in range(minute, minute + WORDS_AHEAD)}
        found[str(number)] = {
            str(at): {"zh": word, "en": minute_words.english(word)} for at, word in said.items()
        }
    return found


@device_view
def begin_shift(request: HttpRequest, body: Data, device: Device) -> HttpResponse:
    """Begin the shift of a guard who tapped a name."""
    guard, number = body.get("guard"), body.get("checkpoint")
    if type(guard) is not int or type(number) is not int:
        return refused("bad_request", _("This could not be read. Reload the page and try again."))
    try:
        shift, secret = shifts.begin(device=device, guard_id=guard, number=number, now=timezone.now())
    except shifts.UnknownGuard:
        return refused("unknown_guard", _("This name is no longer on the list. Choose another one."), 404)
    except shifts.UnknownCheckpoint:
        return refused("unknown_checkpoint", _("This checkpoint is not in use. Choose another one."), 404)
    answer = json_answer({"shift": syncing.shift_document(shift)})
    _keep(answer, SHIFT_COOKIE, secret, shifts.LONGEST.total_seconds())
    return answer


@device_view
def end_shift(request: HttpRequest, body: Data, device: Device) -> HttpResponse:
    """End what runs on this device; done twice it is the same."""
    shifts.end(device=device, now=timezone.now())
    answer = json_answer({"shift": None})
    answer.delete_cookie(SHIFT_COOKIE, path="/guard/", samesite="Strict")
    return answer
