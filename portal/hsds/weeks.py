"""Opening hours as HSDS has them: rows of weekdays in RFC 5545's words, each valid for a stretch of dates.

HSDS knows neither day types nor exceptions: where other hours hold, the usual rows end the day before and begin again
the day after ("Exceptional Schedules" in its field guidance). Pure, but for the words of labels.
"""

import datetime as dt
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, NamedTuple

import orjson

from portal.listings.documents import coded
from portal.listings.hours import CITY_TIME, Calendar, planned_pauses, rows_of
from portal.listings.models.hours import Label

#: How far ahead holidays, swaps and exceptions are laid out; the last row says until when it is known to hold.
HORIZON = dt.timedelta(days=92)
DAY = dt.timedelta(days=1)
WEEKDAYS = ("MO", "TU", "WE", "TH", "FR", "SA", "SU")
OFFSET, OFFSET_HOURS = "+08:00", 8
#: Any Monday: without exceptions and calendar a date is its weekday.
MONDAY = dt.date(2024, 1, 1)
Pauses = tuple[tuple[dt.datetime, dt.datetime | None], ...]
Range = tuple[dt.date, dt.date | None]


class Interval(NamedTuple):
    """One interval of a day, whatever row it came from; `opens` is None for all day, `closes` for an open end."""

    rule: str
    opens: str | None
    closes: str | None
    open_end: bool
    label: str


Rows = list[Interval]


@dataclass(frozen=True, slots=True)
class Stretch:
    """What holds from one date to another, both included, None without an end: weekday (0 is Monday) → rows."""

    first: dt.date | None
    last: dt.date | None
    week: Mapping[int, Rows]
    reason: str = ""


def schedules(doc: Mapping[str, Any], calendar: Calendar, today: dt.date) -> tuple[dict[str, Any], ...]:
    """Return a document's schedule rows without ids. Places with the same hours share the work."""
    pauses = [(start, end) for start, end, _pause in planned_pauses(doc) if end is None or end.date() > today]
    return _schedules(orjson.dumps(doc["hours"]), tuple(pauses), calendar, today)


@lru_cache(maxsize=20_000)
def _schedules(
    hours: bytes,
    pauses: Pauses,
    calendar: Calendar,
    today: dt.date,
) -> tuple[dict[str, Any], ...]:
    found = stretches(orjson.loads(hours), pauses, calendar, today)
    return tuple(row for stretch in found for row in _rows(stretch))


def stretches(
    hours: dict[str, Any],
    pauses: Pauses,
    calendar: Calendar,
    today: dt.date,
) -> Iterator[Stretch]:
    """Yield what holds when, from today on, without gaps but for closed days."""
    weekly = {**hours, "exceptions": []}
    usual = {day: _intervals(MONDAY + day * DAY, weekly, Calendar()) for day in range(7)}
    special = sorted(
        _special(hours, usual, pauses, calendar, today), key=lambda stretch: stretch.first or today
    )
    begun: dt.date | None = None
    for stretch in special:
        first = stretch.first or today
        if first > (begun or today):
            yield from _usual(begun, first - DAY, usual)
        if first > today + HORIZON:
            return
        yield stretch
        if stretch.last is None:
            return
        begun = stretch.last + DAY
    yield from _usual(begun, _known_until(hours, calendar, begun or today), usual)


def _intervals(date: dt.date, hours: dict[str, Any], calendar: Calendar) -> Rows:
    """Return what holds on a date; nothing when it is closed, and when nobody knows."""
    rows = rows_of(date, hours, calendar) or []
    return [
        Interval(row["rule"], row["opens"], row["closes"], row["open_end"], row.get("label", ""))
        for row in rows
    ]


def _usual(first: dt.date | None, last: dt.date | None, usual: Mapping[int, Rows]) -> Iterator[Stretch]:
    if first and last and first > last:
        return
    days = set(range(7))
    if first and last and last - first < 6 * DAY:
        days = {(first + step * DAY).weekday() for step in range((last - first).days + 1)}
    yield Stretch(first, last, {day: rows for day, rows in usual.items() if day in days})


def _known_until(hours: Mapping[str, Any], calendar: Calendar, first: dt.date) -> dt.date | None:
    """Return the last day of the calendar where the hours rest on it, None where no calendar changes them."""
    if all(row["day"] not in ("workday", "rest_day", "holiday") for row in hours["weekly"]):
        return None
    last = max(calendar.years, default=0)
    return dt.date(last, 12, 31) if last >= first.year else None


def _special(
    hours: dict[str, Any],
    usual: Mapping[int, Rows],
    pauses: Pauses,
    calendar: Calendar,
    today: dt.date,
) -> Iterator[Stretch]:
    """Yield the stretches from today on in which something else holds; none overlaps another."""
    paused = [_whole_days(start, end) for start, end in pauses]
    closed = [(first, last) for first, last in paused if last is None or first <= last]
    ranges: list[Range] = [
        (dt.date.fromisoformat(row["starts_on"]), dt.date.fromisoformat(row["ends_on"]))
        for row in hours["exceptions"]
    ]
    starts = {first for first, _last in closed + ranges}
    bounds = sorted(starts | {last + DAY for _first, last in closed + ranges if last})
    covered: list[Range] = []
    for place, first in enumerate(bounds):
        last = bounds[place + 1] - DAY if place + 1 < len(bounds) else None
        if last and last < today:
            continue
        if any(_holds(span, first) for span in closed):
            covered.append((first, last))
            yield Stretch(first, last, {})
        elif last and any(_holds(span, first) for span in ranges):
            covered.append((first, last))
            yield _exception(hours, first, last)
    yield from _of_the_calendar(hours, usual, calendar, today, covered)


def _holds(span: Range, date: dt.date) -> bool:
    first, last = span
    return first <= date and (last is None or date <= last)


def _whole_days(start: dt.datetime, end: dt.datetime | None) -> Range:
    """Return the first and last date that a pause takes whole; the last may lie before the first."""
    begins, ends = start.astimezone(CITY_TIME), end.astimezone(CITY_TIME) if end else None
    first = begins.date() if begins.time() == dt.time() else begins.date() + DAY
    return first, ends.date() - DAY if ends else None


def _exception(hours: dict[str, Any], first: dt.date, last: dt.date) -> Stretch:
    rows = _intervals(first, hours, Calendar())
    iso = first.isoformat()
    said = [
        " · ".join(dict.fromkeys(filter(None, (row["reason"], row.get("reason_en")))))
        for row in hours["exceptions"]
        if row["starts_on"] <= iso <= row["ends_on"]
    ]
    days = {(first + step * DAY).weekday() for step in range(min(7, (last - first).days + 1))}
    return Stretch(first, last, dict.fromkeys(sorted(days), rows), next(filter(None, said), ""))


def _of_the_calendar(
    hours: dict[str, Any],
    usual: Mapping[int, Rows],
    calendar: Calendar,
    today: dt.date,
    covered: list[Range],
) -> Iterator[Stretch]:
    """Yield the holidays and swapped days on which the hours differ from the weekday's, neighbours together."""
    weekly = {**hours, "exceptions": []}
    run: list[tuple[dt.date, Rows]] = []
    for iso, _day_type in calendar.days:
        date = dt.date.fromisoformat(iso)
        if date < today or any(_holds(span, date) for span in covered):
            continue
        rows = _intervals(date, weekly, calendar)
        if rows == usual[date.weekday()]:
            continue
        if run and (date != run[-1][0] + DAY or len(run) == 7):
            yield _run(run)
            run = []
        run.append((date, rows))
    if run:
        yield _run(run)


def _run(run: list[tuple[dt.date, Rows]]) -> Stretch:
    return Stretch(run[0][0], run[-1][0], {date.weekday(): rows for date, rows in run})


def _rows(stretch: Stretch) -> Iterator[dict[str, Any]]:
    """Yield the schedule rows of a stretch: one for each interval, with the weekdays on which it holds."""
    days: dict[Interval, list[int]] = {}
    for day, rows in sorted(stretch.week.items()):
        for interval in rows:
            days.setdefault(interval, []).append(day)
    for interval, held in days.items():
        found: dict[str, Any] = {}
        if stretch.first:
            found["valid_from"] = stretch.first.isoformat()
        if stretch.last:
            found["valid_to"] = stretch.last.isoformat()
        found |= {
            "timezone": OFFSET_HOURS,
            "wkst": "MO",
            "freq": "WEEKLY",
            "interval": 1,
            "byday": ",".join(WEEKDAYS[day] for day in dict.fromkeys(held)),
        }
        opens, closes = interval.opens, interval.closes
        if interval.rule == "all_day":
            # HSDS's own way of saying it.
            opens, closes = "00:00", "23:59"
        found["opens_at"] = f"{opens}{OFFSET}"
        if closes:
            found["closes_at"] = f"{closes}{OFFSET}"
        if said := _said(interval):
            found["description"] = said
        if stretch.reason:
            found["notes"] = stretch.reason
        yield found


def _said(interval: Interval) -> str:
    words = []
    if meal := coded(Label, interval.label):
        words.append(f"{meal['zh']} · {meal['en']}")
    if interval.rule == "all_day":
        words.append("24 小时 · 24 hours")
    elif interval.open_end:
        words.append("售完为止 · until sold out")
    elif interval.closes and interval.opens and interval.closes < interval.opens:
        words.append("次日结束 · closes on the next day")
    return "; ".join(words)
