"""Writing hours of many listings: in chunks, as an import does, with revisions, or proposals where one must wait."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils.translation import gettext as _

from portal.listings.bulk_editing import Edit, edit_many, lock_unmoved
from portal.listings.hours_wishes import Back, Hours, Wish
from portal.listings.models import Listing, Revision
from portal.listings.moving import Outcome, chunks
from portal.listings.publishing import read_kinds
from portal.listings.snapshots import build_rows, read_group, read_snapshot

if TYPE_CHECKING:
    from portal.accounts.models import User

#: How often a listing that somebody else has just changed is read and tried again.
TRIES = 3


@dataclass(slots=True)
class Look:
    """What a wish would do: (listing, before, after) of what changes; the rest by key."""

    changes: list[tuple[Listing, Hours, Hours]] = field(default_factory=list)
    same: list[Listing] = field(default_factory=list)
    waiting: set[int] = field(default_factory=set)
    before: dict[int, Hours] = field(default_factory=dict)


def look(*, rows: Any, wish: Wish, actor: "User") -> Look:
    """Return what a wish would do to these listings (a queryset of Listing), of any kind; nothing is written."""
    found = Look()
    for listing in rows.prefetch_related("weekly_hours", "hours_exceptions"):
        hours = hours_of(listing)
        found.before[listing.pk] = hours
        try:
            after = wish.apply(listing.pk, hours)
        except ValidationError:
            after = hours
        if after == hours:
            found.same.append(listing)
        else:
            found.changes.append((listing, hours, after))
    changed = [listing.pk for listing, *_hours in found.changes]
    found.waiting = waits_for(changed, actor)
    return found


def hours_of(listing: Listing) -> Hours:
    """Return the hours group as a snapshot holds it."""
    return read_group(listing, "hours")


def waits_for(pks: Iterable[int], actor: "User") -> set[int]:
    """Return which listings an edit by this person must wait for."""
    rows = Listing.objects.needing_proposal(actor).filter(pk__in=list(pks))
    return set(rows.values_list("pk", flat=True))


def write(*, pks: Iterable[int], wish: Wish, actor: "User", channel: str, note: str) -> Outcome:
    """Write a wish to listings; scope is the caller's (`editable_by`).

    Each chunk is read and checked before its transaction; what somebody else changes in between is read again.
    `done` holds the number of each version, 0 for a proposal. What reads the same already is left as it is.
    """
    outcome = Outcome()
    for chunk in chunks(pks):
        left = set(chunk)
        for _try in range(TRIES):
            left = _write(left, wish, actor, channel, note, outcome) if left else left
        for listing in Listing.objects.filter(pk__in=left).only("name"):
            outcome.leave(
                listing, ValidationError(_("Somebody else is changing it. Try it again in a moment."))
            )
    return outcome


def _write(pks: set[int], wish: Wish, actor: "User", channel: str, note: str, outcome: Outcome) -> set[int]:
    """Write one chunk; return the keys of those that moved between reading and writing."""
    rows = read_kinds(dict(Listing.objects.filter(pk__in=pks).values_list("pk", "kind")))
    waiting = waits_for(pks, actor)
    edits: dict[int, Edit] = {}
    for listing in rows:
        before = read_snapshot(listing)
        try:
            after = wish.apply(listing.pk, before["hours"])
            if after == before["hours"]:
                continue
            built = {
                name: build_rows(listing, name, after[name], in_database=True)
                for name in listing.groups["hours"].relations
            }
        except ValidationError as error:
            outcome.leave(listing, error)
            continue
        edits[listing.pk] = Edit(
            listing, before, {"hours": dict(after)}, [], built, is_proposal=listing.pk in waiting
        )
    if not edits:
        return set()
    with transaction.atomic():
        unmoved = lock_unmoved({pk: edit.listing.revision_number for pk, edit in edits.items()})
        written = [edit for pk, edit in edits.items() if pk in unmoved]
        edit_many(edits=written, actor=actor, channel=channel, note=note)
    for edit in written:
        number = 0 if edit.is_proposal else edit.listing.revision_number + 1
        outcome.done[edit.listing.pk] = number
    return edits.keys() - unmoved


def take_back(*, numbers: Mapping[int, int], actor: "User", channel: str) -> Outcome:
    """Give listings (key → version) the hours of before that version, where the hours are still as it made them."""
    kept = {
        revision.listing_id: (revision.before["hours"], revision.after["hours"])
        for revision in Revision.objects.filter(listing_id__in=numbers, after__has_key="hours")
        if numbers[revision.listing_id] == revision.number
    }
    return write(pks=kept, wish=Back(kept), actor=actor, channel=channel, note=_("Taken back"))
