"""The one function that says what the hours make of a moment. Pure: no database, no clock.

Which row wins on a date: the exception with the shortest range, then statutory holiday, then workday or rest day,
then weekday. A holiday without rows of its own is a rest day.
"""

import datetime as dt
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Any
from zoneinfo import ZoneInfo

import orjson
from django.conf import settings

CITY_TIME = ZoneInfo("Asia/Shanghai")
NIGHT_HOUR = 3
WEEKDAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
AHEAD_DAYS = 15
FAR = dt.timedelta(days=7)
#: The keys of a public document from which its status follows.
STATUS_RESTS_ON = ("hours", "state", "pause", "planned_pauses", "shut")


@dataclass(frozen=True, slots=True)
class Calendar:
    """Day types of confirmed years: ISO date → "workday", "rest_day" or "holiday"."""

    days: tuple[tuple[str, str], ...] = ()
    years: frozenset[int] = frozenset()

    def day_type(self, date: dt.date) -> str:
        """Return the day type; in a year that is not confirmed only the weekday speaks."""
        if date.year in self.years and (found := dict(self.days).get(date.isoformat())):
            return found
        return "rest_day" if date.weekday() >= 5 else "workday"


@dataclass(frozen=True, slots=True)
class Stretch:
    """An open stretch [starts_at, ends_at); `is_open_end` says that the end is only assumed."""

    starts_at: dt.datetime
    ends_at: dt.datetime
    is_open_end: bool = False


@dataclass(frozen=True, slots=True)
class Status:
    """What holds at a moment. `is_open` is None when nobody knows; `held` is "", "paused" or "shut".

    `closes_at` is None for an open end, too; it and `opens_next_at` are None when more than seven days ahead. `pause`
    is the one that holds: reason, reason_en, until.
    """

    is_open: bool | None
    hours_known: bool
    closes_at: dt.datetime | None = None
    is_open_end: bool = False
    opens_next_at: dt.datetime | None = None
    held: str = ""
    calendar_confirmed: bool = True
    pause: Mapping[str, Any] | None = None


def next_night(moment: dt.datetime) -> dt.datetime:
    """Return the next 3:00 in the city's time: who is open then is open all night."""
    local = moment.astimezone(CITY_TIME)
    night = local.replace(hour=NIGHT_HOUR, minute=0, second=0, microsecond=0)
    return night if night > local else night + dt.timedelta(days=1)


def rows_of(date: dt.date, hours: Mapping[str, Any], calendar: Calendar) -> list[Mapping[str, Any]] | None:
    """Return the rows that win on a date: [] when it is closed, None when the hours are unknown."""
    iso = date.isoformat()
    ranges = [
        (dt.date.fromisoformat(row["ends_on"]) - dt.date.fromisoformat(row["starts_on"]), row["starts_on"])
        for row in hours["exceptions"]
        if row["starts_on"] <= iso <= row["ends_on"]
    ]
    if ranges:
        length, starts_on = min(
            ranges, key=lambda found: (found[0], -dt.date.fromisoformat(found[1]).toordinal())
        )
        ends_on = (dt.date.fromisoformat(starts_on) + length).isoformat()
        rows = [
            row for row in hours["exceptions"] if (row["starts_on"], row["ends_on"]) == (starts_on, ends_on)
        ]
    else:
        if not hours["weekly"]:
            return None
        day_type = calendar.day_type(date)
        kinds = ["holiday", "rest_day"] if day_type == "holiday" else [day_type]
        rows = []
        for day in (*kinds, WEEKDAYS[date.weekday()]):
            rows = [row for row in hours["weekly"] if row["day"] == day]
            if rows:
                break
    if any(row["rule"] == "unknown" for row in rows):
        return None
    return [row for row in rows if row["rule"] != "closed"]


def stretches_of(date: dt.date, hours: Mapping[str, Any], calendar: Calendar) -> list[Stretch]:
    """Return the stretches that begin on a date, in order; they may run past midnight."""
    rows = rows_of(date, hours, calendar) or []
    return sorted(
        (stretch_of(row, date) for row in rows), key=lambda stretch: (stretch.starts_at, stretch.ends_at)
    )


def stretch_of(row: Mapping[str, Any], date: dt.date) -> Stretch:
    """Return the stretch that a row which is not closed means on a date."""
    midnight = dt.datetime.combine(date, dt.time(), CITY_TIME)
    if row["rule"] == "all_day":
        return Stretch(midnight, midnight + dt.timedelta(days=1))
    starts_at = dt.datetime.combine(date, dt.time.fromisoformat(row["opens"]), CITY_TIME)
    if row["open_end"]:
        assumed = dt.timedelta(minutes=settings.OPEN_END_MINUTES)
        return Stretch(starts_at, starts_at + assumed, is_open_end=True)
    ends_at = dt.datetime.combine(date, dt.time.fromisoformat(row["closes"]), CITY_TIME)
    return Stretch(starts_at, ends_at if ends_at > starts_at else ends_at + dt.timedelta(days=1))


def merged(stretches: Iterable[Stretch]) -> list[Stretch]:
    """Join stretches that touch or overlap; the joined end is assumed only if the latest end was."""
    joined: list[Stretch] = []
    for stretch in stretches:
        if joined and stretch.starts_at <= joined[-1].ends_at:
            last = joined[-1]
            later = stretch if stretch.ends_at > last.ends_at else last
            joined[-1] = Stretch(last.starts_at, later.ends_at, later.is_open_end)
        else:
            joined.append(stretch)
    return joined


def resolve(hours: Mapping[str, Any], calendar: Calendar, first: dt.date, days: int) -> list[Stretch]:
    """Return the merged stretches that begin on `days` dates from `first` on."""
    dates = (first + dt.timedelta(days=offset) for offset in range(days))
    found = [stretch for date in dates for stretch in stretches_of(date, hours, calendar)]
    return merged(sorted(found, key=lambda stretch: (stretch.starts_at, stretch.ends_at)))


def without(
    stretches: Iterable[Stretch], pauses: Iterable[tuple[dt.datetime, dt.datetime | None]]
) -> list[Stretch]:
    """Return the stretches with pauses [from, until) cut out; a pause without an end takes all that follows."""
    left = list(stretches)
    for start, end in pauses:
        cut: list[Stretch] = []
        for stretch in left:
            if stretch.ends_at <= start or (end and stretch.starts_at >= end):
                cut.append(stretch)
                continue
            if stretch.starts_at < start:
                cut.append(Stretch(stretch.starts_at, start))
            if end and stretch.ends_at > end:
                cut.append(Stretch(end, stretch.ends_at, stretch.is_open_end))
        left = cut
    return left


def planned_pauses(
    doc: Mapping[str, Any],
) -> list[tuple[dt.datetime, dt.datetime | None, Mapping[str, Any]]]:
    """Return the planned pauses of a document as (start, end, pause); documents of before know none."""
    return [
        (
            dt.datetime.fromisoformat(pause["starts_at"]),
            dt.datetime.fromisoformat(pause["until"]) if pause["until"] else None,
            pause,
        )
        for pause in doc.get("planned_pauses") or ()
    ]


@lru_cache(maxsize=20_000)
def _resolved(hours: bytes, calendar: Calendar, date: dt.date) -> tuple[tuple[Stretch, ...], bool]:
    parsed = orjson.loads(hours)
    known = rows_of(date, parsed, calendar) is not None
    return tuple(resolve(parsed, calendar, date - dt.timedelta(days=1), AHEAD_DAYS)), known


def stretches_around(doc: Mapping[str, Any], calendar: Calendar, moment: dt.datetime) -> tuple[Stretch, ...]:
    """Return a document's merged stretches from the day before a moment on, for two weeks.

    Planned pauses are cut out; holds are not counted.
    """
    found = _resolved(orjson.dumps(doc["hours"]), calendar, moment.astimezone(CITY_TIME).date())[0]
    return _cut(found, doc)


def _cut(stretches: tuple[Stretch, ...], doc: Mapping[str, Any]) -> tuple[Stretch, ...]:
    pauses = planned_pauses(doc)
    return tuple(without(stretches, (pause[:2] for pause in pauses))) if pauses else stretches


def is_open_through(doc: Mapping[str, Any], calendar: Calendar, start: dt.datetime, end: dt.datetime) -> bool:
    """Say whether one stretch of the hours holds both moments; holds are not counted."""
    return any(
        stretch.starts_at <= start < stretch.ends_at and end <= stretch.ends_at
        for stretch in stretches_around(doc, calendar, start)
    )


def status_at(doc: Mapping[str, Any], calendar: Calendar, moment: dt.datetime) -> Status:
    """Return what holds for a public document at a moment (aware).

    Expiry is applied here, so that a late clock never shows a lie: a pause or "sold out" that has ended is over, and
    a planned pause whose moment has come holds.
    """
    local = moment.astimezone(CITY_TIME)
    by_hours, known = _resolved(orjson.dumps(doc["hours"]), calendar, local.date())
    known = known or any(stretch.starts_at <= local < stretch.ends_at for stretch in by_hours)
    stretches = _cut(by_hours, doc)
    current = next((stretch for stretch in stretches if stretch.starts_at <= local < stretch.ends_at), None)
    following = next((stretch for stretch in stretches if stretch.starts_at > local), None)
    pause = pause_at(doc, local)
    held = "paused" if pause is not None else "shut" if is_shut_at(doc, local) else ""
    soon = local + FAR
    is_end_told = current and not held and not current.is_open_end and current.ends_at <= soon
    return Status(
        is_open=False if held else (current is not None if known else None),
        hours_known=known,
        closes_at=current.ends_at if current and is_end_told else None,
        is_open_end=bool(current and current.is_open_end),
        opens_next_at=following.starts_at if following and following.starts_at <= soon else None,
        held=held,
        calendar_confirmed=local.year in calendar.years,
        pause=pause,
    )


def pause_at(doc: Mapping[str, Any], moment: dt.datetime) -> Mapping[str, Any] | None:
    """Return the pause that holds at the moment, its own or a planned one that has begun; None when none does."""
    if doc["state"] == "paused":
        pause = doc["pause"] or {}
        until = pause.get("until")
        if not until or moment < dt.datetime.fromisoformat(until):
            return pause
    begun = (
        pause
        for start, end, pause in planned_pauses(doc)
        if start <= moment and (end is None or moment < end)
    )
    return next(begun, None)


def is_shut_at(doc: Mapping[str, Any], moment: dt.datetime) -> bool:
    """Say whether "sold out" or "out of service" holds at the moment."""
    shut = doc["shut"]
    return bool(
        shut and dt.datetime.fromisoformat(shut["since"]) <= moment < dt.datetime.fromisoformat(shut["until"])
    )
