"""Reminders: what an office was reminded of on a day; one a day, however much is due."""

from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from portal.accounts.models import Organisation


class Reminder(models.Model):
    """One day's digest to one office; `counts` holds fact group → how many listings are past its lifetime."""

    organisation = models.ForeignKey(
        Organisation, models.CASCADE, related_name="reminders", verbose_name=_("office")
    )
    day = models.DateField(_("day"))
    counts = models.JSONField(default=dict)
    told_count = models.PositiveIntegerField(_("people told"), default=0)
    made_at = models.DateTimeField(_("when"), default=timezone.now)

    class Meta:
        verbose_name = _("reminder")
        verbose_name_plural = _("reminders")
        ordering = ["-day", "organisation_id"]
        default_permissions = ()
        constraints = [models.UniqueConstraint(name="reminder_one_a_day", fields=["organisation", "day"])]

    def __str__(self) -> str:
        return f"{self.organisation_id} {self.day}"
