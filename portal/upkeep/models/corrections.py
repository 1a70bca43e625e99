"""Corrections: couriers say what is wrong about a listing; alike ones are one case with a clock."""

import datetime as dt
from typing import Any, ClassVar, Self

from django.db import models
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from portal.accounts.models import Post, User
from portal.listings.models import Listing
from portal.listings.models.listing import new_public_id


class CorrectionQuerySet(models.QuerySet):
    """Corrections in the words of those who ask."""

    def visible_to(self, user: Any) -> Self:
        """Return the corrections of listings that the person may change."""
        return self.filter(listing__in=Listing.objects.editable_by(user).values("pk"))

    def editable_by(self, user: Any) -> Self:
        """Return the same: whoever keeps a listing deals with what is said about it."""
        return self.visible_to(user)

    def open(self) -> Self:
        """Return those that wait for the office."""
        return self.filter(state__in=Correction.WAITING)

    def in_area(self, code: str) -> Self:
        """Return those of a district, street or community."""
        return self.filter(area_code__startswith=code) if code else self

    def overdue(self, now: dt.datetime | None = None) -> Self:
        """Return those that have waited past the office's clock."""
        return self.open().filter(due_at__lte=now or timezone.now())


class Correction(models.Model):
    """One thing that is said to be wrong about one listing, however many couriers say it.

    `due_at` is the office's clock; `area_code` is the listing's at the time. The sender reads `answer`. Until
    `doubted_until` the public is told that several say so; `climbed_at` is when the wider office heard that it is late.
    """

    class Kind(models.TextChoices):
        """What is wrong."""

        CLOSED = "closed", _("closed")
        SOLD_OUT = "sold_out", _("sold out")
        WRONG_PRICE = "wrong_price", _("wrong price")
        NOT_HERE = "not_here", _("not here")
        OTHER = "other", _("something else")

    class State(models.TextChoices):
        """Where it stands."""

        OPEN = "open", _("not dealt with yet")
        TAKEN = "taken", _("being looked at")
        FIXED = "fixed", _("corrected")
        NOT_SO = "not_so", _("found to be right as it is")
        CANNOT_TELL = "cannot_tell", _("could not be told")

    WAITING = (State.OPEN, State.TAKEN)
    MOVES: ClassVar[dict[str, tuple[str, ...]]] = {
        State.OPEN: (State.TAKEN, State.FIXED, State.NOT_SO, State.CANNOT_TELL),
        State.TAKEN: (State.OPEN, State.FIXED, State.NOT_SO, State.CANNOT_TELL),
        State.FIXED: (),
        State.NOT_SO: (),
        State.CANNOT_TELL: (),
    }

    number = models.CharField(_("number"), max_length=10, unique=True, default=new_public_id, editable=False)
    listing = models.ForeignKey(
        Listing, models.CASCADE, related_name="corrections", verbose_name=_("listing")
    )
    kind = models.CharField(_("what is wrong"), max_length=12, choices=Kind)
    area_code = models.CharField(_("area"), max_length=12, blank=True, db_index=True)
    state = models.CharField(_("state"), max_length=12, choices=State, default=State.OPEN)
    opened_at = models.DateTimeField(_("first said"), default=timezone.now)
    last_at = models.DateTimeField(_("last said"), default=timezone.now)
    report_count = models.PositiveIntegerField(_("said by"), default=0)
    due_at = models.DateTimeField(_("due"))
    assignee = models.ForeignKey(
        Post,
        models.SET_NULL,
        null=True,
        blank=True,
        related_name="corrections",
        verbose_name=_("dealt with by"),
    )
    answer = models.CharField(
        _("answer"), max_length=300, blank=True, help_text=_("Whoever sent it reads this.")
    )
    doubted_until = models.DateTimeField(null=True)
    climbed_at = models.DateTimeField(null=True)
    closed_at = models.DateTimeField(_("closed"), null=True)
    closed_by_id = models.BigIntegerField(null=True)
    closed_by_label = models.CharField(_("closed by"), max_length=80, blank=True)
    closed_post_label = models.CharField(max_length=120, blank=True)

    objects: ClassVar[Any] = CorrectionQuerySet.as_manager()

    class Meta:
        verbose_name = _("correction")
        verbose_name_plural = _("corrections")
        default_permissions = ("view", "change")
        ordering = ["due_at", "pk"]
        constraints = [
            # Alike ones are one case: whatever is said while it waits is added to it.
            models.UniqueConstraint(
                name="correction_one_case_of_a_kind",
                fields=["listing", "kind"],
                condition=Q(state__in=["open", "taken"]) & ~Q(kind="other"),
            ),
            models.CheckConstraint(
                name="correction_closed_whole",
                condition=Q(state__in=["open", "taken"], closed_at=None)
                | (~Q(state__in=["open", "taken"]) & Q(closed_at__isnull=False)),
            ),
        ]
        indexes = [
            models.Index(fields=["due_at"], name="correction_due", condition=Q(state__in=["open", "taken"])),
            models.Index(fields=["area_code", "closed_at"], name="correction_time_to_fix"),
        ]

    def __str__(self) -> str:
        return self.number

    @property
    def is_open(self) -> bool:
        """Say whether it waits for the office."""
        return self.state in self.WAITING


class CorrectionReport(models.Model):
    """One courier's word. `client_id` is made by the sender, so that one word sent twice is one; `token_digest` lets
    somebody without an account read the outcome by the link that the thank-you page shows.
    """

    correction = models.ForeignKey(Correction, models.CASCADE, related_name="reports")
    client_id = models.UUIDField(unique=True)
    user = models.ForeignKey(User, models.SET_NULL, null=True, related_name="correction_reports")
    token_digest = models.CharField(max_length=64, unique=True)
    sender = models.CharField(max_length=64, blank=True, default="", db_default="")
    origin = models.CharField(max_length=16, blank=True, default="", db_default="")
    note = models.CharField(_("in their words"), max_length=200, blank=True)
    photo = models.CharField(max_length=120, blank=True)
    made_at = models.DateTimeField(_("when"), default=timezone.now)

    class Meta:
        verbose_name = _("report of a correction")
        verbose_name_plural = _("reports of corrections")
        ordering = ["made_at", "pk"]
        default_permissions = ()
        constraints = [
            models.UniqueConstraint(
                name="correction_report_once_each", fields=["correction", "sender"], condition=~Q(sender="")
            )
        ]

    def __str__(self) -> str:
        return f"{self.correction_id} · {self.pk}"
