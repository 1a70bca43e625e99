"""Editing many listings at once: what was checked beforehand is compared by version and written in one transaction.

The result equals `revising.edit` one by one, which a test compares; only the moment and the order of change numbers
are the batch's. Nothing here reads text or checks a value, so that the write lock is held for the writing alone.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from django.db import models, transaction
from django.db.models import F
from django.utils import timezone

from portal.audit.recording import here
from portal.listings import intervals
from portal.listings.authors import System, signed
from portal.listings.bulk import CHUNK, insert_rows, read_again
from portal.listings.models import Listing, Revision
from portal.listings.proposing import propose_many
from portal.listings.publishing import publish
from portal.listings.snapshots import Rows, Snapshot, difference, read_snapshot

if TYPE_CHECKING:
    from portal.accounts.models import User


@dataclass(slots=True)
class Edit:
    """One checked edit of a listing at the version `listing.revision_number`.

    `listing` holds the new values of `fields`, `rows` the unsaved rows of the changed groups (see `check_snapshot`);
    `before` is the snapshot that `changes` was compared with.
    """

    listing: Listing
    before: Snapshot
    changes: Snapshot
    fields: list[str]
    rows: Rows
    is_proposal: bool = False


def lock_unmoved(numbers: Mapping[int, int]) -> set[int]:
    """Lock these listings, given with their versions, and return the keys of those that still stand at theirs."""
    rows = Listing.objects.select_for_update().filter(pk__in=numbers).order_by("pk")
    return {pk for pk, number in rows.values_list("pk", "revision_number") if numbers[pk] == number}


@transaction.atomic
def edit_many(
    *,
    edits: Sequence[Edit],
    actor: "User | System | None",
    channel: str,
    batch_id: int | None = None,
    note: str = "",
    with_status: bool = False,
) -> None:
    """Write edits with revisions, intervals and documents, and the proposals; the rows are locked and unmoved.

    `batch_id` is the import that makes them, `note` says beside each version why; `with_status` where the snapshots
    `before` hold the status too. Call it last in the transaction: it ends with the counter of changes.
    """
    signature = {**signed(actor), "batch_id": batch_id}
    waiting = [(edit.listing, edit.changes) for edit in edits if edit.is_proposal]
    propose_many(edits=waiting, signature=signature, channel=channel)
    written = [edit for edit in edits if not edit.is_proposal]
    for edit in written:
        _update(edit)
    _replace_groups(written)
    fresh = _read_in_chunks([edit.listing for edit in written])
    changed = _record(written, fresh, {**signature, "note": note[:200]}, channel, with_status)
    moved = {"hours", "state"}
    _rebuild(
        [row for row, new in changed if row.is_public and (new.keys() & moved or not row.intervals_until)]
    )
    publish([row for row, _new in changed])


def _update(edit: Edit) -> None:
    """Write the changed fields, those of the common table and those of the kind's own."""
    by_model: dict[type[models.Model], dict[str, Any]] = {}
    for name in edit.fields:
        field: Any = edit.listing._meta.get_field(name)
        by_model.setdefault(field.model, {})[name] = getattr(edit.listing, field.attname)
    for model, values in by_model.items():
        model._default_manager.filter(pk=edit.listing.pk).update(**values)


def _replace_groups(edits: Sequence[Edit]) -> None:
    gone: dict[Any, list[int]] = {}
    for edit in edits:
        for relation in edit.rows:
            related: Any = edit.listing._meta.get_field(relation)
            gone.setdefault(related, []).append(edit.listing.pk)
    for related, pks in gone.items():
        for start in range(0, len(pks), CHUNK):
            chunk = {f"{related.field.name}__in": pks[start : start + CHUNK]}
            related.related_model._default_manager.filter(**chunk).delete()
    insert_rows((edit.listing, edit.rows) for edit in edits)


def _read_in_chunks(listings: Sequence[Listing]) -> dict[int, Listing]:
    found: dict[int, Listing] = {}
    for start in range(0, len(listings), CHUNK):
        found |= read_again(listings[start : start + CHUNK])
    return found


def _record(
    edits: Sequence[Edit],
    fresh: Mapping[int, Listing],
    signature: dict[str, Any],
    channel: str,
    with_status: bool,
) -> list[tuple[Listing, Snapshot]]:
    """Write one revision for each listing that reads otherwise than before; return those with what is new."""
    now, origin = timezone.now(), here()
    revisions, changed = [], []
    for edit in edits:
        row = fresh[edit.listing.pk]
        old, new = difference(edit.before, read_snapshot(row, with_status=with_status))
        if not new:
            continue
        row.revision_number += 1
        changed.append((row, new))
        revisions.append(
            Revision(
                listing_id=row.pk,
                number=row.revision_number,
                made_at=now,
                channel=channel,
                before=old,
                after=new,
                request_id=origin,
                **signature,
            )
        )
    Revision.objects.bulk_create(revisions, batch_size=500)
    moved = [row.pk for row, _new in changed]
    Listing.objects.filter(pk__in=moved).update(revision_number=F("revision_number") + 1)
    return changed


def _rebuild(rows: Iterable[Listing]) -> None:
    """Rebuild the intervals of these rows, and let the rows know until when they reach."""
    by_key = {row.pk: row for row in rows}
    if not by_key:
        return
    intervals.rebuild(by_key.values())
    reached = Listing.objects.filter(pk__in=by_key).values_list("pk", "intervals_until")
    for pk, until in reached:
        by_key[pk].intervals_until = until
