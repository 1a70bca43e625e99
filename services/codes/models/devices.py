"""Devices that verify codes, the names of guards, and shifts."""

import secrets
from typing import Any, ClassVar, Self

from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from portal.listings.models import Listing
from portal.partners.models import ApiKey
from services.codes.models.checkpoints import Checkpoint


class ScopedByListing(models.QuerySet):
    """Rows of a listing, within the reach of whoever asks."""

    def visible_to(self, user: Any) -> Self:
        """Return the rows of the listings that somebody sees in the administration."""
        return self.filter(listing__in=Listing.objects.visible_to(user))

    def editable_by(self, user: Any) -> Self:
        """Return the rows of the listings that somebody keeps."""
        return self.filter(listing__in=Listing.objects.editable_by(user))


class DeviceQuerySet(ScopedByListing):
    """Devices in the words of those who ask."""

    def in_use(self) -> Self:
        """Return the devices that are enrolled now."""
        return self.filter(revoked_at=None, expires_at__gt=timezone.now())


class Device(models.Model):
    """A guard's phone, enrolled for 30 days, or a turnstile that comes through the API with a key of its own.

    `digest` is the SHA-256 of a phone's secret, `invitation_digest` that of a one-time link; neither can be read again.
    """

    class Kind(models.TextChoices):
        """What verifies."""

        PHONE = "phone", _("guard's phone")
        TURNSTILE = "turnstile", _("turnstile or system")

    listing = models.ForeignKey(Listing, models.CASCADE, related_name="devices", verbose_name=_("listing"))
    checkpoint = models.ForeignKey(
        Checkpoint,
        models.PROTECT,
        related_name="devices",
        null=True,
        blank=True,
        verbose_name=_("checkpoint"),
        help_text=_("Empty: the guard chooses among the listing's checkpoints."),
    )
    kind = models.CharField(_("kind"), max_length=10, choices=Kind, default=Kind.PHONE)
    name = models.CharField(_("name"), max_length=40)
    api_key = models.ForeignKey(
        ApiKey, models.PROTECT, related_name="devices", null=True, blank=True, verbose_name=_("API key")
    )
    digest = models.CharField(max_length=64, unique=True, null=True, editable=False)
    invitation_digest = models.CharField(max_length=64, unique=True, null=True, editable=False)
    invited_until = models.DateTimeField(null=True, editable=False)
    enrolled_at = models.DateTimeField(_("enrolled at"), null=True, blank=True, editable=False)
    enrolled_by_label = models.CharField(_("enrolled by"), max_length=120, blank=True, editable=False)
    expires_at = models.DateTimeField(_("expires at"), null=True, blank=True, editable=False)
    revoked_at = models.DateTimeField(_("revoked at"), null=True, blank=True, editable=False)
    seen_at = models.DateTimeField(_("last seen"), null=True, blank=True, editable=False)
    list_version = models.BigIntegerField(_("list it knows"), null=True, blank=True, editable=False)
    waiting_count = models.PositiveIntegerField(_("passes still waiting"), default=0, editable=False)
    locked_until = models.DateTimeField(_("manual codes locked until"), null=True, blank=True, editable=False)

    objects: ClassVar[Any] = DeviceQuerySet.as_manager()

    class Meta:
        verbose_name = _("verifying device")
        verbose_name_plural = _("verifying devices")
        ordering = ["listing_id", "name"]

    def __str__(self) -> str:
        return self.name

    @staticmethod
    def new_secret() -> str:
        """Return a new secret of 256 random bits."""
        return secrets.token_urlsafe(32)

    @property
    def is_in_use(self) -> bool:
        """Say whether the device is enrolled and neither over nor revoked."""
        return self.revoked_at is None and self.expires_at is not None and self.expires_at > timezone.now()


class GuardName(models.Model):
    """A name that a guard taps to begin a shift; the property chooses what to write, a badge number will do."""

    listing = models.ForeignKey(
        Listing, models.CASCADE, related_name="guard_names", verbose_name=_("listing")
    )
    name = models.CharField(_("name"), max_length=20)
    is_active = models.BooleanField(_("works here"), default=True)

    objects: ClassVar[Any] = ScopedByListing.as_manager()

    class Meta:
        verbose_name = _("guard")
        verbose_name_plural = _("guards")
        ordering = ["listing_id", "name"]
        constraints = [
            models.UniqueConstraint(
                name="codes_guard_once",
                fields=["listing", "name"],
                violation_error_message=_("This name is on the list already."),
            )
        ]

    def __str__(self) -> str:
        return self.name


class Shift(models.Model):
    """Twelve hours at most that one guard verifies with one device."""

    device = models.ForeignKey(Device, models.CASCADE, related_name="shifts", verbose_name=_("device"))
    listing = models.ForeignKey(
        Listing, models.CASCADE, related_name="guard_shifts", verbose_name=_("listing")
    )
    checkpoint = models.ForeignKey(
        Checkpoint, models.PROTECT, related_name="shifts", verbose_name=_("checkpoint")
    )
    guard_label = models.CharField(_("guard"), max_length=20)
    digest = models.CharField(max_length=64, unique=True, editable=False)
    started_at = models.DateTimeField(_("from"))
    ends_at = models.DateTimeField(_("to"))
    ended_at = models.DateTimeField(_("ended at"), null=True, blank=True)

    objects: ClassVar[Any] = ScopedByListing.as_manager()

    class Meta:
        verbose_name = _("guard's shift")
        verbose_name_plural = _("guards' shifts")
        default_permissions = ("view",)
        ordering = ["-started_at"]

    def __str__(self) -> str:
        return f"{self.guard_label} {self.started_at:%Y-%m-%d %H:%M}"
