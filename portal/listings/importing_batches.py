"""What a person does with an import: choose a file, decide what may be the same place, confirm, call off, undo."""

from typing import TYPE_CHECKING, Any

from django.core.exceptions import PermissionDenied, ValidationError
from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from portal.accounts.scope import area_of, covers
from portal.audit.recording import here
from portal.listings import importing_files as files
from portal.listings.authors import actor_label, post_label
from portal.listings.columns import column_headers
from portal.listings.importing import may_import
from portal.listings.importing_preparing import edit_of
from portal.listings.importing_tables import read_table, refuse_at_sight
from portal.listings.importing_verdicts import ARCHIVED, REFUSED
from portal.listings.importing_work import go_on, run
from portal.listings.models import ImportBatch, ImportRow, Listing

if TYPE_CHECKING:
    from portal.accounts.models import User

State = ImportBatch.State
#: A file this short is checked while the page is waited for.
QUICK_BYTES, QUICK_ROWS = 100_000, 200
#: More than this share of an area's places is archived only by whoever types how many.
MOST_ARCHIVED = 0.2


def begin(*, model: type[Listing], content: bytes, name: str, mode: str, user: "User") -> ImportBatch:
    """Keep a file and have it checked: a short one at once, a long one by a worker.

    Raises PermissionDenied, and TableError for what can be seen at once not to be a table.
    """
    if not may_import(model, user) or (mode == ImportBatch.Mode.WHOLE and not may_archive(user)):
        raise PermissionDenied
    refuse_at_sight(content)
    is_quick = len(content) <= QUICK_BYTES
    if is_quick:
        is_quick = len(read_table(content, name, column_headers(model)).rows) <= QUICK_ROWS
    kept = files.keep(content)
    with transaction.atomic():
        batch = ImportBatch.objects.create(
            kind=model.kind_name, mode=mode, file_name=name[:120], **kept, **_signed(user)
        )
        if not is_quick:
            go_on.enqueue(batch.pk)
    if is_quick:
        run(batch.pk)
        batch.refresh_from_db()
    return batch


def may_archive(user: Any) -> bool:
    """Say whether a person may say that a file is the whole list of the area."""
    return user.has_perm("listings.publish_listing")


def may_go_on(batch: ImportBatch, user: Any) -> bool:
    """Say whether a person may decide about and confirm an import: it is his own, for the post he acts for."""
    post = getattr(user, "acting_post", None)
    return batch.user_id == user.pk and batch.post_id == (post.pk if post else None)


def may_undo(batch: ImportBatch, user: Any) -> bool:
    """Say whether a person may undo an import: who imported it, or who may publish where it went."""
    if batch.user_id == user.pk:
        return True
    return user.has_perm("listings.publish_listing") and covers(user, batch.area_code)


@transaction.atomic
def take_over(*, batch: ImportBatch, user: "User") -> None:
    """Let somebody else of the area go on with a checked import: it is checked anew with what that person may."""
    held = _held(batch, State.CHECKED)
    for name, value in _signed(user).items():
        setattr(held, name, value)
    held.state, held.beat_at = State.CHECKING, None
    held.save()
    go_on.enqueue(held.pk)


@transaction.atomic
def choose(*, batch: ImportBatch, choices: dict[int, str], rest: str = "", user: "User") -> None:
    """Keep what a person says of new rows that may be a place that is there: NEW, SKIP or that place's number.

    `rest` speaks for all that are not decided yet. Raises ValidationError for a place that the row does not name, or
    that the row cannot change.
    """
    held = _held(batch, State.CHECKED)
    rows = {row.pk: row for row in held.rows.filter(pk__in=choices, verdict="new").exclude(near=[])}
    for pk, choice in choices.items():
        if pk not in rows:
            continue
        row = rows[pk]
        if choice not in {"", ImportRow.NEW, ImportRow.SKIP}:
            _refuse_wrong_place(held, row, choice, user)
        row.choice = choice
    ImportRow.objects.bulk_update(rows.values(), ["choice"], batch_size=200)
    if rest in {ImportRow.NEW, ImportRow.SKIP}:
        held.rows.undecided().update(choice=rest)


def _refuse_wrong_place(batch: ImportBatch, row: ImportRow, public_id: str, user: "User") -> None:
    if public_id not in {one.get("id") for one in row.near}:
        raise ValidationError(_("This is not one of the places that the row may mean."))
    taken = batch.rows.filter(choice=public_id).exclude(pk=row.pk)
    if taken.exists():
        raise ValidationError(_("Another row is this place already. One row may change it."))
    edit_of(batch, row, public_id, user)


@transaction.atomic
def confirm(*, batch: ImportBatch, user: "User", skip_refused: bool = False, typed: str = "") -> None:
    """Let a checked import be written.

    Raises ValidationError when rows are refused and not to be skipped, when nobody decided about places that may be the
    same, and when more than a fifth of the area's places would be archived and `typed` is not how many.
    """
    held = _held(batch, State.CHECKED)
    if not may_go_on(held, user):
        raise PermissionDenied
    if held.rows.filter(verdict=REFUSED).exists() and not skip_refused:
        raise ValidationError(_("Some rows are refused, so nothing was written."))
    if held.rows.undecided().exists():
        raise ValidationError(_("Say of every row that may be a place that is there already what it is."))
    archived = held.rows.filter(verdict=ARCHIVED).count()
    if archived and not may_archive(user):
        raise PermissionDenied
    if must_type(archived, held.counts.get("kept", 0)) and typed.strip() != str(archived):
        raise ValidationError(
            _("%(count)d places would be archived, more than a fifth. Type the number %(count)d to confirm."),
            params={"count": archived},
        )
    held.state, held.skip_refused, held.confirmed_at = State.WRITING, skip_refused, timezone.now()
    held.total_count, held.done_count, held.beat_at = held.rows.wanted().count(), 0, None
    held.request_id = here()
    held.save()
    go_on.enqueue(held.pk)


def must_type(archived: int, kept: int) -> bool:
    """Say whether so many of the area's places are archived that the number must be typed."""
    return archived > MOST_ARCHIVED * kept


@transaction.atomic
def drop(*, batch: ImportBatch) -> None:
    """Call off an import that is not confirmed; the file stays with who and when."""
    held = _held(batch, State.CHECKED, State.CHECKING)
    held.state, held.beat_at, held.finished_at = State.DROPPED, None, timezone.now()
    held.save()


@transaction.atomic
def undo(*, batch: ImportBatch, user: "User") -> None:
    """Let an import be undone, as far as nothing has changed since; permission is checked, scope is the caller's."""
    held = _held(batch, State.DONE)
    if not may_undo(held, user):
        raise PermissionDenied
    held.state, held.beat_at = State.UNDOING, None
    held.undone_by, held.undone_post = user, getattr(user, "acting_post", None)
    held.undone_by_label = actor_label(user)
    held.total_count, held.done_count = held.rows.to_undo().count(), 0
    held.save()
    go_on.enqueue(held.pk)


def _held(batch: ImportBatch, *states: str) -> ImportBatch:
    """Return the batch under its lock. Raises ValidationError when it stands elsewhere meanwhile."""
    held = ImportBatch.objects.select_for_update().get(pk=batch.pk)
    if held.state not in states:
        raise ValidationError(_("This import has gone on meanwhile. Look at it again."))
    return held


def _signed(user: "User") -> dict[str, Any]:
    return {
        "user": user,
        "post": getattr(user, "acting_post", None),
        "actor_label": actor_label(user),
        "post_label": post_label(user),
        "area_code": area_of(user) or "",
        "request_id": here(),
    }
