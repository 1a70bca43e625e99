"""The timetables: resolved intervals by which lists filter "open now" in SQL, kept once for all who share them."""

import datetime as dt
import hashlib
from collections import defaultdict
from collections.abc import Iterable

from django.conf import settings
from django.db.models import QuerySet
from django.utils import timezone

from portal.listings.calendars import current_calendar
from portal.listings.documents import hours_document
from portal.listings.hours import CITY_TIME, Calendar, Stretch, resolve, without
from portal.listings.models import Listing, OpenInterval

BATCH = 2_000


def today() -> dt.date:
    """Return the date in the city."""
    return timezone.now().astimezone(CITY_TIME).date()


def built_range() -> tuple[dt.datetime, dt.datetime]:
    """Return the moments [from, to) for which every listing's intervals are built.

    The clock renews a listing's table a day before it ends, so that the range holds even when a run is missed.
    """
    start = dt.datetime.combine(today(), dt.time(), CITY_TIME)
    return start, start + dt.timedelta(days=settings.INTERVAL_HORIZON_DAYS - 1)


def is_built_for(moment: dt.datetime) -> bool:
    """Say whether the table answers for a moment: it lies in the range and no public listing lags behind."""
    start, end = built_range()
    if not start <= moment < end:
        return False
    needed = moment.astimezone(CITY_TIME).date() + dt.timedelta(days=1)
    return not Listing.objects.published().filter(intervals_until__lt=needed).exists()


def open_timetables(moment: dt.datetime) -> QuerySet:
    """Return the timetables that are open at a moment, for a filter."""
    return OpenInterval.objects.filter(starts_at__lte=moment, ends_at__gt=moment).values("timetable")


def rebuild(listings: Iterable[Listing], *, first: dt.date | None = None, days: int | None = None) -> None:
    """Name the timetable of each of these listings from `first` (today) for `days` (the horizon).

    Runs inside the caller's transaction; the rows of `listings` should be locked or new, and hold the name afterwards.
    A timetable that is missing is added, none is changed or taken away: nobody ever waits for somebody else's hours.
    """
    calendar = current_calendar()
    first = first or today()
    days = days or settings.INTERVAL_HORIZON_DAYS
    named: dict[str, list[int]] = defaultdict(list)
    stretches: dict[str, list[Stretch]] = {}
    for listing in listings:
        found = stretches_of(listing, calendar, first, days)
        name = timetable_name(found, first)
        stretches[name] = found
        listing.timetable, listing.intervals_until = name, first + dt.timedelta(days=days)
        named[name].append(listing.pk)
    for name, pks in named.items():
        for start in range(0, len(pks), BATCH):
            rows = Listing.objects.filter(pk__in=pks[start : start + BATCH])
            rows.update(timetable=name, intervals_until=first + dt.timedelta(days=days))
    _add({name: found for name, found in stretches.items() if name})


def stretches_of(listing: Listing, calendar: Calendar, first: dt.date, days: int) -> list[Stretch]:
    """Return when a listing is open, planned pauses cut out; the day before `first` counts too, past midnight."""
    found = resolve(hours_document(listing), calendar, first - dt.timedelta(days=1), days + 1)
    return without(found, [(plan.at, plan.until) for plan in listing.planned_pauses])


def timetable_name(stretches: list[Stretch], first: dt.date) -> str:
    """Return the name of these stretches: the day they were built on and what they hold; empty for never open."""
    if not stretches:
        return ""
    held = repr([(stretch.starts_at, stretch.ends_at) for stretch in stretches])
    return f"{first:%Y%m%d}-{hashlib.sha256(held.encode()).hexdigest()[:20]}"


def _add(timetables: dict[str, list[Stretch]]) -> None:
    """Store the timetables that are not there yet. Two who add the same at once both do: it says the same twice."""
    known = OpenInterval.objects.filter(timetable__in=timetables).values_list("timetable", flat=True)
    missing = timetables.keys() - set(known.distinct())
    rows = [
        OpenInterval(timetable=name, starts_at=stretch.starts_at, ends_at=stretch.ends_at)
        for name in sorted(missing)
        for stretch in timetables[name]
    ]
    OpenInterval.objects.bulk_create(rows, batch_size=BATCH)


def forget_old() -> None:
    """Delete the timetables that were built before yesterday and that no listing names any more."""
    old = f"{today() - dt.timedelta(days=1):%Y%m%d}"
    rows = OpenInterval.objects.filter(timetable__lt=old)
    if rows.exists():
        rows.exclude(timetable__in=Listing.objects.filter(timetable__lt=old).values("timetable")).delete()
