"""Writing an import: short transactions one after the other, each of which may be the last and none is done twice."""

from collections.abc import Sequence
from typing import TYPE_CHECKING

from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from portal.audit.models import Action
from portal.audit.recording import record
from portal.listings import states
from portal.listings.bulk import Built, insert
from portal.listings.bulk_editing import Edit, edit_many, lock_unmoved
from portal.listings.importing import may_import, place_of, places_of
from portal.listings.importing_cells import chinese
from portal.listings.importing_checking import MAY_NOT, WAITED, actor_of, page_of
from portal.listings.importing_preparing import Chunk, prepared
from portal.listings.importing_verdicts import ALREADY_THERE, MOVED_ON, REFUSED, in_both
from portal.listings.kinds import listing_model
from portal.listings.models import Channel, ImportBatch, ImportRow, Listing
from portal.listings.publishing import let_others_write
from portal.listings.snapshots import Said
from portal.notices.telling import tell

if TYPE_CHECKING:
    from portal.accounts.models import User

CHUNK = 50
State = ImportBatch.State
NOT_STORED = _("This row could not be stored as it is. Enter it by hand.")
NOT_IN_THE_LIST = _("not in the list that was imported")


def write(batch: ImportBatch) -> None:
    """Write what is still to be written of a confirmed import, then say that it is done."""
    model = listing_model(batch.kind)
    try:
        user = actor_of(batch.user, batch.post)
        if not may_import(model, user):
            raise ValidationError(MAY_NOT)
    except ValidationError as error:
        _refuse_rest(batch, Said(error))
        finish(batch, batch.user)
        return
    while rows := list(batch.rows.to_write().order_by("row")[:CHUNK]):
        try:
            write_rows(batch, model, user, rows)
        except (IntegrityError, ValidationError):
            _write_singly(batch, model, user, rows)
        let_others_write()
    finish(batch, user)


def write_rows(batch: ImportBatch, model: type[Listing], user: "User", rows: Sequence[ImportRow]) -> None:
    """Write some rows in one transaction; what has changed since the check is refused, what is written stays so."""
    chunk = prepared(model, user, rows)
    with transaction.atomic():
        if not _is_still_mine(batch, rows):
            return
        _refuse_moved(model, user, chunk)
        numbers = _write_new(batch, user, chunk.new) | _write_edits(batch, user, chunk.edits)
        for row, listing in chunk.archived:
            note = chinese(NOT_IN_THE_LIST)
            states.move(
                listing=listing,
                to="archived",
                actor=user,
                channel=Channel.IMPORT,
                note=note,
                batch_id=batch.pk,
            )
            numbers[row.pk] = listing.revision_number + 1
        for row in rows:
            row.written_number = numbers.get(row.pk)
        for row, why in chunk.refused:
            row.verdict = REFUSED
            row.reasons = [*row.reasons, in_both(why)]
        ImportRow.objects.bulk_update(
            rows, ["verdict", "reasons", "listing", "is_proposal", "written_number"]
        )
        done = batch.rows.wanted().exclude(written_number=None).count()
        ImportBatch.objects.filter(pk=batch.pk).update(done_count=done, beat_at=timezone.now())


def _is_still_mine(batch: ImportBatch, rows: Sequence[ImportRow]) -> bool:
    """Lock the batch; say whether it is still being written and nobody wrote one of these rows meanwhile."""
    held = ImportBatch.objects.select_for_update().get(pk=batch.pk)
    written = ImportRow.objects.filter(pk__in=[row.pk for row in rows]).exclude(written_number=None)
    return held.state == State.WRITING and not written.exists()


def _refuse_moved(model: type[Listing], user: "User", chunk: Chunk) -> None:
    """Lock the listings; move to the refused what somebody changed, or added, since it was read."""
    stands = {edit.listing.pk: edit.listing.revision_number for _row, edit in chunk.edits}
    stands |= {listing.pk: listing.revision_number for _row, listing in chunk.archived}
    unmoved = lock_unmoved(stands) if stands else set()
    names = {row.changes["name"] for row, _built in chunk.new}
    there = places_of(model, user, names) if names else set()
    chunk.refused += [
        *((row, MOVED_ON) for row, edit in chunk.edits if edit.listing.pk not in unmoved),
        *((row, MOVED_ON) for row, listing in chunk.archived if listing.pk not in unmoved),
        *((row, ALREADY_THERE) for row, _built in chunk.new if place_of(row.changes) in there),
    ]
    refused = {row.pk for row, _why in chunk.refused}
    chunk.new = [pair for pair in chunk.new if pair[0].pk not in refused]
    chunk.edits = [pair for pair in chunk.edits if pair[0].pk not in refused]
    chunk.archived = [pair for pair in chunk.archived if pair[0].pk not in refused]


def _write_new(batch: ImportBatch, user: "User", new: Sequence[tuple[ImportRow, Built]]) -> dict[int, int]:
    pks = insert([built for _row, built in new], user, Channel.IMPORT, batch.pk)
    for (row, _built), pk in zip(new, pks, strict=True):
        row.listing_id = pk
    return {row.pk: 1 for row, _built in new}


def _write_edits(batch: ImportBatch, user: "User", edits: Sequence[tuple[ImportRow, Edit]]) -> dict[int, int]:
    edit_many(edits=[edit for _row, edit in edits], actor=user, channel=Channel.IMPORT, batch_id=batch.pk)
    stands = dict(
        Listing.objects.filter(pk__in=[edit.listing.pk for _row, edit in edits]).values_list(
            "pk", "revision_number"
        )
    )
    for row, edit in edits:
        row.listing_id, row.is_proposal = edit.listing.pk, edit.is_proposal
    return {row.pk: stands[edit.listing.pk] for row, edit in edits}


def _write_singly(batch: ImportBatch, model: type[Listing], user: "User", rows: Sequence[ImportRow]) -> None:
    """Write rows one by one, so that the one that the database refuses is refused alone."""
    for row in batch.rows.to_write().filter(pk__in=[row.pk for row in rows]):
        try:
            write_rows(batch, model, user, [row])
        except IntegrityError:
            refuse(row, NOT_STORED)
        except ValidationError as error:
            refuse(row, Said(error))


def refuse(row: ImportRow, why: object) -> None:
    """Refuse a row that was to be written."""
    ImportRow.objects.filter(pk=row.pk, written_number=None).update(
        verdict=REFUSED, reasons=[*row.reasons, in_both(why)]
    )


def _refuse_rest(batch: ImportBatch, why: object) -> None:
    batch.rows.to_write().update(verdict=REFUSED, reasons=[in_both(why)])


def finish(batch: ImportBatch, user: "User | None") -> None:
    """Say that an import is written, keep it in the audit, and tell who had to wait."""
    with transaction.atomic():
        held = ImportBatch.objects.select_for_update().get(pk=batch.pk)
        if held.state != State.WRITING or held.rows.to_write().exists():
            return
        held.state, held.beat_at, held.finished_at = State.DONE, None, timezone.now()
        written = held.rows.exclude(written_number=None).count()
        refused = held.rows.filter(verdict=REFUSED).count()
        held.done_count = written
        held.save()
        record(
            Action.IMPORTED,
            by=user,
            about=held,
            area_code=held.area_code,
            after={"kind": held.kind, "written": written, "refused": refused},
        )
        if held.user and held.confirmed_at and timezone.now() - held.confirmed_at > WAITED:
            params = {"file": held.file_name, "written": written, "refused": refused}
            tell(
                user=held.user,
                kind="import_finished",
                key=f"{held.pk}",
                params=params,
                url=page_of(held),
            )
