"""Checking an import in the background: read the file, keep every row's verdict; nothing is locked meanwhile."""

import datetime as dt
from functools import partial
from typing import TYPE_CHECKING, Any

from django.core.exceptions import PermissionDenied, ValidationError
from django.db import transaction
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from portal.accounts.acting import acting_as
from portal.listings.importing import check_rows
from portal.listings.importing_files import table_of
from portal.listings.importing_verdicts import LANGUAGES, NEW, Report, RowVerdict, in_both
from portal.listings.importing_whole import kept_by, left_out
from portal.listings.kinds import listing_model
from portal.listings.models import ImportBatch, ImportRow
from portal.listings.publishing import let_others_write
from portal.listings.snapshots import Said
from portal.notices.telling import tell

if TYPE_CHECKING:
    from portal.accounts.models import Post, User

State = ImportBatch.State
#: Whoever waited longer than this has gone on to something else, and is told.
WAITED = dt.timedelta(seconds=20)
STORED = 250
KEPT_FIELDS = (
    "name",
    "verdict",
    "reasons",
    "changes",
    "labels",
    "near",
    "choice",
    "listing",
    "base_number",
    "is_proposal",
)
NOT_CHECKED = _("The file could not be checked. Tell the city's service which file it was; it is kept.")
NO_POST = _("Whoever is named here no longer holds that post, so the import cannot go on.")
MAY_NOT = _("This person may not import listings of this kind.")


def check(batch: ImportBatch) -> None:
    """Check a batch's file and keep the verdicts, in one short transaction at the end; twice is the same as once."""
    model = listing_model(batch.kind)
    try:
        user = actor_of(batch.user, batch.post)
        table = table_of(batch)
        beat(batch, 0, len(table.rows))
        report = check_rows(model, table, user, partial(beat, batch))
    except ValidationError as error:
        fail(batch, Said(error))
        return
    except PermissionDenied:
        fail(batch, MAY_NOT)
        return
    rows = [_kept(batch, verdict) for verdict in report.rows]
    counts: dict[str, int] = {}
    if batch.mode == ImportBatch.Mode.WHOLE:
        counts["kept"] = kept_by(model, user).count()
        rows += left_out(batch, model, user, report.rows)
    _store(batch, rows, report, counts, [in_both(note) for note in table.notes])


def actor_of(user: "User | None", post: "Post | None") -> "User":
    """Return a person acting for the post; without a post only whoever acts everywhere. Raises ValidationError."""
    if user is None or not user.is_active or (post is None and not user.is_superuser):
        raise ValidationError(NO_POST)
    try:
        return acting_as(user, post) if post else acting_as(user)
    except ValueError:
        raise ValidationError(NO_POST) from None


def page_of(batch: ImportBatch) -> str:
    """Return the address of an import's page."""
    return reverse("admin:listings_importbatch_change", args=[batch.pk])


def beat(batch: ImportBatch, done: int, total: int | None = None) -> None:
    """Let everybody see that a worker is at it, and how far."""
    fields: dict[str, Any] = {"beat_at": timezone.now(), "done_count": done}
    if total is not None:
        fields["total_count"] = total
    ImportBatch.objects.filter(pk=batch.pk, state=batch.state).update(**fields)


def fail(batch: ImportBatch, sentence: Any) -> None:
    """Say why a file cannot be read."""
    said = in_both(sentence)
    ImportBatch.objects.filter(pk=batch.pk, state=State.CHECKING).update(
        state=State.FAILED,
        failure=said[LANGUAGES[0]],
        failure_en=said[LANGUAGES[1]],
        beat_at=None,
        finished_at=timezone.now(),
    )


def _kept(batch: ImportBatch, verdict: RowVerdict) -> ImportRow:
    listing = verdict.listing
    return ImportRow(
        batch=batch,
        row=verdict.row,
        name=verdict.name[:200],
        verdict=verdict.verdict,
        reasons=[in_both(reason) for reason in verdict.reasons],
        changes=verdict.changes if verdict.verdict in ImportRow.objects.all().WRITES else {},
        labels=[in_both(label) for label in verdict.labels],
        near=verdict.near if verdict.verdict == NEW else [],
        listing_id=listing.pk if listing else None,
        base_number=listing.revision_number if listing else None,
        is_proposal=verdict.is_proposal,
    )


def _store(
    batch: ImportBatch,
    rows: list[ImportRow],
    report: Report,
    counts: dict[str, int],
    notes: list[dict[str, str]],
) -> None:
    """Keep the rows, some hundred at a time, then say that they are there; rows of an earlier check give way."""
    for start in range(0, len(rows), STORED):
        with transaction.atomic():
            if _held(batch) is None:
                return
            ImportRow.objects.bulk_create(
                rows[start : start + STORED],
                update_conflicts=True,
                unique_fields=["batch", "row"],
                update_fields=KEPT_FIELDS,
            )
            beat(batch, len(report.rows))
        let_others_write()
    with transaction.atomic():
        held = _held(batch)
        if held is None:
            return
        held.rows.filter(row__gt=rows[-1].row if rows else 0).delete()
        held.state, held.beat_at = State.CHECKED, None
        held.total_count, held.done_count = len(report.rows), len(report.rows)
        held.counts, held.notes, held.unknown_columns = counts, notes, report.unknown_columns
        held.save()
        if timezone.now() - held.made_at > WAITED and held.user:
            params = {"file": held.file_name}
            tell(user=held.user, kind="import_checked", key=f"{held.pk}", params=params, url=page_of(held))


def _held(batch: ImportBatch) -> ImportBatch | None:
    """Return the batch under its lock; None when it is no longer being checked."""
    return ImportBatch.objects.select_for_update().filter(pk=batch.pk, state=State.CHECKING).first()
