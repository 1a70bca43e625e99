"""Saying that facts are still true, and taking it back."""

import datetime as dt
from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING

from django.db import transaction
from django.utils import timezone

from portal.audit.recording import here
from portal.listings.authors import System, signed
from portal.listings.kinds import listing_model
from portal.listings.models import Channel, Confirmation, Listing, Retraction
from portal.listings.publishing import let_others_write, lock_rows, publish
from portal.listings.repeating import said_already

if TYPE_CHECKING:
    from portal.accounts.models import User

#: One group of facts of one listing: (key of the listing, group).
Fact = tuple[int, str]
#: How many listings one transaction confirms: well under a second.
CHUNK = 25


@transaction.atomic
def confirm(
    *,
    listing: Listing,
    fact_groups: Iterable[str],
    actor: "User | System | None",
    channel: str = Channel.OFFICE,
    at: dt.datetime | None = None,
    label: str = "",
) -> None:
    """Record that these groups of facts hold now (or did `at`), and publish the new confirmation.

    What the same actor said within the last minute is not recorded again. `label` names who has no account.
    """
    facts = [(listing.pk, str(group)) for group in fact_groups]
    _say({listing.pk}, facts, actor, channel, at or timezone.now(), label)


def confirm_many(
    *,
    facts: Iterable[Fact],
    actor: "User | System | None",
    channel: str = Channel.OFFICE,
    at: dt.datetime | None = None,
) -> int:
    """Record that facts of many listings hold, all at one moment; return how many were not said a minute ago.

    The same as `confirm` for each, in a few transactions of their own: nobody waits long, and what a stopped run has
    left out can be said again. Scope is the caller's (`editable_by`).
    """
    said, moment = 0, at or timezone.now()
    wanted = list(facts)
    for number, chunk in enumerate(_chunks({pk for pk, _group in wanted})):
        if number:
            let_others_write()
        with transaction.atomic():
            said += _say(chunk, [fact for fact in wanted if fact[0] in chunk], actor, channel, moment)
    return said


def _say(
    pks: set[int],
    facts: Iterable[Fact],
    actor: "User | System | None",
    channel: str,
    moment: dt.datetime,
    label: str = "",
) -> int:
    """Lock these listings, record what was not said a minute ago, publish; call it in a transaction."""
    lock_rows(pks)
    listings = _read(pks)
    said = said_already(pks, actor, channel, moment)
    by, origin = signed(actor), here(is_private=channel == Channel.COURIER)
    if actor is None:
        by["actor_label"] = label
    made = [
        Confirmation(
            listing_id=pk, fact_group=group, confirmed_at=moment, channel=channel, request_id=origin, **by
        )
        for pk, group in dict.fromkeys(facts)
        if pk in listings and group in listings[pk].fact_groups and (pk, group) not in said
    ]
    Confirmation.objects.bulk_create(made, batch_size=500)
    publish([listings[pk] for pk in {row.listing_id for row in made}])
    return len(made)


def take_back(*, confirmations: Iterable[Confirmation], actor: "User") -> int:
    """Take back confirmations of the last minutes that the person may (`retractable_by`); return how many.

    The public then sees the confirmation before. Taken back twice, or by two at once, it is taken back once.
    """
    allowed = Confirmation.objects.retractable_by(actor).filter(pk__in=[row.pk for row in confirmations])
    wanted = list(allowed.values_list("pk", "listing_id"))
    taken = 0
    for number, chunk in enumerate(_chunks({listing for _pk, listing in wanted})):
        if number:
            let_others_write()
        taken += _retract(chunk, [pk for pk, listing in wanted if listing in chunk], actor)
    return taken


@transaction.atomic
def _retract(pks: set[int], wanted: list[int], actor: "User") -> int:
    lock_rows(pks)
    standing = Confirmation.objects.standing().filter(pk__in=wanted).values_list("pk", "listing_id")
    by, origin = signed(actor), here()
    gone = dict(standing)
    Retraction.objects.bulk_create(
        Retraction(
            confirmation_id=pk, actor_id=by["actor_id"], actor_label=by["actor_label"], request_id=origin
        )
        for pk in gone
    )
    publish(_read(set(gone.values())).values())
    return len(gone)


def _read(pks: set[int]) -> dict[int, Listing]:
    """Return listings as stored, each of its kind with its groups, by key."""
    kinds = set(Listing.objects.filter(pk__in=pks).values_list("kind", flat=True))
    found = [listing_model(kind).objects.with_groups().filter(pk__in=pks) for kind in sorted(kinds)]
    return {row.pk: row for rows in found for row in rows}


def _chunks(pks: set[int]) -> Iterator[set[int]]:
    ordered = sorted(pks)
    return (set(ordered[start : start + CHUNK]) for start in range(0, len(ordered), CHUNK))
