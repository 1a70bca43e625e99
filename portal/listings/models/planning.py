"""Moves that are planned: publish, pause or resume at a moment ahead."""

import datetime as dt
from typing import Any, ClassVar, Self

from django.db import models
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from .listing import Listing, State
from .trust import Channel


class PlannedMoveQuerySet(models.QuerySet):
    """Planned moves in the words of those who ask."""

    def waiting(self) -> Self:
        """Return those that are neither done nor called off."""
        return self.filter(done_at=None, cancelled_at=None)

    def pauses(self) -> Self:
        """Return the pauses that wait, the earliest first; readers apply them when their moment has come."""
        return self.waiting().filter(to=State.PAUSED).order_by("at", "pk")

    def due(self, now: dt.datetime) -> Self:
        """Return those whose moment has come, the oldest first."""
        return self.waiting().filter(at__lte=now).order_by("at", "pk")


class PlannedMove(models.Model):
    """A move to another state at a moment ahead, made by the clock for who planned it."""

    listing = models.ForeignKey(
        Listing, models.CASCADE, related_name="planned_moves", verbose_name=_("listing")
    )
    to = models.CharField(_("becomes"), max_length=10, choices=State)
    at = models.DateTimeField(_("at"))
    reason = models.CharField(_("reason"), max_length=200, blank=True)
    reason_en = models.CharField(_("reason in English"), max_length=300, blank=True)
    until = models.DateTimeField(_("until"), null=True, blank=True)
    made_at = models.DateTimeField(_("planned"), default=timezone.now)
    actor_id = models.BigIntegerField(null=True)
    actor_label = models.CharField(_("who"), max_length=80)
    post_label = models.CharField(_("for"), max_length=120, blank=True)
    channel = models.CharField(_("through"), max_length=10, choices=Channel)
    done_at = models.DateTimeField(_("done"), null=True)
    cancelled_at = models.DateTimeField(_("called off"), null=True)
    cancelled_by_label = models.CharField(_("called off by"), max_length=80, blank=True)
    failure = models.CharField(_("why it was not done"), max_length=200, blank=True)

    objects: ClassVar[Any] = PlannedMoveQuerySet.as_manager()

    class Meta:
        verbose_name = _("planned move")
        verbose_name_plural = _("planned moves")
        ordering = ["at", "pk"]
        constraints = [
            models.CheckConstraint(
                name="planned_pause_ends_after_it_begins",
                condition=Q(until=None) | Q(until__gt=models.F("at")),
                violation_error_message=_("The pause ends before it begins."),
            ),
            models.UniqueConstraint(
                name="planned_move_once",
                fields=["listing", "to", "at"],
                condition=Q(done_at=None, cancelled_at=None),
                violation_error_message=_("This is planned already."),
            ),
        ]
        indexes = [
            models.Index(fields=["at"], name="planned_move_due", condition=Q(done_at=None, cancelled_at=None))
        ]

    @property
    def is_waiting(self) -> bool:
        """Say whether it is neither done nor called off."""
        return self.done_at is None and self.cancelled_at is None

    def __str__(self) -> str:
        return f"{self.listing_id} → {self.to} {self.at:%Y-%m-%d %H:%M}"
