"""What makes a write safe to send twice: a node may be lost after it has written and before it has answered.

An edit names the version it was made on, a file is named by its content, and an import knows rows that are there. What
makes something new carries the number that it will get; what is only said is not said twice within a minute.
"""

import datetime as dt
from collections.abc import Collection
from typing import TYPE_CHECKING, Any

from django.core import signing
from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction

from portal.listings import revising
from portal.listings.models import Confirmation, Listing, Revision
from portal.listings.models.listing import new_public_id
from portal.listings.snapshots import Snapshot, read_snapshot

if TYPE_CHECKING:
    from portal.accounts.models import User
    from portal.listings.authors import System

SALT = "promised-number"
#: Nobody walks back to say the same thing again so soon.
SAME_SAYING = dt.timedelta(minutes=1)


def promise() -> str:
    """Return a number that a new listing will get, signed so that nobody chooses one."""
    return signing.dumps(new_public_id(), salt=SALT)


def promised(text: str) -> str:
    """Return the promised number, "" for anything that was not promised."""
    try:
        return str(signing.loads(text, salt=SALT))
    except signing.BadSignature:
        return ""


def create_once(
    *,
    model: type[Listing],
    number: str,
    changes: Snapshot,
    actor: "User",
    channel: str,
    is_copy: bool = False,
) -> Any:
    """Create a listing under its promised number, or return the one that the same request has made before.

    The same form with other words in it is another listing: somebody went back and entered the next one. A copy
    (`is_copy`) is the same whatever it was made from. Raises ValidationError as `revising.create` does.
    """
    made = _made(number, actor)
    if made is not None and (is_copy or _says(made, changes)):
        return made
    is_free = number and not Listing.objects.filter(public_id=number).exists()
    extra = {"public_id": number} if is_free else {}
    try:
        with transaction.atomic():
            return revising.create(model=model, changes=changes, actor=actor, channel=channel, **extra)
    except (IntegrityError, ValidationError):
        if is_free and (
            made := _made(number, actor)
        ):  # The same request, at the same moment, on another node.
            return made
        raise


def _made(number: str, actor: "User") -> Listing | None:
    """Return the listing of this number if the actor made it, and nobody changed it since."""
    made = Listing.objects.filter(public_id=number, revision_number=1).first() if number else None
    first = Revision.objects.filter(listing=made, number=1, actor_id=actor.pk) if made else None
    return made.as_kind if made and first and first.exists() else None


def _says(listing: Listing, changes: Snapshot) -> bool:
    """Say whether the listing reads as the changes would have it."""
    words = read_snapshot(type(listing).objects.with_groups().get(pk=listing.pk))
    return all(words.get(key) == value for key, value in changes.items())


def said_already(
    pks: Collection[int], actor: "User | System | None", channel: str, at: dt.datetime
) -> set[tuple[int, str]]:
    """Return (listing, group) of the facts that the same actor confirmed within a minute.

    The minute after counts too: of two taps at once, the one that waits may have looked at the time first.
    """
    return set(
        Confirmation.objects.standing()
        .filter(
            listing_id__in=pks,
            actor_id=actor.pk if actor else None,
            channel=channel,
            confirmed_at__gt=at - SAME_SAYING,
            confirmed_at__lt=at + SAME_SAYING,
        )
        .values_list("listing_id", "fact_group")
    )
