"""Changing a listing: every accepted change ends here, with a revision and the public document."""

from collections.abc import Iterable
from typing import TYPE_CHECKING, Any, TypeVar

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from portal.audit.recording import here
from portal.listings import intervals
from portal.listings.authors import System, signed
from portal.listings.models import Listing, Proposal, Revision
from portal.listings.proposing import needs_proposal, propose
from portal.listings.publishing import publish
from portal.listings.snapshots import Snapshot, difference, read_snapshot, write_snapshot

if TYPE_CHECKING:
    from portal.accounts.models import User

L = TypeVar("L", bound=Listing)


class Conflict(Exception):
    """Somebody else changed the listing meanwhile.

    `theirs` holds what changed since the base version: key → {"before", "after", "who"}.
    """

    def __init__(self, listing: Listing, theirs: dict[str, Any]) -> None:
        super().__init__(_("Somebody else changed this listing while you were editing it."))
        self.listing = listing
        self.theirs = theirs


def lock(listing: L) -> L:
    """Return the listing read afresh under a row lock; call it in a transaction."""
    Listing.objects.select_for_update().get(pk=listing.pk)
    model: Any = type(listing)
    return model.objects.get(pk=listing.pk)


def versions_since(listing: Listing, base_number: int) -> list[tuple[int, Snapshot, Snapshot, str]]:
    """Return (number, before, after, who) of the accepted versions after one, in order."""
    rows = Revision.objects.filter(listing_id=listing.pk, number__gt=base_number).order_by("number")
    return list(rows.values_list("number", "before", "after", "actor_label"))


def folded(versions: Iterable[tuple[int, Snapshot, Snapshot, str]]) -> dict[str, Any]:
    """Return versions, given in order, as one change: key → {"before", "after", "who", "number"}.

    Who and number are those of the last change of the key.
    """
    found: dict[str, Any] = {}
    for number, before, after, who in versions:
        for key, value in after.items():
            earlier = found[key]["before"] if key in found else before.get(key)
            found[key] = {"before": earlier, "after": value, "who": who, "number": number}
    return found


def changes_since(listing: Listing, base_number: int) -> dict[str, Any]:
    """Return what accepted changes since a version: key → {"before", "after", "who", "number"}, one query."""
    return folded(versions_since(listing, base_number))


def check_base(listing: Listing, base_number: int | None) -> None:
    """Raise Conflict when the listing has moved past the version that an edit was made on."""
    if base_number is not None and base_number != listing.revision_number:
        raise Conflict(listing, changes_since(listing, base_number))


@transaction.atomic
def create(*, model: type[L], changes: Snapshot, actor: "User | None", channel: str, **extra: Any) -> L:
    """Create a draft from a snapshot and record its first version; `extra` sets source and external_id.

    Raises ValidationError with every fault by field or group.
    """
    listing = model(**extra)
    write_snapshot(listing, changes)
    record(listing=listing, before={}, actor=actor, channel=channel)
    return listing


@transaction.atomic
def edit(
    *,
    listing: L,
    changes: Snapshot,
    actor: "User | None",
    channel: str,
    base_number: int | None = None,
    note: str = "",
) -> Revision | Proposal | None:
    """Apply changes to a listing; without the permission to publish a public listing gets a proposal instead.

    `note` says beside the version why it was made.
    Returns None when nothing changed. Raises Conflict and ValidationError; scope is the caller's (`editable_by`).
    """
    locked = lock(listing)
    check_base(locked, base_number)
    before = read_snapshot(locked, with_status=True)
    wanted = {key: value for key, value in changes.items() if before.get(key) != value}
    if not wanted:
        return None
    if actor is not None and needs_proposal(locked, actor):
        return propose(listing=locked, changes=wanted, actor=actor, channel=channel)
    write_snapshot(locked, wanted)
    return record(listing=locked, before=before, actor=actor, channel=channel, note=note)


def record(
    *,
    listing: Listing,
    before: Snapshot,
    actor: "User | System | None",
    channel: str,
    note: str = "",
    batch_id: int | None = None,
) -> Revision | None:
    """Write the version that a change has made, rebuild what hangs on it and publish.

    `before` is the snapshot with status read before the change ({} for a new listing). Returns None and changes
    nothing when the listing reads the same as before. Call it in the transaction of the change, row locked.
    """
    fresh = type(listing).objects.with_groups().get(pk=listing.pk)
    old, new = difference(before, read_snapshot(fresh, with_status=True))
    if not new:
        return None
    number = fresh.revision_number + 1
    revision = Revision.objects.create(
        listing_id=fresh.pk,
        number=number,
        made_at=timezone.now(),
        channel=channel,
        before=old if before else {},
        after=new,
        note=note[:200],
        batch_id=batch_id,
        request_id=here(),
        **signed(actor),
    )
    Listing.objects.filter(pk=fresh.pk).update(revision_number=number)
    fresh.revision_number = listing.revision_number = number
    if fresh.is_public and (new.keys() & {"hours", "state"} or fresh.intervals_until is None):
        intervals.rebuild([fresh])
        fresh.refresh_from_db(fields=["intervals_until"])
    publish([fresh])
    return revision
