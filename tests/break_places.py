"""Places around one corner as cards, without a database, for the rules of the break."""

import datetime as dt
from typing import Any

from portal.listings.hours import CITY_TIME, WEEKDAYS, Calendar, status_at
from portal.listings.reading import Card
from portal.pages.breaks.offers import Asked

HERE = (30.28, 120.19)
METRES_PER_DEGREE = 111_320
#: 1 October 2026 is a holiday, Saturday 10 October a workday.
CALENDAR = Calendar((("2026-10-01", "holiday"), ("2026-10-10", "workday")), frozenset({2026}))


def at(clock: str, date: str = "2026-11-24") -> dt.datetime:
    """Return a moment; 24 November 2026 is a Tuesday."""
    return dt.datetime.fromisoformat(f"{date}T{clock:0>5}").replace(tzinfo=CITY_TIME)


def asked(clock: str, date: str = "2026-11-24", *, is_driver: bool = False) -> Asked:
    """Return who asks at a moment."""
    return Asked(at(clock, date), CALENDAR, is_driver)


def row(opens: str | None, closes: str | None, day: str, **more: Any) -> dict[str, Any]:
    """Return one row of the hours."""
    return {
        "day": day,
        "rule": "open",
        "opens": opens,
        "closes": closes,
        "open_end": False,
        "label": "",
        **more,
    }


def daily(*spans: str, **more: Any) -> list[dict[str, Any]]:
    """Return rows of every day from spans like `10:30-13:30`."""
    return [row(*span.split("-"), day, **more) for span in spans for day in WEEKDAYS]


def always() -> list[dict[str, Any]]:
    """Return the rows of a place that never shuts."""
    return [row(None, None, day, rule="all_day") for day in WEEKDAYS]


def card(
    kind: str, pk: int, metres: int, weekly: list[dict[str, Any]], now: dt.datetime, **changes: Any
) -> Card:
    """Return the card of a place so many metres north of HERE; its facts are fresh unless told otherwise."""
    fresh = {"at": (now - dt.timedelta(hours=1)).isoformat(), "by": "office"}
    groups = ("price", "hours", "contact") if kind == "canteen" else ("amenities", "hours", "contact")
    doc: dict[str, Any] = {
        "kind": kind,
        "id": f"{pk:0>10}",
        "name": f"{kind}{pk}",
        "position": {"lat": HERE[0] + metres / METRES_PER_DEGREE, "lng": HERE[1], "accuracy": "exact"},
        "hours": {"known": bool(weekly), "weekly": weekly, "exceptions": changes.pop("exceptions", [])},
        "state": "published",
        "pause": None,
        "shut": None,
        "confirmations": dict.fromkeys(groups, fresh),
        **changes,
    }
    return Card(pk, doc, status_at(doc, CALENDAR, now), 1, metres)


def meal(price: str = "10.00", label: str = "") -> dict[str, Any]:
    """Return a set meal of a document."""
    return {"name": "一荤两素", "courier_price": price, "label": label}


def canteen(pk: int, metres: int, weekly: list[dict[str, Any]], now: dt.datetime, **changes: Any) -> Card:
    """Return a canteen."""
    return card("canteen", pk, metres, weekly, now, **{"set_meals": [meal()], "discounts": [], **changes})


def station(
    pk: int,
    metres: int,
    codes: str,
    now: dt.datetime,
    weekly: list[dict[str, Any]] | None = None,
    **changes: Any,
) -> Card:
    """Return a station with amenities by code, open day and night unless told otherwise."""
    amenities = [{"code": code, "zh": code, "en": code, "count": None} for code in codes.split()]
    weekly = always() if weekly is None else weekly
    return card("station", pk, metres, weekly, now, **{"amenities": amenities, "live": None, **changes})
