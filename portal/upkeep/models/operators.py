"""Operators without an account: how they are reached, what they are asked, and the links by which they answer."""

import datetime as dt
import hashlib
import secrets
from typing import Any, ClassVar, Self

from django.db import models
from django.db.models import Q
from django.utils import timezone
from django.utils.crypto import salted_hmac
from django.utils.translation import gettext_lazy as _
from phonenumber_field.modelfields import PhoneNumberField

from portal.listings.models import FactGroup, Listing

LINK_LIFETIME = dt.timedelta(days=7)


class OperatorContact(models.Model):
    """Whom an office asks about a listing. Never shown to the public; erased with a tick of the office."""

    listing = models.OneToOneField(
        Listing, models.CASCADE, related_name="operator_contact", verbose_name=_("listing")
    )
    name = models.CharField(_("name"), max_length=40, blank=True)
    phone = PhoneNumberField(_("mobile phone"), region="CN", max_length=20)
    is_asked_weekly = models.BooleanField(_("ask once a week by text what is overdue"), default=True)
    changed_at = models.DateTimeField(_("changed"), auto_now=True)

    class Meta:
        verbose_name = _("operator's contact")
        verbose_name_plural = _("operators' contacts")

    def __str__(self) -> str:
        return self.name or str(self.listing)


class OperatorLinkQuerySet(models.QuerySet):
    """Links in the words of those who ask."""

    def usable(self, now: dt.datetime | None = None) -> Self:
        """Return those that were not taken back and are not over."""
        return self.filter(revoked_at=None, expires_at__gt=now or timezone.now())


class OperatorLink(models.Model):
    """A link in one text to one number; only hashes of token and number are kept. A number gets one a day.

    It covers every place of that number that is asked about then (`OperatorAsk`); each is answered once.
    """

    digest = models.CharField(max_length=64, unique=True)
    number_key = models.CharField(max_length=64)
    day = models.DateField(_("day"))
    sent_to = models.CharField(_("sent to"), max_length=20, blank=True)
    made_at = models.DateTimeField(_("when"), default=timezone.now)
    made_by_label = models.CharField(_("who"), max_length=80, blank=True)
    expires_at = models.DateTimeField(_("ends"))
    opened_at = models.DateTimeField(_("opened"), null=True)
    revoked_at = models.DateTimeField(_("taken back"), null=True)

    objects: ClassVar[Any] = OperatorLinkQuerySet.as_manager()

    class Meta:
        verbose_name = _("operator's link")
        verbose_name_plural = _("operators' links")
        ordering = ["-made_at"]
        default_permissions = ("view", "add")
        constraints = [
            models.UniqueConstraint(name="operator_link_one_a_day", fields=["number_key", "day"]),
        ]

    def __str__(self) -> str:
        return f"{self.sent_to} {self.made_at:%Y-%m-%d}"

    @staticmethod
    def new_token() -> str:
        """Return a token of 256 random bits."""
        return secrets.token_urlsafe(32)

    @staticmethod
    def digest_of(token: str) -> str:
        """Return the SHA-256 of a token, which has 256 random bits and so needs no salt."""
        return hashlib.sha256(token.encode()).hexdigest()

    @staticmethod
    def key_of(phone: Any) -> str:
        """Return the keyed hash by which links to a number are found: there are too few numbers for a plain one."""
        return salted_hmac("operator-link", str(phone), algorithm="sha256").hexdigest()


class OperatorAskQuerySet(models.QuerySet):
    """Questions in the words of those who ask."""

    def unanswered(self) -> Self:
        """Return those that wait for an answer."""
        return self.filter(answered_at=None)

    def by_link(self) -> Self:
        """Return those that went by a link; the others went to people who keep the listing here."""
        return self.filter(link__isnull=False)


class OperatorAsk(models.Model):
    """What an operator was asked about one listing; `answers` holds fact group → "true" or "wrong", as he said."""

    listing = models.ForeignKey(Listing, models.CASCADE, related_name="operator_asks")
    link = models.ForeignKey(OperatorLink, models.CASCADE, null=True, related_name="asks")
    fact_groups = models.JSONField(_("facts"))
    made_at = models.DateTimeField(_("when"), default=timezone.now)
    made_by_label = models.CharField(_("who"), max_length=80, blank=True)
    answered_at = models.DateTimeField(_("answered"), null=True)
    answers = models.JSONField(default=dict)

    objects: ClassVar[Any] = OperatorAskQuerySet.as_manager()

    class Meta:
        verbose_name = _("question to an operator")
        verbose_name_plural = _("questions to operators")
        ordering = ["pk"]
        default_permissions = ()
        constraints = [
            models.UniqueConstraint(
                name="operator_ask_once_a_link", fields=["link", "listing"], condition=~Q(link=None)
            )
        ]
        indexes = [models.Index(fields=["listing", "-made_at"], name="operator_ask_of_listing")]

    def __str__(self) -> str:
        return f"{self.listing_id} {self.made_at:%Y-%m-%d}"

    @property
    def groups(self) -> list[str]:
        """Return the groups of facts that were asked about and that there still are."""
        return [group for group in self.fact_groups if group in FactGroup.values]
