"""The week's hours as a table: seven resolved days, what differs after them, and the plain weekly pattern."""

import datetime as dt
from dataclasses import dataclass, field
from typing import Any

from django.utils import timezone
from django.utils.translation import gettext, pgettext

from portal.listings.calendars import current_calendar
from portal.listings.english import in_english
from portal.listings.hours import rows_of
from portal.listings.hours_words import pattern, stretch_text
from portal.listings.models import CalendarDay
from portal.pages.wording import day as day_text
from portal.pages.wording import said, weekday

AHEAD = 15


@dataclass(frozen=True, slots=True)
class Day:
    """One line of the table: name of the day, its stretches in words, why it differs, whether it is today."""

    name: str
    hours: list[str]
    why: str = ""
    is_today: bool = False


@dataclass(frozen=True, slots=True)
class Week:
    """Seven days from today, the differing days of the week after, and whether the year's calendar is confirmed."""

    days: list[Day]
    later: list[Day] = field(default_factory=list)
    calendar_confirmed: bool = True


def _hours(rows: list[Any] | None) -> list[str]:
    if rows is None:
        return [pgettext("hours", "unknown")]
    ordered = sorted(rows, key=lambda row: row["opens"] or "")
    return [stretch_text(row) for row in ordered] or [pgettext("hours", "closed")]


def _reason(hours: dict[str, Any], date: dt.date, names: dict[dt.date, str]) -> str:
    iso = date.isoformat()
    covering = [row for row in hours["exceptions"] if row["starts_on"] <= iso <= row["ends_on"]]
    if covering:
        shortest = min(covering, key=lambda row: (row["ends_on"] > row["starts_on"], row["ends_on"]))
        return said(shortest, "reason") or gettext("different hours")
    return names.get(date, "")


def week_of(doc: dict[str, Any], moment: dt.datetime) -> Week:
    """Return the resolved table of a listing's hours from today on (two small queries)."""
    calendar = current_calendar()
    today = timezone.localtime(moment).date()
    hours = doc["hours"]
    dates = [today + dt.timedelta(days=offset) for offset in range(AHEAD)]
    found = CalendarDay.objects.filter(date__in=dates, year__confirmed_at__isnull=False)
    names = {
        row.date: said({"name": row.name, "name_en": in_english(row.name)}, "name")
        if row.day_type == "holiday"
        else gettext("adjusted workday")
        for row in found
    }
    lines = []
    for date in dates:
        name = (
            f"{weekday(date)} {day_text(date)}"
            if date != today
            else gettext("Today, %(day)s") % {"day": weekday(date)}
        )
        why = _reason(hours, date, names)
        lines.append(Day(name, _hours(rows_of(date, hours, calendar)), why, date == today))
    return Week(
        days=lines[:7],
        later=[line for line in lines[7:] if line.why],
        calendar_confirmed=all(date.year in calendar.years for date in dates),
    )


def pattern_of(doc: dict[str, Any]) -> list[Day]:
    """Return the weekly rows as entered, days with the same hours joined: paper outlives a week."""
    return [Day(days, hours) for days, hours in pattern(doc["hours"])]
