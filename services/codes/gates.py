"""What holds at a gate at a moment. Reads the public document; pure."""

import datetime as dt
from collections.abc import Mapping
from typing import Any

from portal.listings.hours import CITY_TIME, Status


def is_within(starts: str, ends: str, moment: dt.datetime) -> bool:
    """Say whether a moment lies in "HH:MM"–"HH:MM" of the city's day; past midnight allowed."""
    clock = moment.astimezone(CITY_TIME).strftime("%H:%M")
    return starts <= clock < ends if starts < ends else clock >= starts or clock < ends


def state_at(gate: Mapping[str, Any], compound: Status, moment: dt.datetime) -> str:
    """Return "ride", "enter", "closed", "unknown" or "never" (it does not admit couriers at all).

    A gate without times keeps the compound's hours; no gate is open while the compound is paused or closed.
    """
    if not gate["admits_couriers"]:
        return "never"
    if compound.held or compound.is_open is False:
        return "closed"
    if gate["opens"] is None:
        if compound.is_open is None:
            return "unknown"
    elif not is_within(gate["opens"], gate["closes"], moment):
        return "closed"
    return "ride" if rides_at(gate, moment) else "enter"


def rides_at(gate: Mapping[str, Any], moment: dt.datetime) -> bool:
    """Say whether the gate's terms let one ride in at the moment, storms aside."""
    riding = gate["riding"]["code"]
    if riding == "by_hour":
        return is_within(gate["riding_from"], gate["riding_until"], moment)
    return riding == "always"
