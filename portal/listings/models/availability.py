"""What is free right now, as operators' systems say it: apart from the facts, and unknown after a moment."""

import datetime as dt
from typing import Any, ClassVar, Self

from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from .listing import Listing


class AvailabilityQuerySet(models.QuerySet):
    """What is free, in the words of those who ask."""

    def holding(self, moment: dt.datetime) -> Self:
        """Return what still holds at that moment."""
        return self.filter(valid_until__gt=moment)


class Availability(models.Model):
    """How much of one thing of a listing is left: a room type's beds, a meal's portions, or how full a station is.

    `item` is the name of the room type or meal, "" for the place as a whole. One of `count` and `status` is given.
    The row is overwritten; nothing of it is in the stored document, and no change number tells of it.
    """

    listing = models.ForeignKey(Listing, models.CASCADE, related_name="availability")
    item = models.CharField(_("of what"), max_length=60, blank=True)
    count = models.PositiveIntegerField(_("how many"), null=True)
    status = models.CharField(_("how full"), max_length=10, blank=True)
    as_of = models.DateTimeField(_("as of"))
    valid_until = models.DateTimeField(_("holds until"))
    written_at = models.DateTimeField(_("written"))
    written_by_label = models.CharField(_("by"), max_length=120)

    objects: ClassVar[Any] = AvailabilityQuerySet.as_manager()

    class Meta:
        verbose_name = _("availability")
        verbose_name_plural = _("availability")
        ordering = ("listing", "item")
        default_permissions = ("view",)
        constraints = [
            models.UniqueConstraint(name="availability_once", fields=["listing", "item"]),
            models.CheckConstraint(
                name="availability_holds_for_a_while", condition=Q(valid_until__gt=F("as_of"))
            ),
            models.CheckConstraint(
                name="availability_count_or_status",
                condition=Q(count__isnull=False, status="") | (Q(count__isnull=True) & ~Q(status="")),
            ),
        ]
        indexes = [models.Index(fields=["written_at", "id"], name="availability_written")]

    def __str__(self) -> str:
        return f"{self.listing_id} {self.item}"
