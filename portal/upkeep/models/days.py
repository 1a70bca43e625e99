"""Days: how an area stood at the end of each day, for the line that shows whether it gets better."""

from django.db import models
from django.utils.translation import gettext_lazy as _


class OfficeDay(models.Model):
    """How the facts of an area stood on a day; the last look of the day counts. Written by the clock, kept 400 days.

    An area is a city, a district or a street; nothing in a row tells of a person.
    """

    area_code = models.CharField(_("area"), max_length=12)
    day = models.DateField(_("day"))
    listing_count = models.PositiveIntegerField(_("listings"), default=0)
    fact_count = models.PositiveIntegerField(_("facts"), default=0)
    fresh_count = models.PositiveIntegerField(_("facts within their lifetime"), default=0)
    open_count = models.PositiveIntegerField(_("open corrections"), default=0)
    overdue_count = models.PositiveIntegerField(_("overdue corrections"), default=0)

    class Meta:
        verbose_name = _("day of an area")
        verbose_name_plural = _("days of areas")
        ordering = ["area_code", "day"]
        default_permissions = ()
        constraints = [
            models.UniqueConstraint(name="office_day_once", fields=["area_code", "day"]),
            models.CheckConstraint(
                name="office_day_fresh_are_facts",
                condition=models.Q(fresh_count__lte=models.F("fact_count")),
            ),
        ]
        indexes = [models.Index(fields=["day"], name="office_day_by_day")]

    def __str__(self) -> str:
        return f"{self.area_code} {self.day}"
