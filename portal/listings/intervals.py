"""The table of resolved intervals, by which lists filter "open now" in SQL."""

import datetime as dt
from collections.abc import Iterable

from django.conf import settings
from django.utils import timezone

from portal.listings.calendars import current_calendar
from portal.listings.documents import hours_document
from portal.listings.hours import CITY_TIME, Calendar, resolve
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


def rebuild(listings: Iterable[Listing], *, first: dt.date | None = None, days: int | None = None) -> None:
    """Replace the intervals of these listings from `first` (today) for `days` (the horizon).

    Runs inside the caller's transaction; the rows of `listings` should be locked or new.
    """
    calendar = current_calendar()
    first = first or today()
    days = days or settings.INTERVAL_HORIZON_DAYS
    rows: list[OpenInterval] = []
    pks = []
    for listing in listings:
        pks.append(listing.pk)
        rows.extend(intervals_of(listing, calendar, first, days))
    for start in range(0, len(pks), BATCH):
        chunk = pks[start : start + BATCH]
        OpenInterval.objects.filter(listing_id__in=chunk).delete()
        Listing.objects.filter(pk__in=chunk).update(intervals_until=first + dt.timedelta(days=days))
    OpenInterval.objects.bulk_create(rows, batch_size=BATCH)


def intervals_of(listing: Listing, calendar: Calendar, first: dt.date, days: int) -> list[OpenInterval]:
    """Return unsaved rows; the day before `first` counts too, for what runs past midnight."""
    stretches = resolve(hours_document(listing), calendar, first - dt.timedelta(days=1), days + 1)
    return [
        OpenInterval(listing_id=listing.pk, starts_at=stretch.starts_at, ends_at=stretch.ends_at)
        for stretch in stretches
    ]
