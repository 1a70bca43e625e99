"""publish(): the one place where a listing's public document is made and stored."""

import datetime as dt
from collections.abc import Iterable

from django.conf import settings
from django.db import connection, transaction
from django.utils import timezone

from portal.listings.documents import canonical, digest, document, search_text
from portal.listings.hours import CITY_TIME
from portal.listings.models import Listing


@transaction.atomic
def publish(listings: Iterable[Listing]) -> int:
    """Render the documents of these listings (of a kind, not bare), store what changed, return how many changed.

    Change numbers come from one counter row that is taken as the last lock: afterwards only rows already locked are
    written, so numbers commit in order. Call it in the transaction of the change.
    """
    changed: list[Listing] = []
    for listing in sorted(listings, key=lambda row: row.pk):
        text = canonical(document(listing)) if listing.is_public else ""
        listing.search_text = search_text(listing)
        listing.next_change_at = next_change(listing)
        fields = {"search_text": listing.search_text, "next_change_at": listing.next_change_at}
        Listing.objects.filter(pk=listing.pk).update(**fields)
        if digest(text) != listing.document_hash:
            listing.document, listing.document_hash = text, digest(text)
            changed.append(listing)
    if changed:
        _store(changed)
    return len(changed)


def _store(changed: list[Listing]) -> None:
    last = take_numbers(len(changed))
    now = timezone.now()
    for number, listing in enumerate(changed, last - len(changed) + 1):
        listing.change_number, listing.changed_at = number, now
        Listing.objects.filter(pk=listing.pk).update(
            document=listing.document,
            document_hash=listing.document_hash,
            change_number=number,
            changed_at=now,
        )


def take_numbers(count: int) -> int:
    """Take `count` change numbers and return the last one; locks the counter until the transaction ends."""
    with connection.cursor() as cursor:
        cursor.execute(
            "UPDATE listings_changecounter SET value = value + %s WHERE id = 1 RETURNING value", [count]
        )
        return int(cursor.fetchone()[0])


def last_number() -> int:
    """Return the change number given out last: the version of everything public."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT value FROM listings_changecounter WHERE id = 1")
        return int(cursor.fetchone()[0])


def next_change(listing: Listing) -> dt.datetime | None:
    """Return the next moment at which the clock must look at this listing, None when never."""
    if not listing.is_public:
        return None
    moments = [listing.paused_until, listing.shut_until, *listing.own_next_changes()]
    if listing.intervals_until:
        renew_on = listing.intervals_until - dt.timedelta(days=settings.INTERVAL_HORIZON_DAYS - 1)
        moments.append(dt.datetime.combine(renew_on, dt.time(), CITY_TIME))
    return min((moment for moment in moments if moment), default=None)


def republish(queryset: "Iterable[Listing]") -> int:
    """Publish listings again after a fact they share has changed (an amenity's name, a street)."""
    count = 0
    chunk: list[Listing] = []
    for listing in queryset:
        chunk.append(listing)
        if len(chunk) == 200:
            count += publish(chunk)
            chunk = []
    return count + publish(chunk)
