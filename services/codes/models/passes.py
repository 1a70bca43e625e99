"""The pass log and what stands beside it: proofs, amendments, quarantine, seen proofs, manual codes.

`Pass`, `Amendment` and `LookUp` are append-only, guarded by triggers (`services.codes.guarding`), and hold plain ids.
"""

from typing import Any, ClassVar, Self

from django.db import models
from django.db.models import Exists, OuterRef
from django.utils.translation import gettext_lazy as _

from portal.listings.models import Listing
from services.codes.models.credentials import Credential
from services.codes.models.devices import Device, ScopedByListing


class PassQuerySet(models.QuerySet):
    """Passes in the words of those who ask."""

    def visible_to(self, user: Any) -> Self:
        """Return the passes of the listings that somebody sees in the administration."""
        return self.filter(listing_id__in=Listing.objects.visible_to(user).values("pk"))

    def editable_by(self, user: Any) -> Self:
        """Return the same: whoever sees a row may deal with it, as far as the permissions go."""
        return self.visible_to(user)

    def of_holder(self, holder: Any) -> Self:
        """Return the passes made with any of a person's credentials that are still theirs."""
        return self.filter(pid__in=Credential.objects.filter(holder=holder).values("pid"))


class Pass(models.Model):
    """One use of a code at a place; append-only, without a name or a phone.

    `id` is the client's UUIDv7. On PostgreSQL the table is partitioned by it, by month: a unique UUID cannot be
    enforced on a table partitioned by another column. Times are the device's; `clock_offset_ms` is the error
    that it knew of.
    """

    class Direction(models.TextChoices):
        """Which way."""

        IN = "in", _("going in")
        OUT = "out", _("going out")

    class Method(models.TextChoices):
        """How the code was taken."""

        SCAN = "scan", _("code scanned")
        MANUAL_CODE = "manual_code", _("manual code")
        OVERRIDE = "override", _("let in by the guard")
        CLAIM = "claim", _("courier's own claim")

    id = models.UUIDField(primary_key=True)
    listing_id = models.BigIntegerField(_("listing"))
    checkpoint_number = models.PositiveIntegerField(_("checkpoint"), default=0)
    checkpoint_label = models.CharField(_("checkpoint"), max_length=40, blank=True)
    device_id = models.BigIntegerField(_("device"), null=True)
    sequence = models.BigIntegerField(_("device's number"), null=True)
    shift_id = models.BigIntegerField(_("shift"), null=True)
    guard_label = models.CharField(_("guard"), max_length=20, blank=True)
    direction = models.CharField(_("direction"), max_length=3, choices=Direction, default=Direction.IN)
    method = models.CharField(_("method"), max_length=12, choices=Method)
    pid = models.CharField(max_length=16, blank=True)
    body_digest = models.CharField(max_length=64, blank=True)
    step = models.BigIntegerField(null=True)
    bound_gate = models.PositiveIntegerField(null=True)
    challenge = models.PositiveIntegerField(null=True)
    scanned_at = models.DateTimeField(_("scanned at"))
    clock_offset_ms = models.IntegerField(_("clock offset, ms"), default=0)
    received_at = models.DateTimeField(_("received at"))
    made_offline = models.BooleanField(_("made offline"), default=False)
    list_version = models.BigIntegerField(_("list version"), null=True)
    verdict = models.CharField(_("verdict"), max_length=24)
    reasons = models.JSONField(default=list)
    assurance = models.PositiveSmallIntegerField(_("assurance"), default=0)
    forced_by = models.CharField(_("decided by"), max_length=40, blank=True)
    forced_why = models.CharField(_("why so"), max_length=120, blank=True)
    annuls = models.UUIDField(_("annuls"), null=True)
    row_digest = models.CharField(max_length=64)
    retention_until = models.DateTimeField(_("kept until"))

    objects: ClassVar[Any] = PassQuerySet.as_manager()

    class Meta:
        verbose_name = _("pass")
        verbose_name_plural = _("passes")
        default_permissions = ("view",)
        ordering = ["-scanned_at"]
        indexes = [
            models.Index(fields=["listing_id", "-scanned_at"], name="codes_pass_listing"),
            models.Index(fields=["pid", "-scanned_at"], name="codes_pass_pid"),
            models.Index(fields=["pid", "step"], name="codes_pass_step"),
            models.Index(fields=["device_id", "sequence"], name="codes_pass_device"),
            models.Index(fields=["retention_until"], name="codes_pass_kept"),
        ]

    def __str__(self) -> str:
        return str(self.id)


class Proof(models.Model):
    """What proves a pass: the credential's digest and the 73 bytes of the presentation. No name is in it."""

    pass_id = models.UUIDField(primary_key=True)
    credential_digest = models.CharField(max_length=64)
    presentation = models.BinaryField()
    kept_until = models.DateTimeField(db_index=True)
    held_by_case = models.BooleanField(default=False)

    class Meta:
        default_permissions = ()

    def __str__(self) -> str:
        return str(self.pass_id)


class AmendmentQuerySet(models.QuerySet):
    """What was said of passes, in the words of those who ask."""

    def visible_to(self, user: Any) -> Self:
        """Return what was said of passes at the listings that somebody sees in the administration."""
        return self.filter(listing_id__in=Listing.objects.visible_to(user).values("pk"))

    def editable_by(self, user: Any) -> Self:
        """Return the same: whoever sees a row may deal with it, as far as the permissions go."""
        return self.visible_to(user)

    def undecided(self) -> Self:
        """Return the conflicts about which nobody has decided."""
        decided = Amendment.objects.filter(pass_id=OuterRef("pass_id"), kind=Amendment.Kind.DECISION)
        return self.filter(~Exists(decided), kind=Amendment.Kind.CONFLICT)


class Amendment(models.Model):
    """What the server says of a pass afterwards: its own verdict, a conflict, an annulment, a decision. Append-only."""

    class Kind(models.TextChoices):
        """What is said."""

        VERDICT = "verdict", _("server's verdict")
        CONFLICT = "conflict", _("conflict")
        ANNULMENT = "annulment", _("annulment")
        DECISION = "decision", _("decision on a conflict")

    pass_id = models.UUIDField(db_index=True)
    listing_id = models.BigIntegerField()
    kind = models.CharField(_("what is said"), max_length=10, choices=Kind)
    verdict = models.CharField(_("verdict"), max_length=24, blank=True)
    assurance = models.PositiveSmallIntegerField(null=True)
    other_pass_id = models.UUIDField(null=True)
    note = models.CharField(_("note"), max_length=200, blank=True)
    actor_id = models.BigIntegerField(null=True)
    actor_label = models.CharField(_("who"), max_length=80, blank=True)
    made_at = models.DateTimeField(_("when"))
    retention_until = models.DateTimeField()

    objects: ClassVar[Any] = AmendmentQuerySet.as_manager()

    class Meta:
        verbose_name = _("amendment")
        verbose_name_plural = _("amendments")
        default_permissions = ("view",)
        ordering = ["-made_at"]
        indexes = [models.Index(fields=["listing_id", "kind", "-made_at"], name="codes_amendment_listing")]

    def __str__(self) -> str:
        return f"{self.pass_id} {self.kind}"


class Quarantined(models.Model):
    """A row that was refused: kept as it came, visible to the property and the street until somebody decides."""

    class State(models.TextChoices):
        """What came of it."""

        OPEN = "open", _("not dealt with yet")
        DISMISSED = "dismissed", _("dismissed")

    device = models.ForeignKey(Device, models.CASCADE, related_name="quarantined", verbose_name=_("device"))
    listing = models.ForeignKey(
        Listing, models.CASCADE, related_name="quarantined", verbose_name=_("listing")
    )
    pass_id = models.CharField(_("pass"), max_length=64)
    row_digest = models.CharField(max_length=64)
    row = models.JSONField()
    reason = models.CharField(_("reason"), max_length=40)
    received_at = models.DateTimeField(_("received at"))
    state = models.CharField(_("state"), max_length=10, choices=State, default=State.OPEN)
    decided_by_label = models.CharField(_("decided by"), max_length=80, blank=True)
    decided_at = models.DateTimeField(_("decided"), null=True, blank=True)
    note = models.CharField(_("note"), max_length=200, blank=True)
    retention_until = models.DateTimeField()

    objects: ClassVar[Any] = ScopedByListing.as_manager()

    class Meta:
        verbose_name = _("quarantined pass")
        verbose_name_plural = _("quarantined passes")
        default_permissions = ("view", "change")
        ordering = ["-received_at"]
        constraints = [
            models.UniqueConstraint(
                name="codes_quarantine_once", fields=["device", "pass_id", "row_digest", "reason"]
            )
        ]

    def __str__(self) -> str:
        return self.pass_id


class SeenProof(models.Model):
    """A proof that a gate has taken, so that it is not taken there again; forgotten after its window."""

    checkpoint_number = models.PositiveIntegerField()
    pid = models.CharField(max_length=16)
    step = models.BigIntegerField()
    challenge = models.PositiveIntegerField()
    seen_at = models.DateTimeField(db_index=True)

    class Meta:
        default_permissions = ()
        constraints = [
            models.UniqueConstraint(
                name="codes_seen_once", fields=["checkpoint_number", "pid", "step", "challenge"]
            )
        ]

    def __str__(self) -> str:
        return f"{self.checkpoint_number} {self.pid} {self.step}"


class ManualCode(models.Model):
    """Eight digits that stand for a code once, for a minute, at one listing; kept as a keyed hash."""

    digest = models.CharField(max_length=64, unique=True)
    listing = models.ForeignKey(
        Listing, models.CASCADE, related_name="manual_codes", verbose_name=_("listing")
    )
    credential = models.ForeignKey(Credential, models.CASCADE, related_name="manual_codes")
    minted_at = models.DateTimeField()
    expires_at = models.DateTimeField(db_index=True)
    used_at = models.DateTimeField(null=True)

    class Meta:
        default_permissions = ()

    def __str__(self) -> str:
        return str(self.pk)
