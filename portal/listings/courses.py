"""How a place's state goes on over the coming days, so that a page can tell it for hours without asking again.

A course is one short text: the code of the state at its start, then minute and code of every change, counted from the
start: "x630o810x" is closed until 10:30, open until 13:30, closed afterwards. Codes: o open, e open with an end that is
only assumed (until sold out), x closed, u unknown, p paused, s sold out, b out of service.
"""

import datetime as dt
import math
from collections.abc import Iterable, Mapping
from functools import lru_cache
from typing import Any

import orjson

from portal.listings.hours import CITY_TIME, Calendar, planned_pauses, resolve, status_at

STANDING: dict[str, Any] = {"state": "published", "pause": None, "shut": None}


def course(doc: Mapping[str, Any], calendar: Calendar, first: dt.date, days: int) -> str:
    """Return the course of a public document over whole days from `first` on; `status_at` says each state."""
    bare = orjson.dumps(doc["hours"])
    if doc["state"] == "published" and not doc["shut"] and not doc.get("planned_pauses"):
        return _course_of_hours(bare, calendar, first, days)
    moments = [*_turns(bare, calendar, first, days), *_held_turns(doc)]
    return _course(doc, calendar, first, days, moments)


@lru_cache(maxsize=4_096)
def _course_of_hours(hours: bytes, calendar: Calendar, first: dt.date, days: int) -> str:
    doc = {**STANDING, "hours": orjson.loads(hours)}
    return _course(doc, calendar, first, days, _turns(hours, calendar, first, days))


@lru_cache(maxsize=4_096)
def _turns(hours: bytes, calendar: Calendar, first: dt.date, days: int) -> tuple[dt.datetime, ...]:
    """Return the moments at which hours may turn: every edge, and midnights, because a day may be unknown."""
    dates = [first + dt.timedelta(days=offset) for offset in range(days)]
    midnights = [dt.datetime.combine(date, dt.time(), CITY_TIME) for date in dates]
    stretches = resolve(orjson.loads(hours), calendar, first - dt.timedelta(days=1), days + 1)
    return (*midnights, *(edge for stretch in stretches for edge in (stretch.starts_at, stretch.ends_at)))


def _held_turns(doc: Mapping[str, Any]) -> list[dt.datetime]:
    """Return the moments at which a pause, planned or not, "sold out" or "out of service" begins or ends."""
    pause, shut = doc["pause"] or {}, doc["shut"] or {}
    texts = (pause.get("until"), shut.get("since"), shut.get("until"))
    planned = [moment for start, end, _pause in planned_pauses(doc) for moment in (start, end) if moment]
    return [*planned, *(dt.datetime.fromisoformat(text) for text in texts if text)]


def _course(
    doc: Mapping[str, Any], calendar: Calendar, first: dt.date, days: int, moments: Iterable[dt.datetime]
) -> str:
    start = dt.datetime.combine(first, dt.time(), CITY_TIME)
    end = start + dt.timedelta(days=days)
    steps: list[tuple[int, str]] = []
    for moment in sorted({start, *(moment for moment in moments if start < moment < end)}):
        code = code_at(doc, calendar, moment)
        minutes = (moment - start).total_seconds() / 60
        # Within a minute the place is not open yet, or no longer: it never looks open unless it is.
        minute = math.ceil(minutes) if code in "oe" else math.floor(minutes)
        while steps and steps[-1][0] >= minute:
            steps.pop()
        if not steps or steps[-1][1] != code:
            steps.append((minute, code))
    return steps[0][1] + "".join(f"{minute}{code}" for minute, code in steps[1:])


def code_at(doc: Mapping[str, Any], calendar: Calendar, moment: dt.datetime) -> str:
    """Return the code of a public document's state at a moment."""
    status = status_at(doc, calendar, moment)
    if status.held:
        return "p" if status.held == "paused" else "s" if doc["shut"]["reason"] == "sold_out" else "b"
    if status.is_open is None:
        return "u"
    if not status.is_open:
        return "x"
    return "e" if status.is_open_end else "o"
