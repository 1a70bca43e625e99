"""Undoing an import as far as nothing has changed since: in short transactions, each of which may be the last."""

import copy
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from django.core.exceptions import ValidationError
from django.db import transaction
from django.db.models import F
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from portal.audit.models import Action
from portal.audit.recording import record
from portal.listings import revising, states
from portal.listings.authors import actor_label
from portal.listings.bulk_editing import Edit, edit_many, lock_unmoved
from portal.listings.importing_cells import chinese
from portal.listings.importing_checking import actor_of
from portal.listings.importing_verdicts import ARCHIVED, in_both
from portal.listings.kinds import listing_model
from portal.listings.models import Channel, ImportBatch, ImportRow, Listing, Proposal, Revision
from portal.listings.publishing import let_others_write, lock_rows
from portal.listings.snapshots import (
    Said,
    check_snapshot,
    field_value,
    read_snapshot,
    write_snapshot,
)

if TYPE_CHECKING:
    from portal.accounts.models import User

CHUNK, WITHDRAWN = 25, 200
State = ImportBatch.State
UNDONE = _("the import was undone")
Revisions = Mapping[int, Revision]


def undo(batch: ImportBatch) -> None:
    """Undo what is still to be undone; a listing that somebody changed since stays as it is.

    Confirmations do not count as changes: they make no version.
    """
    model = listing_model(batch.kind)
    try:
        user = actor_of(batch.undone_by, batch.undone_post)
    except ValidationError as error:
        _give_up(batch, Said(error))
        return
    _withdraw(batch, user)
    last = -1
    while rows := list(batch.rows.to_undo().filter(is_proposal=False, row__gt=last).order_by("row")[:CHUNK]):
        last = rows[-1].row
        undo_rows(batch, model, user, rows)
        let_others_write()
    _finish(batch, user)


def undo_rows(batch: ImportBatch, model: type[Listing], user: "User", rows: Sequence[ImportRow]) -> None:
    """Undo some rows in one transaction: new places are archived, changes taken back, archived places brought back."""
    made = {
        revision.listing_id: revision
        for revision in Revision.objects.filter(listing_id__in=_keys(rows), batch_id=batch.pk).order_by(
            "-number"
        )
    }
    mine = _reach(model, user, rows)
    edits, singly = _prepared(model, [row for row in rows if row.listing_id in mine], made)
    with transaction.atomic():
        held = ImportBatch.objects.select_for_update().get(pk=batch.pk)
        if held.state != State.UNDOING:
            return
        ours = [row for row in rows if row.listing_id in mine]
        unmoved = lock_unmoved({_key(row): row.written_number or 0 for row in ours})
        still = set(held.rows.to_undo().filter(pk__in=[row.pk for row in ours]).values_list("pk", flat=True))
        for row in singly:
            if row.pk in still and row.listing_id in unmoved:
                _undo_singly(batch, model, row, made[_key(row)], user)
        written = [edit for row, edit in edits if row.pk in still and row.listing_id in unmoved]
        edit_many(edits=written, actor=user, channel=Channel.IMPORT, batch_id=batch.pk, note=chinese(UNDONE))
        _mark(held, [row for row in ours if row.pk in still and row.listing_id in unmoved])


def _key(row: ImportRow) -> int:
    return row.listing_id or 0


def _keys(rows: Sequence[ImportRow]) -> list[int]:
    return [_key(row) for row in rows]


def _reach(model: type[Listing], user: "User", rows: Sequence[ImportRow]) -> set[int]:
    """Return the listings of these rows that are the person's to change now without asking anybody."""
    mine = model.objects.editable_by(user).filter(pk__in=_keys(rows))
    waits = set(mine.needing_proposal(user).values_list("pk", flat=True))
    archived = _keys([row for row in rows if row.verdict == ARCHIVED])
    publishable = model.objects.publishable_by(user).filter(pk__in=archived).values_list("pk", flat=True)
    return set(mine.values_list("pk", flat=True)) - waits - (set(archived) - set(publishable))


def _prepared(
    model: type[Listing], rows: Sequence[ImportRow], made: Revisions
) -> tuple[list[tuple[ImportRow, Edit]], list[ImportRow]]:
    """Return the changes to take back as edits, checked before the lock, and what is undone one by one."""
    places = {place.pk: place for place in model.objects.with_groups().filter(pk__in=_keys(rows))}
    edits, singly = [], []
    for row in rows:
        revision, place = made.get(_key(row)), places.get(_key(row))
        if revision is None or place is None:
            continue
        if row.verdict == ARCHIVED or revision.number == 1:
            singly.append(row)
            continue
        before = read_snapshot(place)
        tried = copy.copy(place)
        try:
            relations = check_snapshot(tried, revision.before, in_memory=True)
        except ValidationError:
            continue
        fields = [name for name in tried.editable_fields() if field_value(tried, name) != before[name]]
        edits.append((row, Edit(tried, before, revision.before, fields, relations)))
    return edits, singly


def _undo_singly(
    batch: ImportBatch, model: type[Listing], row: ImportRow, revision: Revision, user: "User"
) -> None:
    note = chinese(UNDONE)
    listing = revising.lock(model.objects.get(pk=_key(row)))
    if row.verdict != ARCHIVED:
        states.move(
            listing=listing, to="archived", actor=user, channel=Channel.IMPORT, note=note, batch_id=batch.pk
        )
        return
    before = read_snapshot(listing, with_status=True)
    write_snapshot(listing, revision.before)
    revising.record(
        listing=listing, before=before, actor=user, channel=Channel.IMPORT, note=note, batch_id=batch.pk
    )


def _mark(batch: ImportBatch, rows: Sequence[ImportRow]) -> None:
    """Keep the versions that undoing made; a row whose version could not be taken back stays as it is."""
    stands = dict(Listing.objects.filter(pk__in=_keys(rows)).values_list("pk", "revision_number"))
    told = set(
        Revision.objects.filter(batch_id=batch.pk, listing_id__in=stands).values_list("listing_id", flat=True)
    )
    done = []
    for row in rows:
        number = stands[_key(row)]
        if number != row.written_number or row.listing_id not in told:
            row.undone_number = number
            done.append(row)
    ImportRow.objects.bulk_update(done, ["undone_number"])
    count = batch.rows.exclude(undone_number=None).count()
    ImportBatch.objects.filter(pk=batch.pk).update(done_count=count, beat_at=timezone.now())


def _withdraw(batch: ImportBatch, user: "User") -> None:
    """Withdraw what still waits of the proposals; what somebody has decided is left as it is."""
    while found := list(Proposal.objects.waiting().filter(batch_id=batch.pk).order_by("pk")[:WITHDRAWN]):
        with transaction.atomic():
            lock_rows(proposal.listing_id for proposal in found)
            held = list(
                Proposal.objects.select_for_update()
                .waiting()
                .filter(pk__in=[proposal.pk for proposal in found])
                .order_by("pk")
            )
            for proposal in held:
                proposal.close(list(proposal.undecided), Proposal.Part.WITHDRAWN, by=actor_label(user))
            Proposal.objects.bulk_update(held, Proposal.DECIDED_FIELDS)
            gone = [row.listing_id for row in held if row.outcome == Proposal.Outcome.WITHDRAWN]
            rows = batch.rows.to_undo().filter(is_proposal=True, listing_id__in=gone)
            rows.update(undone_number=F("written_number"))
            ImportBatch.objects.filter(pk=batch.pk).update(beat_at=timezone.now())
        let_others_write()


def _finish(batch: ImportBatch, user: "User") -> None:
    with transaction.atomic():
        held = ImportBatch.objects.select_for_update().get(pk=batch.pk)
        if held.state != State.UNDOING:
            return
        undone = held.rows.exclude(undone_number=None).count()
        left = held.rows.to_undo().count()
        held.state = State.DONE if left and not undone else State.UNDONE
        held.beat_at, held.undone_at, held.done_count = None, timezone.now(), undone
        held.save()
        record(
            Action.IMPORT_UNDONE,
            by=user,
            about=held,
            area_code=held.area_code,
            after={"kind": held.kind, "undone": undone, "left": left},
        )


def _give_up(batch: ImportBatch, why: object) -> None:
    said = in_both(why)
    ImportBatch.objects.filter(pk=batch.pk, state=State.UNDOING).update(
        state=State.DONE, failure=said["zh-hans"], failure_en=said["en"], beat_at=None
    )
