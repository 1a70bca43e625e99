"""Look-ups: who was told who stands behind a pass, and when the courier hears of it."""

from datetime import datetime
from typing import Any, ClassVar, Self

from django.db import models
from django.db.models import Exists, OuterRef
from django.utils.translation import gettext_lazy as _

from services.codes.models.conduct import in_area


class LookUpQuerySet(models.QuerySet):
    """Look-ups in the words of those who ask."""

    def visible_to(self, user: Any) -> Self:
        """Return the look-ups of passes in the area of an office; a property sees none."""
        return self.filter(in_area(user))

    def editable_by(self, user: Any) -> Self:
        """Return the same: whoever sees a row may deal with it, as far as the permissions go."""
        return self.visible_to(user)

    def told(self, now: datetime) -> Self:
        """Return the look-ups that the courier is told of by now."""
        held = LookUpDelay.objects.filter(look_up=OuterRef("pk"), agreed_at__isnull=False, until__gt=now)
        return self.filter(~Exists(held), shown_from__lte=now)


class LookUp(models.Model):
    """Somebody looked up who stands behind a pass: who, for which unit, to what purpose. Append-only."""

    class Purpose(models.TextChoices):
        """What for."""

        INCIDENT = "incident", _("an incident at the gate")
        POLICE = "police", _("a request of the police")
        SAFETY = "safety", _("danger to life or health")
        COMPLAINT = "complaint", _("the courier's own complaint")
        AUDIT = "audit", _("an audit")

    pid = models.CharField(max_length=16)
    holder_id = models.BigIntegerField(null=True)
    pass_id = models.UUIDField(null=True)
    purpose = models.CharField(_("purpose"), max_length=10, choices=Purpose)
    note = models.CharField(_("note"), max_length=200, blank=True)
    actor_id = models.BigIntegerField()
    role_label = models.CharField(_("role"), max_length=80)
    unit_label = models.CharField(_("unit"), max_length=80)
    area_code = models.CharField(_("area"), max_length=12, blank=True)
    listing_label = models.CharField(_("listing"), max_length=80, blank=True)
    made_at = models.DateTimeField(_("when"))
    shown_from = models.DateTimeField(_("told to the courier from"))
    retention_until = models.DateTimeField()

    objects: ClassVar[Any] = LookUpQuerySet.as_manager()

    class Meta:
        verbose_name = _("look-up")
        verbose_name_plural = _("look-ups")
        default_permissions = ("view",)
        permissions = [("look_up_holder", _("Can look up who stands behind a pass"))]
        ordering = ["-made_at"]
        indexes = [
            models.Index(fields=["holder_id", "-made_at"], name="codes_lookup_holder"),
            models.Index(fields=["actor_id", "-made_at"], name="codes_lookup_actor"),
        ]

    def __str__(self) -> str:
        return f"{self.get_purpose_display()} {self.made_at:%Y-%m-%d %H:%M}"


class LookUpDelay(models.Model):
    """Telling the courier of a look-up later: one person asks when looking, another one agrees.

    The look-up itself is append-only; what two people agree on afterwards stands here.
    """

    look_up = models.OneToOneField(LookUp, models.CASCADE, related_name="delay", verbose_name=_("look-up"))
    until = models.DateTimeField(_("told to the courier from"))
    why = models.CharField(_("why the courier is told later"), max_length=200)
    agreed_by_id = models.BigIntegerField(null=True)
    agreed_by_label = models.CharField(_("delay agreed by"), max_length=120, blank=True)
    agreed_at = models.DateTimeField(_("agreed at"), null=True)

    class Meta:
        verbose_name = _("delay of a look-up")
        verbose_name_plural = _("delays of look-ups")
        default_permissions = ()

    def __str__(self) -> str:
        return f"{self.look_up_id} {self.until:%Y-%m-%d}"
