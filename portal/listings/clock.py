"""What the clock does: planned moves, the ends of pauses and of "sold out", the growth of the interval table."""

import datetime as dt
import logging

from django.db import connection, transaction
from django.utils import timezone

from portal.listings import intervals, planned_due
from portal.listings.kinds import listing_models
from portal.listings.models import Channel, Listing, State
from portal.listings.publishing import let_others_write, lock_rows, publish, read_kinds
from portal.listings.revising import lock, record
from portal.listings.snapshots import read_snapshot

BATCH = 50
RENEWED = 200
logger = logging.getLogger(__name__)


def tick(moment: dt.datetime | None = None) -> int:
    """Handle everything due by `moment` (now), in short transactions; return how many listings were handled.

    A listing that fails is logged and left as it is until the next run; only a lost database ends this one.
    """
    moment = moment or timezone.now()
    handled = planned_due.do_due(moment)
    due = list(
        Listing.objects.filter(next_change_at__lte=moment)
        .order_by("next_change_at")
        .values_list("pk", flat=True)
    )
    for start in range(0, len(due), BATCH):
        if start:
            let_others_write()
        handled += _handle_each(due[start : start + BATCH], moment)
    intervals.forget_old()
    return handled


def _handle_each(pks: list[int], moment: dt.datetime) -> int:
    """Handle a batch, one by one when it fails together; return how many were handled."""
    try:
        _handle(pks, moment)
    except Exception as error:
        if not connection.is_usable():
            raise
        if len(pks) > 1:
            logger.warning("A batch of %s due listings failed and is tried one by one: %s", len(pks), error)
            return sum(_handle_each([pk], moment) for pk in pks)
        number = Listing.objects.filter(pk__in=pks).values_list("public_id", flat=True).first()
        logger.exception("The clock left out listing %s.", number)
        return 0
    return len(pks)


@transaction.atomic
def _handle(pks: list[int], moment: dt.datetime) -> None:
    due = Listing.objects.filter(pk__in=pks, next_change_at__lte=moment)
    kinds = dict(due.select_for_update().order_by("pk").values_list("pk", "kind"))
    listings = read_kinds(kinds)
    ended = [listing for listing in listings if has_ended(listing, moment)]
    for listing in ended:
        expire(listing, moment)
    if ended:
        listings = read_kinds(kinds)
    intervals.rebuild(listing for listing in listings if listing.is_public)
    publish(read_kinds(kinds))


def has_ended(listing: Listing, moment: dt.datetime) -> bool:
    """Say whether something of a listing has run out by `moment`; most are due only for the hours of another day."""
    ends = (listing.paused_until, listing.shut_until, *listing.own_next_changes())
    return any(end and end <= moment for end in ends)


def expire(listing: Listing, moment: dt.datetime) -> None:
    """End what has run out by `moment`: pause, "sold out", the kind's own facts. Row locked by the caller."""
    listing = lock(listing)
    before = read_snapshot(listing, with_status=True)
    if listing.state == State.PAUSED and listing.paused_until and listing.paused_until <= moment:
        listing.state, listing.paused_until = State.PUBLISHED, None
        listing.pause_reason = listing.pause_reason_en = ""
    if listing.shut_until and listing.shut_until <= moment:
        listing.shut_reason, listing.shut_at, listing.shut_until = "", None, None
    listing.own_expire(moment)
    if read_snapshot(listing, with_status=True) != before:
        listing.save()
        record(listing=listing, before=before, actor=None, channel=Channel.CLOCK)


def renew_intervals() -> None:
    """Rebuild every public listing's intervals, after the calendar changed.

    Call it outside a transaction: each chunk is one of its own, so that nobody waits for the whole city. Doing it
    twice changes nothing; what a crash leaves out the clock renews within a day.
    """
    for model in listing_models():
        pks = list(model.objects.published().order_by("pk").values_list("pk", flat=True))
        for start in range(0, len(pks), RENEWED):
            _renew(model, pks[start : start + RENEWED])


@transaction.atomic
def _renew(model: type[Listing], pks: list[int]) -> None:
    lock_rows(pks)
    intervals.rebuild(model.objects.published().filter(pk__in=pks).with_groups().order_by("pk"))
