"""On which terms a checkpoint lets couriers in at a moment, from the listing's public document."""

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import orjson

from portal.listings.calendars import current_calendar
from portal.listings.hours import Calendar, Status, status_at
from portal.listings.models import Listing
from services.codes import gates
from services.codes.models import Checkpoint
from services.codes.xg1 import Verdict

_STATES = {
    "ride": ("可骑行入内", "ride in"),
    "enter": ("步行入内", "enter on foot"),
    "closed": ("现在不开放", "closed now"),
    "unknown": ("开放时间不详", "hours not known"),
    "never": ("小哥不走此门", "no entry for couriers here"),
}
_OPEN = ("开放", "open")


@dataclass(frozen=True, slots=True)
class House:
    """A listing as its gates know it: the public document (None while unpublished), its change number, the calendar."""

    doc: Mapping[str, Any] | None
    number: int
    calendar: Calendar

    def status(self, moment: dt.datetime) -> Status:
        """Return whether the listing is open; nothing is known of an unpublished one."""
        if self.doc is None:
            return Status(is_open=None, hours_known=False)
        return status_at(self.doc, self.calendar, moment)

    def gate(self, name: str) -> Mapping[str, Any] | None:
        """Return the gate of that name as the document has it, None for other checkpoints and renamed gates."""
        found = (self.doc or {}).get("gates") or ()
        return next((gate for gate in found if gate["name"] == name), None)


def house_of(listing_id: int) -> House:
    """Read a listing's document and the calendar: two queries."""
    number, text = Listing.objects.values_list("change_number", "document").get(pk=listing_id)
    return House(_parsed(text) if text else None, number or 0, current_calendar())


@lru_cache(maxsize=256)
def _parsed(text: str) -> Mapping[str, Any]:
    """Return a document, one object for the same text; nobody writes into it."""
    return orjson.loads(text)


def state_of(house: House, kind: str, name: str, moment: dt.datetime) -> str:
    """Return ride, enter, closed, unknown or never.

    A counter or a door keeps the listing's hours; so does a gate that the document does not name (any more).
    """
    status = house.status(moment)
    gate = house.gate(name) if kind == Checkpoint.Kind.GATE else None
    if gate is not None:
        return gates.state_at(gate, status, moment)
    if status.held or status.is_open is False:
        return "closed"
    return "enter" if status.is_open else "unknown"


def objection(house: House, kind: str, name: str, moment: dt.datetime) -> Verdict | None:
    """Return what a checkpoint's terms have against anybody's going in, None when nothing."""
    state = state_of(house, kind, name, moment)
    return {"closed": Verdict.GATE_CLOSED, "never": Verdict.GATE_RULE}.get(state)


def pauses_ahead(house: House) -> list[dict[str, str | None]]:
    """Return from when until when the listing's planned pauses shut it, for a phone that is offline by then."""
    planned = (house.doc or {}).get("planned_pauses") or ()
    return [{"starts_at": pause["starts_at"], "until": pause["until"]} for pause in planned]


def terms_of(house: House, checkpoint: Checkpoint, moment: dt.datetime) -> dict[str, Any]:
    """Return what a guard's screen shows of the terms, and what it needs to go on judging them while offline."""
    state = state_of(house, checkpoint.kind, checkpoint.name, moment)
    gate = house.gate(checkpoint.name) if checkpoint.kind == Checkpoint.Kind.GATE else None
    is_plain = checkpoint.kind != Checkpoint.Kind.GATE and state == "enter"
    zh, en = _OPEN if is_plain else _STATES[state]
    shown = {"opens": None, "closes": None, "riding": "unknown", "riding_from": None, "riding_until": None}
    if gate is not None:
        shown = {name: gate[name] for name in shown} | {"riding": gate["riding"]["code"]}
    return {
        "zh": zh,
        "en": en,
        "state": state,
        **shown,
        "admits_couriers": gate is None or gate["admits_couriers"],
        "storm_riding": gate and gate["storm_riding"],
        "note": gate["note"] if gate else "",
        "bays": (house.doc or {}).get("bays") or "",
        "compound": {
            "hours": house.doc and house.doc["hours"],
            "paused": bool(house.status(moment).held),
            "pauses": pauses_ahead(house),
        },
    }
