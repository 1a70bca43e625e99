"""Containers, credentials, the indices of the status list, and its issues."""

import uuid
from datetime import datetime, timedelta
from typing import Any, ClassVar, Self

from django.core.validators import MaxValueValidator
from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from services.codes.models.holders import Holder


class ContainerQuerySet(models.QuerySet):
    """Containers in the words of those who ask."""

    def live(self) -> Self:
        """Return the containers that still renew."""
        return self.filter(retired_at=None)


class Container(models.Model):
    """A browser or an app on the home screen that holds a key; a person has at most two live ones.

    `signer_pid` names the credential whose key signed last, so that its answer is known to have arrived: that key and
    the keys it asked for may sign the next renewal, and no other. A copy of a browser's storage dies by it.
    """

    class Kind(models.TextChoices):
        """What holds the key."""

        BROWSER = "browser", _("browser")
        HOME_SCREEN = "home_screen", _("home screen")

    MOST = 2

    number = models.UUIDField(unique=True, default=uuid.uuid4, editable=False)
    holder = models.ForeignKey(Holder, models.CASCADE, related_name="containers", verbose_name=_("holder"))
    kind = models.CharField(_("kind"), max_length=12, choices=Kind, default=Kind.BROWSER)
    label = models.CharField(_("held on"), max_length=60, blank=True)
    created_at = models.DateTimeField(_("since"), default=timezone.now)
    seen_at = models.DateTimeField(_("last renewed"), default=timezone.now)
    retired_at = models.DateTimeField(_("ended at"), null=True, blank=True)
    retired_why = models.CharField(_("why it ended"), max_length=20, blank=True)
    signer_pid = models.CharField(max_length=16, blank=True, editable=False)

    objects: ClassVar[Any] = ContainerQuerySet.as_manager()

    class Meta:
        verbose_name = _("container")
        verbose_name_plural = _("containers")
        ordering = ["-created_at"]

    def __str__(self) -> str:
        return self.label or str(self.number)


class CredentialQuerySet(models.QuerySet):
    """Credentials in the words of those who ask."""

    def live(self) -> Self:
        """Return the credentials that have neither ended nor been revoked."""
        return self.filter(ends_at__gt=timezone.now(), revoked_at=None)


class Credential(models.Model):
    """One issued credential: pid, digest and device key; the bytes are kept only while they may be asked for again.

    The row outlives the person's claim on it, so that old proofs can be checked: container and holder are cut 30 days
    after the end or on erasure, and with them goes who it was. `pid` is 16 hex digits, `digest` 64, `public_key` 66.
    """

    pid = models.CharField(max_length=16, unique=True, editable=False)
    digest = models.CharField(max_length=64, unique=True, editable=False)
    public_key = models.CharField(max_length=66, unique=True, editable=False)
    kid = models.PositiveIntegerField()
    index = models.PositiveIntegerField()
    issued_at = models.DateTimeField(_("issued at"))
    ends_at = models.DateTimeField(_("ends at"))
    revoked_at = models.DateTimeField(_("revoked at"), null=True, blank=True)
    platform_number = models.PositiveSmallIntegerField(default=0)
    work_type = models.CharField(max_length=20, blank=True)
    is_provisional = models.BooleanField(default=False)
    data = models.BinaryField(null=True, editable=False)
    container = models.ForeignKey(
        Container, models.SET_NULL, related_name="credentials", null=True, blank=True
    )
    holder = models.ForeignKey(Holder, models.SET_NULL, related_name="credentials", null=True, blank=True)
    signed_by = models.CharField(max_length=16, blank=True, editable=False)
    held_by_case = models.BooleanField(_("kept for a case"), default=False)

    objects: ClassVar[Any] = CredentialQuerySet.as_manager()

    class Meta:
        verbose_name = _("credential")
        verbose_name_plural = _("credentials")
        default_permissions = ("view",)
        indexes = [
            models.Index(fields=["holder", "ends_at"], name="codes_credential_holder"),
            models.Index(fields=["ends_at"], name="codes_credential_ends"),
        ]

    def __str__(self) -> str:
        return self.pid


#: A list speaks of an index until a while after its credential has ended: clocks at gates may be behind.
SPOKEN_AFTER_END = timedelta(hours=1)
#: The last list that spoke of an index ends a day after it was made (`status_list.LIFE`); a day later it is free.
FREE_AFTER_END = SPOKEN_AFTER_END + timedelta(days=2)


class StatusIndexQuerySet(models.QuerySet):
    """Indices in the words of those who ask."""

    def spoken_of(self, now: datetime) -> Self:
        """Return the indices that a list made now speaks of."""
        return self.filter(free_at__gt=now + FREE_AFTER_END - SPOKEN_AFTER_END)

    def revoked(self) -> Self:
        """Return the indices that were taken back."""
        return self.filter(revoked_at__isnull=False)


class StatusIndex(models.Model):
    """A place in the status list; free again 24 hours after its credential and the last list that spoke of it ended."""

    index = models.PositiveIntegerField(primary_key=True, validators=[MaxValueValidator((1 << 24) - 1)])
    pid = models.CharField(max_length=16)
    free_at = models.DateTimeField()
    revoked_at = models.DateTimeField(null=True)

    objects: ClassVar[Any] = StatusIndexQuerySet.as_manager()

    class Meta:
        default_permissions = ()
        indexes = [
            models.Index(
                fields=["free_at"], name="codes_index_revoked", condition=models.Q(revoked_at__isnull=False)
            )
        ]

    def __str__(self) -> str:
        return str(self.index)


class StatusListIssue(models.Model):
    """An issue of the signed status list; versions only rise, and the newest one is what gates are given."""

    version = models.BigAutoField(primary_key=True)
    made_at = models.DateTimeField(default=timezone.now)
    expires_at = models.DateTimeField()
    size = models.PositiveIntegerField()
    revoked_count = models.PositiveIntegerField()
    token = models.TextField()

    class Meta:
        default_permissions = ()
        ordering = ["-version"]

    def __str__(self) -> str:
        return str(self.version)
