"""Imports: the file, every row's verdict, how far the writing is, and what undoing it needs."""

import datetime as dt
from typing import Any, ClassVar, Self

from django.db import models
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from portal.accounts.models import Post, User
from portal.accounts.scope import area_filter

from .listing import Listing


class ImportBatchQuerySet(models.QuerySet):
    """Imports in the words of those who ask."""

    def visible_to(self, user: Any) -> Self:
        """Return one's own imports and those made for one's area."""
        return self.filter(Q(user_id=user.pk) | area_filter(user))

    def editable_by(self, user: Any) -> Self:
        """Return the same: whoever sees an import may go on with it or undo it, as far as the permissions go."""
        return self.visible_to(user)

    def at_work(self) -> Self:
        """Return those that a worker has something to do for."""
        return self.filter(state__in=ImportBatch.AT_WORK)

    def idle(self, since: dt.datetime) -> Self:
        """Return those of which nobody at work has been heard since then."""
        return self.filter(Q(beat_at=None) | Q(beat_at__lt=since))


class ImportBatch(models.Model):
    """One file on its way in: checked in the background, confirmed by a person, written in short transactions.

    A worker that is killed is followed by another: the rows say what is done. `beat_at` tells that one is at work,
    `notes` how the file was read: [{"zh-hans", "en"}].
    """

    class Mode(models.TextChoices):
        """What a file means for places that it does not name."""

        ADD = "add", _("add and change")
        WHOLE = "whole", _("this is the whole list: archive what is not in it")

    class State(models.TextChoices):
        """How far it is."""

        CHECKING = "checking", _("being checked")
        CHECKED = "checked", _("checked, waits for you")
        WRITING = "writing", _("being written")
        DONE = "done", _("written")
        UNDOING = "undoing", _("being undone")
        UNDONE = "undone", _("undone")
        FAILED = "failed", _("could not be read")
        DROPPED = "dropped", _("called off")

    MOVES: ClassVar[dict[str, tuple[str, ...]]] = {
        State.CHECKING: (State.CHECKED, State.FAILED, State.DROPPED),
        State.CHECKED: (State.CHECKING, State.WRITING, State.DROPPED),
        State.WRITING: (State.DONE, State.FAILED),
        State.DONE: (State.UNDOING,),
        State.UNDOING: (State.UNDONE, State.DONE),
        State.UNDONE: (),
        State.FAILED: (),
        State.DROPPED: (),
    }

    AT_WORK: ClassVar[tuple[str, ...]] = (State.CHECKING, State.WRITING, State.UNDOING)

    kind = models.CharField(_("kind"), max_length=30)
    mode = models.CharField(_("the file"), max_length=5, choices=Mode, default=Mode.ADD)
    state = models.CharField(_("state"), max_length=8, choices=State, default=State.CHECKING)
    file_name = models.CharField(_("file"), max_length=120)
    file_path = models.CharField(max_length=120)
    file_digest = models.CharField(max_length=64)
    file_bytes = models.PositiveIntegerField(_("bytes"), default=0)
    user = models.ForeignKey(User, models.SET_NULL, null=True, related_name="import_batches")
    post = models.ForeignKey(Post, models.SET_NULL, null=True, related_name="import_batches")
    actor_label = models.CharField(_("who"), max_length=80)
    post_label = models.CharField(_("for"), max_length=120, blank=True)
    area_code = models.CharField(_("area"), max_length=12, blank=True)
    request_id = models.CharField(max_length=64, blank=True)
    made_at = models.DateTimeField(_("when"), default=timezone.now)
    beat_at = models.DateTimeField(null=True)
    confirmed_at = models.DateTimeField(_("confirmed"), null=True)
    finished_at = models.DateTimeField(_("finished"), null=True)
    undone_at = models.DateTimeField(_("undone"), null=True)
    undone_by = models.ForeignKey(User, models.SET_NULL, null=True, related_name="import_batches_undone")
    undone_post = models.ForeignKey(Post, models.SET_NULL, null=True, related_name="import_batches_undone")
    undone_by_label = models.CharField(_("undone by"), max_length=80, blank=True)
    total_count = models.PositiveIntegerField(_("rows"), default=0)
    done_count = models.PositiveIntegerField(_("rows done"), default=0)
    counts = models.JSONField(default=dict)
    unknown_columns = models.JSONField(default=list)
    notes = models.JSONField(default=list)
    skip_refused = models.BooleanField(default=False)
    failure = models.TextField(_("what is wrong"), blank=True)
    failure_en = models.TextField(blank=True)

    objects: ClassVar[Any] = ImportBatchQuerySet.as_manager()

    class Meta:
        verbose_name = _("import")
        verbose_name_plural = _("imports")
        ordering = ["-made_at", "-pk"]
        default_permissions = ("view", "change")
        indexes = [models.Index(fields=["state", "beat_at"], name="import_batch_at_work")]

    def __str__(self) -> str:
        return self.file_name

    @property
    def is_at_work(self) -> bool:
        """Say whether a worker has something to do for it."""
        return self.state in self.AT_WORK


class ImportRowQuerySet(models.QuerySet):
    """Rows of imports in the words of those who ask."""

    WRITES: ClassVar[tuple[str, ...]] = ("new", "changed", "archived")

    def wanted(self) -> Self:
        """Return those that an import writes, or has written."""
        return self.filter(verdict__in=self.WRITES).exclude(choice=ImportRow.SKIP)

    def to_write(self) -> Self:
        """Return those that are still to be written."""
        return self.wanted().filter(written_number=None)

    def undecided(self) -> Self:
        """Return new ones that may be a place that is there already, and nobody has said."""
        return self.filter(verdict="new", choice="").exclude(near=[])

    def to_undo(self) -> Self:
        """Return those that were written and not undone."""
        return self.filter(written_number__isnull=False, undone_number=None)


class ImportRow(models.Model):
    """One row of an import: its verdict, what it would write, and the version that it wrote.

    `reasons` holds [{"zh-hans", "en"}], `near` [{"id", "name", "metres"}] of places that may be the same,
    or [{"row", "name", "metres"}] of rows above; `choice` is what the person says about that: "" not yet, NEW, SKIP, or
    the public id of the same place. `labels` holds [{"zh-hans", "en"}] of what changes.
    """

    NEW, SKIP = "new", "skip"

    batch = models.ForeignKey(ImportBatch, models.CASCADE, related_name="rows")
    row = models.PositiveIntegerField(_("row"))
    name = models.CharField(_("name"), max_length=200, blank=True)
    verdict = models.CharField(_("verdict"), max_length=10)
    reasons = models.JSONField(default=list)
    changes = models.JSONField(default=dict)
    labels = models.JSONField(default=list)
    near = models.JSONField(default=list)
    choice = models.CharField(max_length=10, blank=True)
    listing = models.ForeignKey(Listing, models.SET_NULL, null=True, related_name="import_rows")
    base_number = models.PositiveIntegerField(null=True)
    is_proposal = models.BooleanField(default=False)
    written_number = models.PositiveIntegerField(null=True)
    undone_number = models.PositiveIntegerField(null=True)

    objects: ClassVar[Any] = ImportRowQuerySet.as_manager()

    class Meta:
        verbose_name = _("row of an import")
        verbose_name_plural = _("rows of imports")
        ordering = ["row"]
        default_permissions = ()
        constraints = [models.UniqueConstraint(name="import_row_once", fields=["batch", "row"])]
        indexes = [models.Index(fields=["batch", "verdict", "row"], name="import_row_by_verdict")]

    def __str__(self) -> str:
        return f"{self.batch_id}:{self.row}"
