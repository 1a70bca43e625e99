"""Passes, the eight digits, and a photo for a moment, as the guard's page asks for them; digits for the courier's."""

import datetime as dt
from collections.abc import Mapping
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import get_language
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from services.codes import (
    conduct,
    incidents,
    manual_codes,
    passing,
    photos,
    roster,
    shifts,
    syncing,
    verdict_words,
)
from services.codes.admitting import Online
from services.codes.faults import CodeRefused
from services.codes.models import Device, Holder, Shift
from services.codes.naming import masked
from services.codes.pass_rows import BadRow, read
from services.codes.views.guard_data import (
    SHIFT_COOKIE,
    Data,
    device_of,
    device_view,
    shift_view,
    unregistered,
)
from services.codes.views.shared import json_answer, json_view, refused


def known_online(holder: Holder | None, listing_id: int, now: Any) -> Data:
    """Return what is known of a courier online only: an order here, a measure in force, and a photo for ten seconds."""
    token = photos.token_for(holder) if holder is not None else ""
    return {
        "on_foot": holder is not None
        and conduct.is_on_foot_only(holder=holder, listing_id=listing_id, now=now),
        "on_order_here": roster.on_order_here(holder, listing_id, now=now),
        "photo": reverse("guard_photo", args=[token]) if token else None,
    }


@device_view
def passes(request: HttpRequest, body: Data, device: Device) -> HttpResponse:
    """Take passes, an answer for each; a row with the code's text was scanned a moment ago and is judged now."""
    rows, waiting = body.get("rows"), body.get("waiting")
    now = timezone.now()
    if not isinstance(rows, list):
        return refused("bad_request", _("This could not be read. Reload the page and try again."))
    online = Online(device.pk, device.listing_id, now, {})
    try:
        answers = passing.take_batch(device=device, rows=rows, now=now, judge_text=online)
    except passing.TooManyRows:
        return refused("too_many_rows", _("At most 500 passes can be sent at once."), 413)
    running = shifts.running(device, request.COOKIES.get(SHIFT_COOKIE), now=now) if online.shown else None

    def told(number: str) -> Data:
        return _told(online, number) if running is not None else {}

    still = max(waiting - len(rows), 0) if type(waiting) is int else None
    syncing.note(device=device, list_version=None, waiting=still, now=now)
    return json_answer(
        {
            "answers": [{**answer.document(), **told(answer.id)} for answer in answers],
            "now_ms": syncing.milliseconds(now),
        }
    )


def _told(online: Online, number: str) -> Data:
    """Return what is known online only, for a scan that lets somebody in."""
    outcome, known = online.shown.get(number, (None, None))
    if outcome is None or known is None or not outcome.opens:
        return {}
    holder = Holder.objects.select_related("courier__user").filter(pk=known.holder_id or 0).first()
    return {"provisional": known.provisional, **known_online(holder, online.listing_id, online.now)}


@shift_view
def manual(request: HttpRequest, body: Data, shift: Shift) -> HttpResponse:
    """Take the eight digits of a courier whose screen cannot be read, and log the pass."""
    now, device, code = timezone.now(), shift.device, manual_codes.code_in(body)
    try:
        row = read({**body, "method": "manual_code", "verdict": "ok", "shift": shift.pk, "text": None})
        admitted = manual_codes.take(device=device, code=code, row=row, now=now)
    except BadRow:
        return refused("bad_request", _("This could not be read. Reload the page and try again."))
    except manual_codes.PassRefused as fault:
        return refused(str(fault), _("This pass is not of this device or this time. Synchronise first."), 409)
    except manual_codes.WrongCode as fault:
        answer = {
            "error": "wrong_code",
            "say": _("These digits do not hold, or no longer."),
            "left": fault.left,
        }
        return json_answer(answer, 404)
    except manual_codes.Locked as fault:
        answer = {
            "error": "locked",
            "say": _("Too many wrong digits. This device takes none for ten minutes; the property was told."),
            "locked_until_ms": syncing.milliseconds(fault.until),
        }
        return json_answer(answer, 423)
    opens = admitted.verdict.passes
    holder = admitted.holder
    shown: Mapping[str, Any] = known_online(holder, device.listing_id, now) if opens else {}
    return json_answer(
        {
            "id": str(row.id),
            "verdict": admitted.verdict.value,
            "opens": opens,
            "assurance": manual_codes.ASSURANCE if opens else 0,
            "name": masked(holder.courier.user.name) if opens and holder else None,
            "platform": admitted.credential.platform_number if opens else None,
            "provisional": admitted.credential.is_provisional,
            **shown,
        }
    )


@device_view
def incident(request: HttpRequest, body: Data, device: Device) -> HttpResponse:
    """Keep what a guard tells in three taps `{id, pass, kind, note, at_ms}`; it may come late, and again.

    A report outlives its shift: who was on shift is said when the shift still runs.
    """
    now, told_ms = timezone.now(), body.get("at_ms")
    at = told_ms if isinstance(told_ms, int) and 0 < told_ms < 1 << 45 else 0
    try:
        told = incidents.report(
            device=device,
            shift=shifts.running(device, request.COOKIES.get(SHIFT_COOKIE), now=now),
            client_id=body.get("id"),
            pass_id=body.get("pass"),
            kind=body.get("kind"),
            note=body.get("note"),
            happened_at=dt.datetime.fromtimestamp(at / 1000, dt.UTC) if at else None,
            now=now,
        )
    except CodeRefused as error:
        return refused(error.code, str(error.sentence), error.status)
    return json_answer({"id": body.get("id"), "incident": told.pk})


@require_safe
def photo(request: HttpRequest, token: str) -> HttpResponse:
    """Return a courier's photo, the first time and within ten seconds, to a guard whose shift runs."""
    now = timezone.now()
    device = device_of(request, now)
    if device is None:
        return unregistered()
    running = shifts.running(device, request.COOKIES.get(SHIFT_COOKIE), now=now)
    picture = photos.open_once(token) if running is not None else None
    if picture is None:
        return HttpResponse(status=404, headers={"Cache-Control": "no-store"})
    return HttpResponse(picture, content_type="image/webp", headers={"Cache-Control": "no-store"})


@json_view
def mint(request: HttpRequest, body: Data) -> HttpResponse:
    """Give the courier's page eight digits; what proves the courier is what the device key signed, not a cookie."""
    text, listing = body.get("text"), body.get("listing")
    if not isinstance(text, str) or not isinstance(listing, str) or "\0" in listing:
        return refused("bad_request", _("This could not be read. Reload the page and try again."))
    try:
        code, ends_at = manual_codes.mint(text=text, listing=listing, now=timezone.now())
    except manual_codes.UnknownListing:
        return refused("unknown_listing", _("Codes are not checked at this place."), 404)
    except manual_codes.NotForDigits:
        sentence = _(
            "Digits are given only for a code signed at this moment. Reload “My code” and ask once more."
        )
        return refused("not_for_digits", sentence, 403)
    except manual_codes.Refused as fault:
        said = verdict_words.words()[fault.verdict.value]["courier"]
        return refused(fault.verdict.value, said["en" if get_language() == "en" else "zh"], 403)
    return json_answer({"code": code, "expires_at_ms": syncing.milliseconds(ends_at)})
