"""publish(): the one place where a listing's public document is made and stored."""

import datetime as dt
import time
from collections.abc import Iterable, Iterator, Mapping

from django.conf import settings
from django.db import connection, transaction
from django.utils import timezone

from portal.listings.documents import canonical, digest, document, search_text
from portal.listings.hours import CITY_TIME
from portal.listings.models import Listing
from portal.listings.registers import read_registers
from portal.partners.webhooks.nudging import nudge
from portal.regions.models import Nickname
from portal.running.databases import reading_connection

CHUNK = 100
#: After a restore change numbers go on at the next multiple: none that was given out after the backup is given out
#: again, so no kept page, tag, cursor or partner's copy of a later state can pass for what comes now.
ERA = 1_000_000_000
#: SQLite's writers wait by asking again and again: without a gap after each batch they would wait for all of them.
GAP_SECONDS = 0.1


class Stale(RuntimeError):
    """A listing was read before somebody else's change and would have been published as it was then."""


@transaction.atomic
def publish(listings: Iterable[Listing]) -> int:
    """Render the documents of these listings (of a kind, not bare), store what changed, return how many changed.

    Call it only in the transaction of the change, on rows that were read after they were locked (`revising.lock`,
    `lock_rows`) or that the transaction made: what is published is what was read. Raises Stale, and publishes nothing,
    when a row's version or change number has moved on since it was read. Change numbers come from one counter row
    that is taken as the last lock: afterwards only rows already locked are written, so numbers commit in order.
    """
    changed: list[Listing] = []
    nicknames = Nickname.objects.by_area()
    rows = sorted(listings, key=lambda row: row.pk)
    read_registers(rows)
    for listing in rows:
        text = canonical(document(listing)) if listing.is_public else ""
        listing.search_text = search_text(listing, nicknames)
        listing.next_change_at = next_change(listing)
        fields = {"search_text": listing.search_text, "next_change_at": listing.next_change_at}
        as_read = Listing.objects.filter(
            pk=listing.pk, revision_number=listing.revision_number, change_number=listing.change_number
        )
        if not as_read.update(**fields):
            raise Stale(f"listing {listing.pk} has changed since it was read")
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
    nudge(last)


def take_numbers(count: int) -> int:
    """Take `count` change numbers and return the last one; locks the counter until the transaction ends."""
    with connection.cursor() as cursor:
        cursor.execute(
            "UPDATE listings_changecounter SET value = value + %s WHERE id = 1 RETURNING value", [count]
        )
        return int(cursor.fetchone()[0])


def last_number() -> int:
    """Return the change number given out last: the version of everything public, in the database that is read.

    A tag from the primary over rows from a replica that lags would keep an old body under a new name.
    """
    with reading_connection().cursor() as cursor:
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


def lock_rows(pks: Iterable[int]) -> None:
    """Lock listings in the order of their keys, as everybody does who locks several; call it in a transaction."""
    rows = Listing.objects.select_for_update().filter(pk__in=list(pks)).order_by("pk")
    list(rows.values_list("pk", flat=True))


def read_kinds(kinds: Mapping[int, str]) -> list[Listing]:
    """Return listings (key → kind) read afresh with their groups in the order of their keys, a few queries a kind."""
    from portal.listings.kinds import listing_model

    models = [listing_model(kind) for kind in sorted(set(kinds.values()))]
    rows = [row for model in models for row in model.objects.with_groups().filter(pk__in=kinds)]
    return sorted(rows, key=lambda row: row.pk)


@transaction.atomic
def publish_locked(model: type[Listing], pks: Iterable[int]) -> int:
    """Lock listings of a kind, read them again, publish them; return how many changed.

    All locks come first and the counter is taken once, so that it may run inside a larger transaction that locks no
    listing before or after.
    """
    pks = list(pks)
    lock_rows(pks)
    return publish(model.objects.with_groups().filter(pk__in=pks))


def let_others_write() -> None:
    """Leave a waiting writer of SQLite a gap between two transactions; PostgreSQL's writers need none."""
    if connection.vendor == "sqlite":
        time.sleep(GAP_SECONDS)


def renew_search(model: type[Listing], pks: Iterable[int]) -> None:
    """Write anew what listings of a kind are found by, after a word that no document shows has changed.

    Call it when that change is stored, outside a transaction: each chunk is one of its own, as in `republish`, which
    also makes good what a stopped run has left.
    """
    for chunk in _chunks(pks):
        with transaction.atomic(durable=True):
            lock_rows(chunk)
            nicknames = Nickname.objects.by_area()
            for listing in model.objects.with_groups().filter(pk__in=chunk):
                text = search_text(listing, nicknames)
                if text != listing.search_text:
                    Listing.objects.filter(pk=listing.pk).update(search_text=text)
        let_others_write()


def republish(model: type[Listing], pks: Iterable[int]) -> int:
    """Publish listings of a kind again after a fact they share has changed (a street); return how many changed.

    Each chunk is a transaction of its own: nobody waits for the whole city, and a second run goes on where the first
    one was stopped. Raises RuntimeError inside a transaction, where one chunk would take the counter before the next
    chunk's locks and deadlock; there `publish_locked` does it in one piece.
    """
    count = 0
    for chunk in _chunks(pks):
        with transaction.atomic(durable=True):
            count += publish_locked(model, chunk)
    return count


def _chunks(pks: Iterable[int]) -> Iterator[list[int]]:
    ordered = sorted(set(pks))
    return (ordered[start : start + CHUNK] for start in range(0, len(ordered), CHUNK))
