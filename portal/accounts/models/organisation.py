"""Organisations: offices, departments, platforms, firms and operators."""

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from portal.accounts.querysets import OrganisationQuerySet
from portal.regions.areas import validate_area_code


class Organisation(models.Model):
    """A body that people act for."""

    class Kind(models.TextChoices):
        """What kind of body."""

        CITY = "city", _("city office")
        DISTRICT = "district", _("district office")
        STREET = "street", _("street office")
        COMMUNITY = "community", _("community office")
        DEPARTMENT = "department", _("line department")
        PLATFORM = "platform", _("platform company")
        PROPERTY = "property", _("property firm")
        OPERATOR = "operator", _("operator")
        SOCIAL = "social", _("social organisation")

    OFFICES = (Kind.CITY, Kind.DISTRICT, Kind.STREET, Kind.COMMUNITY)
    KEEPERS = (*OFFICES, Kind.DEPARTMENT)

    kind = models.CharField(_("kind"), max_length=12, choices=Kind)
    name = models.CharField(_("name"), max_length=80)
    area_code = models.CharField(
        _("area"),
        max_length=12,
        blank=True,
        validators=[validate_area_code],
        help_text=_(
            "The code of the area that an office looks after, or where a firm sits; may be empty for a firm."
        ),
    )
    parent = models.ForeignKey(
        "self",
        models.PROTECT,
        verbose_name=_("belongs to"),
        related_name="children",
        null=True,
        blank=True,
    )

    objects = OrganisationQuerySet.as_manager()

    class Meta:
        verbose_name = _("organisation")
        verbose_name_plural = _("organisations")
        ordering = ("name", "pk")
        constraints = [
            models.UniqueConstraint(
                fields=("kind", "name", "area_code"),
                name="accounts_organisation_unique",
                violation_error_message=_("There is an organisation of this kind and name already."),
            ),
            models.CheckConstraint(
                condition=~Q(kind__in=("city", "district", "street", "community")) | ~Q(area_code=""),
                name="accounts_organisation_office_has_area",
                violation_error_message=_("An office needs the code of its area."),
            ),
        ]

    def __str__(self) -> str:
        """Return the name."""
        return self.name

    @property
    def keeps_its_area(self) -> bool:
        """Say whether its posts reach all that lies in its area; a firm's reach comes from stewardships alone."""
        return self.kind in self.KEEPERS
