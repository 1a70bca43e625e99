"""Confirmations: who said when that a fact still holds. Stewardships: scope below a street."""

import datetime as dt
from typing import Any, ClassVar, Self

from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from .listing import Listing


class Channel(models.TextChoices):
    """Through which door a fact or change came."""

    OFFICE = "office", _("street office")
    OPERATOR = "operator", _("operator")
    COURIER = "courier", _("courier")
    PARTNER = "partner", _("partner")
    IMPORT = "import", _("import")
    CLOCK = "clock", _("clock")


class FactGroup(models.TextChoices):
    """The groups of facts that are confirmed together."""

    AVAILABILITY = "availability", _("what is free")
    AMENITIES = "amenities", _("amenities")
    PRICE = "price", _("prices")
    HOURS = "hours", _("opening hours")
    CONTACT = "contact", _("address and phone")
    RULES = "rules", _("rules")


LIFETIMES: dict[str, dt.timedelta] = {
    FactGroup.AVAILABILITY: dt.timedelta(hours=24),
    FactGroup.AMENITIES: dt.timedelta(hours=24),
    FactGroup.PRICE: dt.timedelta(days=7),
    FactGroup.HOURS: dt.timedelta(days=30),
    FactGroup.CONTACT: dt.timedelta(days=180),
    FactGroup.RULES: dt.timedelta(days=180),
}


#: How long a confirmation may be taken back: somebody tapped the wrong row.
TAKE_BACK = dt.timedelta(minutes=10)


class ConfirmationQuerySet(models.QuerySet):
    """Confirmations in the words of those who ask."""

    def standing(self) -> Self:
        """Return those that nobody took back."""
        return self.filter(retraction=None)

    def retractable_by(self, user: Any, now: dt.datetime | None = None) -> Self:
        """Return those of the last minutes that the person made, or that are of listings he may change."""
        if not user.is_authenticated:
            return self.none()
        kept = Listing.objects.editable_by(user).values("pk")
        recent = self.standing().filter(confirmed_at__gt=(now or timezone.now()) - TAKE_BACK)
        return recent.filter(models.Q(actor_id=user.pk) | models.Q(listing__in=kept))


class Confirmation(models.Model):
    """Someone says that a group of facts about a listing is still true; append-only."""

    listing = models.ForeignKey(Listing, models.CASCADE, related_name="confirmations")
    fact_group = models.CharField(_("facts"), max_length=12, choices=FactGroup)
    confirmed_at = models.DateTimeField(_("when"))
    actor_id = models.BigIntegerField(null=True)
    actor_label = models.CharField(_("who"), max_length=80, blank=True)
    post_label = models.CharField(_("for"), max_length=120, blank=True, default="", db_default="")
    channel = models.CharField(_("through"), max_length=10, choices=Channel)
    request_id = models.CharField(max_length=64, blank=True, default="", db_default="")

    objects: ClassVar[Any] = ConfirmationQuerySet.as_manager()

    class Meta:
        verbose_name = _("confirmation")
        verbose_name_plural = _("confirmations")
        ordering = ["-confirmed_at"]
        indexes = [
            models.Index(fields=["listing", "fact_group", "-confirmed_at"], name="confirmation_latest"),
            # What was said in the last minutes, by anybody.
            models.Index(fields=["confirmed_at"], name="confirmation_by_moment"),
            models.Index(fields=["actor_id", "confirmed_at"], name="confirmation_who"),
            models.Index(
                fields=["request_id"], name="confirmation_request", condition=~models.Q(request_id="")
            ),
        ]

    def __str__(self) -> str:
        return f"{self.listing_id} {self.fact_group} {self.confirmed_at:%Y-%m-%d %H:%M}"


class Retraction(models.Model):
    """A confirmation that was made by mistake and taken back; append-only. What counts is `Confirmation.standing`."""

    confirmation = models.OneToOneField(Confirmation, models.CASCADE, related_name="retraction")
    made_at = models.DateTimeField(_("when"), default=timezone.now)
    actor_id = models.BigIntegerField(null=True)
    actor_label = models.CharField(_("who"), max_length=80, blank=True)
    request_id = models.CharField(max_length=64, blank=True)

    class Meta:
        verbose_name = _("retraction")
        verbose_name_plural = _("retractions")
        default_permissions = ()
        indexes = [models.Index(fields=["made_at", "id"], name="retraction_when")]

    def __str__(self) -> str:
        return f"{self.confirmation_id}"


class Stewardship(models.Model):
    """A post keeps one listing: a canteen's operator, a compound's property manager."""

    post = models.ForeignKey(
        "accounts.Post", models.CASCADE, related_name="stewardships", verbose_name=_("post")
    )
    listing = models.ForeignKey(
        Listing, models.CASCADE, related_name="stewardships", verbose_name=_("listing")
    )

    class Meta:
        verbose_name = _("stewardship")
        verbose_name_plural = _("stewardships")
        constraints = [models.UniqueConstraint(name="stewardship_once", fields=["post", "listing"])]

    def __str__(self) -> str:
        return f"{self.post} · {self.listing}"
