"""Operators without an account: how they are reached, and the links by which they answer."""

import datetime as dt
import hashlib
from typing import Any, ClassVar, Self

from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from phonenumber_field.modelfields import PhoneNumberField

from portal.listings.models import Listing

LINK_LIFETIME = dt.timedelta(days=7)


class OperatorContact(models.Model):
    """Whom an office asks about a listing. Never shown to the public; erased with a tick of the office."""

    listing = models.OneToOneField(
        Listing, models.CASCADE, related_name="operator_contact", verbose_name=_("listing")
    )
    name = models.CharField(_("name"), max_length=40, blank=True)
    phone = PhoneNumberField(_("mobile phone"), region="CN", max_length=20)
    changed_at = models.DateTimeField(_("changed"), auto_now=True)

    class Meta:
        verbose_name = _("operator's contact")
        verbose_name_plural = _("operators' contacts")

    def __str__(self) -> str:
        return self.name or str(self.listing)


class OperatorLinkQuerySet(models.QuerySet):
    """Links in the words of those who ask."""

    def usable(self, now: dt.datetime | None = None) -> Self:
        """Return those that were neither used nor taken back and are not over."""
        return self.filter(used_at=None, revoked_at=None, expires_at__gt=now or timezone.now())


class OperatorLink(models.Model):
    """A link that lets one operator answer once about one listing; only the token's hash is kept.

    `answers` holds fact group → "true" or "wrong", as they said it.
    """

    listing = models.ForeignKey(Listing, models.CASCADE, related_name="operator_links")
    fact_groups = models.JSONField(_("facts"))
    digest = models.CharField(max_length=64, unique=True)
    sent_to = models.CharField(_("sent to"), max_length=20, blank=True)
    made_at = models.DateTimeField(_("when"), default=timezone.now)
    made_by_label = models.CharField(_("who"), max_length=80, blank=True)
    expires_at = models.DateTimeField(_("ends"))
    opened_at = models.DateTimeField(_("opened"), null=True)
    used_at = models.DateTimeField(_("answered"), null=True)
    revoked_at = models.DateTimeField(_("taken back"), null=True)
    answers = models.JSONField(default=dict)

    objects: ClassVar[Any] = OperatorLinkQuerySet.as_manager()

    class Meta:
        verbose_name = _("operator's link")
        verbose_name_plural = _("operators' links")
        ordering = ["-made_at"]
        default_permissions = ("view", "add")
        indexes = [models.Index(fields=["listing", "-made_at"], name="operator_link_of_listing")]

    def __str__(self) -> str:
        return f"{self.listing_id} {self.made_at:%Y-%m-%d}"

    @staticmethod
    def digest_of(token: str) -> str:
        """Return the SHA-256 of a token, which has 256 random bits and so needs no salt."""
        return hashlib.sha256(token.encode()).hexdigest()
