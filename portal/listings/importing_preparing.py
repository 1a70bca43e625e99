"""Rows of an import made ready to be written: read and checked once more, before anything is locked."""

import copy
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from django.core.exceptions import ValidationError
from django.utils.text import format_lazy
from django.utils.translation import gettext_lazy as _

from portal.accounts.scope import covers
from portal.listings.bulk import Built, NewListing
from portal.listings.bulk_editing import Edit
from portal.listings.importing import KEPT_BY_SOURCE
from portal.listings.importing_verdicts import ARCHIVED, MOVED_ON, NEW
from portal.listings.kinds import listing_model
from portal.listings.models import ImportBatch, ImportRow, Listing
from portal.listings.registers import source_labels
from portal.listings.snapshots import Said, Snapshot, check_snapshot, field_value, read_snapshot

if TYPE_CHECKING:
    from portal.accounts.models import User

OUT_OF_REACH = _("This listing is no longer yours to change.")


@dataclass
class Chunk:
    """Some rows, read and checked before the lock; `refused` says of a row why it is not written after all."""

    new: list[tuple[ImportRow, Built]] = field(default_factory=list)
    edits: list[tuple[ImportRow, Edit]] = field(default_factory=list)
    archived: list[tuple[ImportRow, Listing]] = field(default_factory=list)
    refused: list[tuple[ImportRow, object]] = field(default_factory=list)


def prepared(model: type[Listing], user: "User", rows: Sequence[ImportRow]) -> Chunk:
    """Return the rows as what is to be written, checked once more; nothing is locked yet."""
    chunk = Chunk()
    known = _known(model, user, rows)
    changing = [found.pk for found in known.values()]
    waiting = set(model.objects.filter(pk__in=changing).needing_proposal(user).values_list("pk", flat=True))
    of_sources = dict(model.objects.filter(pk__in=changing).kept_by_sources().values_list("pk", "source"))
    registers = source_labels(of_sources.values())
    publishable = set(model.objects.filter(pk__in=changing).publishable_by(user).values_list("pk", flat=True))
    for row in rows:
        try:
            if row.verdict == NEW and not is_number(row.choice):
                chunk.new.append((row, built_of(model, row, user)))
                continue
            listing = known.get(row.choice if row.verdict == NEW else row.listing_id)
            if listing is None or (row.verdict == ARCHIVED and listing.pk not in publishable):
                raise ValidationError(OUT_OF_REACH)
            if listing.pk in of_sources:  # Given back since the file was checked.
                name = of_sources[listing.pk]
                raise ValidationError(format_lazy(KEPT_BY_SOURCE, source=registers.get(name, name)))
            if row.base_number not in {None, listing.revision_number}:
                raise ValidationError(MOVED_ON)
            if row.verdict == ARCHIVED:
                chunk.archived.append((row, listing))
                continue
            chunk.edits.append((row, edited(listing, row, user, is_proposal=listing.pk in waiting)))
        except ValidationError as error:
            chunk.refused.append((row, Said(error)))
    return chunk


def is_number(choice: str) -> bool:
    """Say whether a choice is the number of the same place."""
    return choice not in {"", ImportRow.NEW, ImportRow.SKIP}


def _known(model: type[Listing], user: "User", rows: Sequence[ImportRow]) -> dict[object, Listing]:
    """Return the listings that the rows change, by key and by number, as far as they are the person's to change."""
    editable = model.objects.editable_by(user).with_groups()
    keys = [row.listing_id for row in rows if row.verdict != NEW and row.listing_id]
    numbers = [row.choice for row in rows if row.verdict == NEW and is_number(row.choice)]
    found: dict[object, Listing] = {row.pk: row for row in editable.filter(pk__in=keys)}
    return found | {row.public_id: row for row in editable.filter(public_id__in=numbers)}


def built_of(model: type[Listing], row: ImportRow, user: "User") -> Built:
    """Return a new row as a checked listing. Raises ValidationError."""
    listing = model()
    rows = check_snapshot(listing, row.changes, in_memory=True)
    refuse_outside(listing, user)
    listing.revision_number = 1
    return Built(NewListing(model, row.changes), listing, rows)


def edited(listing: Listing, row: ImportRow, user: "User", *, is_proposal: bool) -> Edit:
    """Return a row as a checked edit of a listing. Raises ValidationError.

    A new row that is the same place changes what it says; what it leaves empty stays.
    """
    before = read_snapshot(listing)
    changes = row.changes if row.verdict != NEW else filled_in(row.changes, before)
    tried = copy.copy(listing)
    rows = check_snapshot(tried, changes, in_memory=True)
    if {"district", "street", "community"} & changes.keys():
        refuse_outside(tried, user)
    fields = [name for name in tried.editable_fields() if field_value(tried, name) != before[name]]
    return Edit(tried, before, changes, fields, rows, is_proposal)


def filled_in(changes: Snapshot, before: Snapshot) -> Snapshot:
    """Return what a new row changes in the place that it is: nothing is emptied, group by group."""
    found = {}
    for name, value in changes.items():
        says_something = any(value.values()) if isinstance(value, dict) else value not in (None, "")
        if says_something and before.get(name) != value:
            found[name] = value
    return found


def edit_of(batch: ImportBatch, row: ImportRow, public_id: str, user: "User") -> Edit:
    """Return a new row as an edit of the place that it is, to see whether it can be. Raises ValidationError."""
    model = listing_model(batch.kind)
    listing = (
        model.objects.editable_by(user).kept_by_offices().with_groups().filter(public_id=public_id).first()
    )
    if listing is None:
        raise ValidationError(OUT_OF_REACH)
    return edited(listing, row, user, is_proposal=False)


def refuse_outside(listing: Listing, user: "User") -> None:
    """Raise ValidationError for a place that lies outside the person's area."""
    if not covers(user, listing.community_id or listing.street_id or listing.district_id or ""):
        raise ValidationError(_("This lies outside your area; you can import only what lies in it."))
