"""Checkpoints: where a code is shown. A gate of a compound, a canteen's counter, a station's door."""

import secrets
from typing import Any, ClassVar, Self

from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.utils.translation import gettext_lazy as _

from portal.listings.models import Listing

#: A gate takes three bytes in a presentation, and 0 means "not bound".
MOST_NUMBER = (1 << 24) - 1


def new_number() -> int:
    """Return a random number from 1 to 2^24 - 1; numbers in sequence would tell how many gates there are."""
    return secrets.randbelow(MOST_NUMBER) + 1


class CheckpointQuerySet(models.QuerySet):
    """Checkpoints in the words of those who ask."""

    def in_use(self) -> Self:
        """Return the checkpoints that take codes now."""
        return self.filter(is_active=True)

    def visible_to(self, user: Any) -> Self:
        """Return the checkpoints of the listings that somebody may see in the administration."""
        return self.filter(listing__in=Listing.objects.visible_to(user))

    def editable_by(self, user: Any) -> Self:
        """Return the checkpoints of the listings that somebody keeps."""
        return self.filter(listing__in=Listing.objects.editable_by(user))


class Checkpoint(models.Model):
    """A place where codes are shown, with the number that a gate-bound code and a printed place code carry.

    It outlives the rows of `Gate`, which are written anew with every edit of a compound: a gate is found by its name.
    """

    class Kind(models.TextChoices):
        """What stands there."""

        GATE = "gate", _("gate")
        COUNTER = "counter", _("counter")
        DOOR = "door", _("station door")

    number = models.PositiveIntegerField(
        _("number"),
        unique=True,
        default=new_number,
        editable=False,
        validators=[MinValueValidator(1), MaxValueValidator(MOST_NUMBER)],
    )
    listing = models.ForeignKey(
        Listing, models.CASCADE, related_name="checkpoints", verbose_name=_("listing")
    )
    kind = models.CharField(_("kind"), max_length=8, choices=Kind, default=Kind.GATE)
    name = models.CharField(
        _("name"), max_length=40, help_text=_("A gate's name, as the compound card has it.")
    )
    is_attended = models.BooleanField(
        _("attended"), default=True, help_text=_("Whether a guard stands there; a turnstile is not attended.")
    )
    is_active = models.BooleanField(_("in use"), default=True)

    objects: ClassVar[Any] = CheckpointQuerySet.as_manager()

    class Meta:
        verbose_name = _("checkpoint")
        verbose_name_plural = _("checkpoints")
        ordering = ["listing_id", "id"]
        constraints = [
            models.UniqueConstraint(
                name="codes_checkpoint_once",
                fields=["listing", "name"],
                violation_error_message=_("This listing has a checkpoint of this name already."),
            )
        ]

    def __str__(self) -> str:
        return self.name
