"""A handful of places around one corner, for the tests of the pages."""

import datetime as dt
from typing import Any
from zoneinfo import ZoneInfo

from portal.listings import confirming
from portal.listings.models import Listing
from tests import api_places

HERE = (30.36, 120.15)
NEAR = "30.360,120.150"
SHANGHAI = ZoneInfo("Asia/Shanghai")
DAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")


def at(clock: str, day: int = 24) -> dt.datetime:
    """Return a moment of a day in November 2026 (24 is a Tuesday), Beijing time."""
    hour, minute = clock.split(":")
    return dt.datetime(2026, 11, day, int(hour), int(minute), tzinfo=SHANGHAI)


def daily(opens: str | None, closes: str | None, rule: str = "open", **more: Any) -> dict[str, Any]:
    """Return the hours group of a place with the same hours every day."""
    row = {"rule": rule, "opens": opens, "closes": closes, "is_open_end": False, "label": "", **more}
    return {"weekly_hours": [{"day": day, **row} for day in DAYS], "hours_exceptions": []}


def canteen(name: str, metres_north: int = 0, **changes: Any) -> Listing:
    """Return a canteen some way north of HERE, serving 10:30–13:30 unless told otherwise."""
    place = {"lat": HERE[0] + metres_north / 111_320, "lng": HERE[1], "hours": daily("10:30", "13:30")}
    return api_places.canteen(name, **{**place, **changes})


def station(name: str, **changes: Any) -> Listing:
    """Return a station at HERE, open day and night unless told otherwise."""
    from services.stations.models import Station

    place = {"lat": HERE[0], "lng": HERE[1], "hours": daily(None, None, "all_day")}
    return api_places.publish(Station, name, **{**place, **changes})


def apartment(name: str, **changes: Any) -> Listing:
    """Return an apartment project at HERE."""
    from housing.models import ApartmentProject

    return api_places.publish(ApartmentProject, name, **{"lat": HERE[0], "lng": HERE[1], **changes})


def confirm(listing: Listing, group: str, when: dt.datetime, channel: str = "office") -> None:
    """Confirm one group of facts at a moment."""
    confirming.confirm(listing=listing, fact_groups=[group], actor=None, channel=channel, at=when)
