"""Changing a listing: every accepted change ends here, with a revision and the public document."""

from typing import TYPE_CHECKING, Any, TypeVar

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from portal.audit.recording import here
from portal.listings import intervals
from portal.listings.models import Channel, Listing, Proposal, Revision
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


def changes_since(listing: Listing, base_number: int) -> dict[str, Any]:
    """Return what accepted changes since a version: key → {"before", "after", "who"}, the newest last."""
    found: dict[str, Any] = {}
    for revision in Revision.objects.filter(listing_id=listing.pk, number__gt=base_number).order_by("number"):
        for key, after in revision.after.items():
            earlier = found.get(key, {}).get("before", revision.before.get(key))
            found[key] = {"before": earlier, "after": after, "who": revision.actor_label}
    return found


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


def needs_proposal(listing: Listing, actor: "User | None") -> bool:
    """Say whether an edit by `actor` must wait: the listing is public and he may not publish it."""
    if not listing.is_public or actor is None:
        return False
    return Listing.objects.needing_proposal(actor).filter(pk=listing.pk).exists()


def propose(*, listing: Listing, changes: Snapshot, actor: "User", channel: str) -> Proposal:
    """Keep an edit until someone who may publish accepts or refuses it; the same one waits only once."""
    for waiting in Proposal.objects.filter(
        listing_id=listing.pk,
        base_number=listing.revision_number,
        actor_id=actor.pk,
        outcome=Proposal.Outcome.WAITING,
    ):
        if waiting.changes == changes:
            return waiting
    return Proposal.objects.create(
        listing_id=listing.pk,
        base_number=listing.revision_number,
        changes=changes,
        made_at=timezone.now(),
        actor_id=actor.pk,
        actor_label=actor_label(actor),
        post_label=post_label(actor),
        channel=channel,
    )


@transaction.atomic
def decide(*, proposal: Proposal, accept: bool, actor: "User", reason: str = "") -> Revision | None:
    """Accept or refuse a waiting proposal.

    Raises Conflict when one of the fields or groups it changes has been changed since it was made.
    """
    waiting = Proposal.objects.select_for_update().get(pk=proposal.pk, outcome=Proposal.Outcome.WAITING)
    revision = None
    if accept:
        listing = lock(waiting.listing.as_kind)
        theirs = changes_since(listing, waiting.base_number)
        if overlap := {key: theirs[key] for key in theirs.keys() & waiting.changes.keys()}:
            raise Conflict(listing, overlap)
        before = read_snapshot(listing, with_status=True)
        write_snapshot(listing, waiting.changes)
        revision = record(listing=listing, before=before, actor=actor, channel=waiting.channel)
    waiting.outcome = Proposal.Outcome.ACCEPTED if accept else Proposal.Outcome.REFUSED
    waiting.decided_at, waiting.decided_by_label, waiting.reason = timezone.now(), actor_label(actor), reason
    waiting.save(update_fields=["outcome", "decided_at", "decided_by_label", "reason"])
    return revision


def record(
    *,
    listing: Listing,
    before: Snapshot,
    actor: "User | None",
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
        actor_id=actor.pk if actor else None,
        actor_label=actor_label(actor),
        post_label=post_label(actor),
        channel=channel,
        before=old if before else {},
        after=new,
        note=note[:200],
        batch_id=batch_id,
        request_id=here(),
    )
    Listing.objects.filter(pk=fresh.pk).update(revision_number=number)
    fresh.revision_number = listing.revision_number = number
    if fresh.is_public and (new.keys() & {"hours", "state"} or fresh.intervals_until is None):
        intervals.rebuild([fresh])
        fresh.refresh_from_db(fields=["intervals_until"])
    publish([fresh])
    return revision


def actor_label(actor: "User | None") -> str:
    """Return how history names a person: the name, else the masked phone; the clock without one."""
    return str(actor)[:80] if actor else str(Channel.CLOCK.label)


def post_label(actor: "User | None") -> str:
    """Return the office for which a person acts."""
    post = getattr(actor, "acting_post", None)
    return str(post)[:120] if post else ""
