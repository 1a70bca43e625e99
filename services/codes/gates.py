"""What holds at a gate at a moment. Reads the public document; pure."""

import datetime as dt
from collections.abc import Mapping
from typing import Any

from portal.listings.hours import CITY_TIME


def is_within(starts: str | None, ends: str | None, moment: dt.datetime) -> bool:
    """Say whether a moment lies in "HH:MM"–"HH:MM" of the city's day; past midnight allowed, no times mean always."""
    if starts is None or ends is None:
        return True
    clock = moment.astimezone(CITY_TIME).strftime("%H:%M")
    return starts <= clock < ends if starts < ends else clock >= starts or clock < ends


def admits_at(gate: Mapping[str, Any], moment: dt.datetime) -> bool:
    """Say whether couriers may enter at this gate now."""
    return gate["admits_couriers"] and is_within(gate["opens"], gate["closes"], moment)


def rides_at(gate: Mapping[str, Any], moment: dt.datetime) -> bool:
    """Say whether one may ride in at this gate now, storms aside."""
    riding = gate["riding"]["code"]
    if not admits_at(gate, moment) or riding == "never":
        return False
    return riding == "always" or is_within(gate["riding_from"], gate["riding_until"], moment)
