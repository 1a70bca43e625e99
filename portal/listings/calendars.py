"""The yearly calendar of day types, from the table that staff confirm."""

import datetime as dt
from functools import lru_cache

import holidays
from django.db import transaction
from django.utils import timezone

from portal.listings.hours import Calendar
from portal.listings.models import CalendarDay, CalendarYear
from portal.running.databases import reading_connection


def current_calendar() -> Calendar:
    """Return the confirmed years' day types (one query, on every read's way, so without the ORM's share)."""
    with reading_connection().cursor() as cursor:
        cursor.execute(
            "SELECT day.date, day.day_type FROM listings_calendarday AS day "
            "JOIN listings_calendaryear AS year ON year.year = day.year_id "
            "WHERE year.confirmed_at IS NOT NULL ORDER BY day.date"
        )
        return _calendar(tuple(cursor.fetchall()))


@lru_cache(maxsize=8)
def _calendar(rows: tuple[tuple[dt.date | str, str], ...]) -> Calendar:
    """Return one object for the same days, so that what is resolved with it is found again at once."""
    days = tuple((str(date), day_type) for date, day_type in rows)
    return Calendar(days, frozenset(int(date[:4]) for date, _day_type in days))


def days_of(year: int) -> dict[dt.date, tuple[str, str]]:
    """Return date → (day type, name) of the days that differ from their weekday, as the library knows them.

    A break is the whole run of days off around a statutory day: the State Council publishes 1–7 October, while the
    library leaves out the weekend days inside.
    """
    china = holidays.country_holidays("CN", years=year, language="zh_CN")
    worked = set(getattr(china, "weekend_workdays", None) or ())
    days = {date: ("workday", "调休上班") for date in worked if date.year == year}
    for statutory, name in china.items():
        days.setdefault(statutory, ("holiday", name))
        for step in (dt.timedelta(days=-1), dt.timedelta(days=1)):
            date = statutory + step
            while date.year == year and date not in worked and (date in china or date.weekday() >= 5):
                days.setdefault(date, ("holiday", china.get(date) or name))
                date += step
    return {date: found for date, found in sorted(days.items()) if date.year == year}


@transaction.atomic
def load_year(*, year: int, confirm: bool) -> int:
    """Fill a year from the library; return the number of days that differ from their weekday.

    The library knows the swaps only after the State Council's yearly notice, so a year counts from the moment staff
    confirm it.
    """
    row, _created = CalendarYear.objects.get_or_create(year=year)
    row.days.all().delete()
    found = days_of(year)
    CalendarDay.objects.bulk_create(
        CalendarDay(date=date, year=row, day_type=day_type, name=name[:60])
        for date, (day_type, name) in found.items()
    )
    if confirm and row.confirmed_at is None:
        row.confirmed_at = timezone.now()
        row.save(update_fields=["confirmed_at"])
    return len(found)
