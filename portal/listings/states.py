"""The states of a listing, the moves between them, and what shuts a place for now."""

import datetime as dt
from typing import TYPE_CHECKING, Any

from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from portal.listings.models import Channel, Listing, Revision, State
from portal.listings.models.listing import PUBLIC_STATES
from portal.listings.repeating import SAME_SAYING
from portal.listings.revising import lock, record
from portal.listings.snapshots import read_snapshot

if TYPE_CHECKING:
    from portal.accounts.models import User

MOVES: dict[str, tuple[str, ...]] = {
    State.DRAFT: (State.IN_REVIEW, State.PUBLISHED, State.ARCHIVED),
    State.IN_REVIEW: (State.DRAFT, State.PUBLISHED, State.ARCHIVED),
    State.PUBLISHED: (State.PAUSED, State.ARCHIVED),
    State.PAUSED: (State.PUBLISHED, State.PAUSED, State.ARCHIVED),
    State.ARCHIVED: (State.DRAFT,),
}


@transaction.atomic
def move(
    *,
    listing: Listing,
    to: str,
    actor: "User | None",
    reason: str = "",
    reason_en: str = "",
    until: dt.datetime | None = None,
    channel: str = Channel.OFFICE,
    note: str = "",
    batch_id: int | None = None,
) -> Revision | None:
    """Move a listing to another state; scope and permission are the caller's (`publishable_by`).

    A pause needs a reason, and an end if given lies ahead. A listing that stands there already is left as it is. Raises
    ValidationError with a sentence. `note` stands beside the version.
    """
    listing = lock(listing)
    if to == listing.state != State.PAUSED:
        return None  # Sent twice, or somebody else was faster: it is as it was wanted.
    check_move(listing, listing.state, to, reason)
    if until is not None and until <= timezone.now():
        raise ValidationError(_("The end of the pause lies in the past."))
    before = read_snapshot(listing, with_status=True)
    for name, value in values_of(to, reason, reason_en, until).items():
        setattr(listing, name, value)
    listing.full_clean()
    listing.save()
    return record(listing=listing, before=before, actor=actor, channel=channel, note=note, batch_id=batch_id)


def check_move(listing: Listing, state: str, to: str, reason: str) -> None:
    """Raise ValidationError with a sentence unless a listing in that state may move on, with that reason."""
    if to not in MOVES[state]:
        raise ValidationError(
            _("“%(name)s” is %(state)s: it cannot become %(to)s.")
            % {"name": listing.name, "state": State(state).label, "to": State(to).label}
        )
    if to == State.PAUSED and not reason:
        raise ValidationError(_("Say why it pauses: couriers read the reason."))
    if to in PUBLIC_STATES and not listing.is_placed:
        raise ValidationError(
            _("Place the listing first: a published listing needs a street and a position.")
        )


def values_of(
    to: str, reason: str = "", reason_en: str = "", until: dt.datetime | None = None
) -> dict[str, Any]:
    """Return the status fields of a listing that has moved."""
    is_paused = to == State.PAUSED
    return {
        "state": to,
        "pause_reason": reason if is_paused else "",
        "pause_reason_en": reason_en if is_paused else "",
        "paused_until": until if is_paused else None,
    }


@transaction.atomic
def shut(
    *, listing: Listing, reason: str, until: dt.datetime, actor: "User | None", channel: str = Channel.OFFICE
) -> Revision | None:
    """Shut a place for now although its hours say open (sold out, out of service), until a moment ahead."""
    listing = lock(listing)
    now = timezone.now()
    if until <= now:
        raise ValidationError(_("The end lies in the past."))
    is_same = (listing.shut_reason, listing.shut_until) == (reason, until)
    if is_same and listing.shut_at and now - listing.shut_at < SAME_SAYING:
        return None
    before = read_snapshot(listing, with_status=True)
    listing.shut_reason, listing.shut_at, listing.shut_until = reason, now, until
    listing.full_clean()
    listing.save()
    return record(listing=listing, before=before, actor=actor, channel=channel)


@transaction.atomic
def reopen(*, listing: Listing, actor: "User | None", channel: str = Channel.OFFICE) -> Revision | None:
    """End "sold out" or "out of service" before its time."""
    listing = lock(listing)
    before = read_snapshot(listing, with_status=True)
    listing.shut_reason, listing.shut_at, listing.shut_until = "", None, None
    listing.save()
    return record(listing=listing, before=before, actor=actor, channel=channel)
