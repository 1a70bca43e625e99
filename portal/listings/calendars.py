"""The yearly calendar of day types, from the table that staff confirm."""

import datetime as dt

import holidays
from django.db import transaction
from django.utils import timezone

from portal.listings.hours import Calendar
from portal.listings.models import CalendarDay, CalendarYear


def current_calendar() -> Calendar:
    """Return the confirmed years' day types (one query)."""
    rows = CalendarDay.objects.filter(year__confirmed_at__isnull=False).order_by("date")
    days = tuple((date.isoformat(), day_type) for date, day_type in rows.values_list("date", "day_type"))
    return Calendar(days, frozenset(int(date[:4]) for date, _day_type in days))


@transaction.atomic
def load_year(*, year: int, confirm: bool) -> int:
    """Fill a year from the library; return the number of days that differ from their weekday.

    The library knows the State Council's swaps only after the yearly notice, so a year counts from the moment staff
    confirm it. The whole published break is a statutory holiday.
    """
    china = holidays.country_holidays("CN", years=year, language="zh_CN")
    days = []
    for date, name in sorted(china.items()):
        days.append(CalendarDay(date=date, year_id=year, day_type="holiday", name=name[:60]))
    worked = getattr(china, "weekend_workdays", {}) or {}
    for date in worked:
        days.append(CalendarDay(date=date, year_id=year, day_type="workday", name="调休上班"))
    row, _created = CalendarYear.objects.get_or_create(year=year)
    CalendarDay.objects.filter(year=row).delete()
    CalendarDay.objects.bulk_create([day for day in days if day.date.year == year])
    if confirm:
        row.confirmed_at = row.confirmed_at or timezone.now()
        row.save(update_fields=["confirmed_at"])
    return len(days)


def is_adjusted_workday(calendar: Calendar, date: dt.date) -> bool:
    """Say whether a weekend day is worked in exchange for a holiday."""
    return date.weekday() >= 5 and calendar.day_type(date) == "workday"
