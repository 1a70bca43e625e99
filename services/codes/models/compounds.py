"""Compounds: gates, the building map and the terms on which couriers enter."""

from collections.abc import Iterable
from typing import Any, ClassVar, Self

from django.core.exceptions import ValidationError
from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.utils.translation import gettext_lazy as _

from portal.listings.documents import clock, coded
from portal.listings.drawings import Drawing, gate_plan
from portal.listings.english import name_en
from portal.listings.groups import Group
from portal.listings.meanings import Saying
from portal.listings.models import FactGroup, Listing
from services.codes import found, said


class Riding(models.TextChoices):
    """Whether one rides in or walks."""

    UNKNOWN = "unknown", _("riding: not known")
    ALWAYS = "always", _("riding allowed")
    BY_HOUR = "by_hour", _("riding at set hours")
    NEVER = "never", _("on foot only")


class Compound(Listing):
    """A gated residential estate: which gate, at which hours, riding or on foot, and the way to the building."""

    kind_name = "compound"
    plural = "compounds"
    is_landmark = True
    own_fields = ("household_count", "bays", "lifts", "shuttle", "equal_terms")
    groups = {
        **Listing.groups,
        "gates": Group(
            {
                "gates": (
                    "name",
                    "lat",
                    "lng",
                    "admits_couriers",
                    "opens",
                    "closes",
                    "riding",
                    "riding_from",
                    "riding_until",
                    "storm_riding",
                    "note",
                )
            }
        ),
        "buildings": Group({"buildings": ("name", "x", "y", "gate", "route_hint")}),
    }
    fact_groups = (FactGroup.RULES, FactGroup.HOURS, FactGroup.CONTACT)

    household_count = models.PositiveIntegerField(_("households"), null=True, blank=True)
    bays = models.CharField(_("where to park"), max_length=200, blank=True)
    lifts = models.CharField(_("lifts"), max_length=200, blank=True)
    shuttle = models.CharField(_("shuttle vehicles"), max_length=200, blank=True)
    equal_terms = models.CharField(
        _("equal terms"),
        max_length=300,
        blank=True,
        help_text=_("If food, parcel and ride-hailing workers are treated differently, say how."),
    )

    class Meta:
        verbose_name = _("compound")
        verbose_name_plural = _("compounds")

    def own_document(self) -> dict[str, Any]:
        """Return gates, terms and buildings."""
        return {
            "gates": [gate.document() for gate in self.gates.all()],
            "buildings": [building.document() for building in self.buildings.all()],
            "household_count": self.household_count,
            "bays": self.bays,
            "lifts": self.lifts,
            "shuttle": self.shuttle,
            "equal_terms": self.equal_terms,
        }

    @classmethod
    def facts_said(cls, group: str, doc: dict[str, Any]) -> list[str]:
        """Return the gates' terms in words."""
        return said.rules(doc) if group == FactGroup.RULES else []

    def own_words(self) -> list[str]:
        """Return the gates' names."""
        return [gate.name for gate in self.gates.all()]

    @classmethod
    def sayings(cls) -> Iterable[Saying]:
        """Return the everyday words of compounds and of riding in."""
        return found.sayings()

    def drawing(self) -> Drawing:
        """Return a plan with the number of gates, and whether one rides."""
        gates = list(self.gates.all())
        entered = [gate for gate in gates if gate.admits_couriers]
        rides = any(gate.riding in (Riding.ALWAYS, Riding.BY_HOUR) for gate in entered)
        return gate_plan(len(gates), rides)


class GateQuerySet(models.QuerySet):
    """Gates in the words of those who come through them."""

    def ridden(self) -> Self:
        """Return the gates through which couriers ride, at some hour."""
        return self.filter(admits_couriers=True, riding__in=[Riding.ALWAYS, Riding.BY_HOUR])


class Gate(models.Model):
    """An entrance. Without times it keeps the compound's hours; riding hours count only with "riding at set hours"."""

    compound = models.ForeignKey(Compound, models.CASCADE, related_name="gates")
    name = models.CharField(_("name"), max_length=40)
    lat = models.FloatField(
        _("latitude"), null=True, blank=True, validators=[MinValueValidator(-90), MaxValueValidator(90)]
    )
    lng = models.FloatField(
        _("longitude"), null=True, blank=True, validators=[MinValueValidator(-180), MaxValueValidator(180)]
    )
    admits_couriers = models.BooleanField(_("couriers may enter here"), default=True)
    opens = models.TimeField(_("from"), null=True, blank=True)
    closes = models.TimeField(_("to"), null=True, blank=True)
    riding = models.CharField(_("riding"), max_length=8, choices=Riding, default=Riding.UNKNOWN)
    riding_from = models.TimeField(_("riding from"), null=True, blank=True)
    riding_until = models.TimeField(_("riding to"), null=True, blank=True)
    storm_riding = models.BooleanField(_("riding allowed in storms"), null=True, blank=True)
    note = models.CharField(_("note"), max_length=120, blank=True)

    objects: ClassVar[Any] = GateQuerySet.as_manager()

    class Meta:
        verbose_name = _("gate")
        verbose_name_plural = _("gates")
        ordering = ["id"]

    def __str__(self) -> str:
        return self.name

    def clean(self) -> None:
        """Refuse half a position and half a time span."""
        if (self.lat is None) != (self.lng is None):
            raise ValidationError({"lat": _("Give latitude and longitude together, in degrees.")})
        if (self.opens is None) != (self.closes is None):
            raise ValidationError(
                {"closes": _("Give both times, or neither when the gate keeps the compound's hours.")}
            )
        if self.riding == Riding.BY_HOUR and (self.riding_from is None or self.riding_until is None):
            raise ValidationError({"riding": _("Say from when to when one may ride.")})

    def document(self) -> dict[str, Any]:
        """Return the gate as the public document holds it."""
        by_hour = self.riding == Riding.BY_HOUR
        return {
            "name": self.name,
            "name_en": name_en(self.name),
            "position": None
            if self.lat is None or self.lng is None
            else {"lat": round(self.lat, 6), "lng": round(self.lng, 6), "datum": "wgs84"},
            "admits_couriers": self.admits_couriers,
            "opens": clock(self.opens),
            "closes": clock(self.closes),
            "riding": coded(Riding, self.riding),
            "riding_from": clock(self.riding_from) if by_hour else None,
            "riding_until": clock(self.riding_until) if by_hour else None,
            "storm_riding": self.storm_riding,
            "note": self.note,
        }


class Building(models.Model):
    """A building: where it stands on the building map, and the way to it."""

    compound = models.ForeignKey(Compound, models.CASCADE, related_name="buildings")
    name = models.CharField(_("name"), max_length=40)
    x = models.FloatField(_("across the map, %"), null=True, blank=True)
    y = models.FloatField(_("down the map, %"), null=True, blank=True)
    gate = models.CharField(_("nearest gate"), max_length=40, blank=True)
    route_hint = models.CharField(_("the way there"), max_length=200, blank=True)

    class Meta:
        verbose_name = _("building")
        verbose_name_plural = _("buildings")
        ordering = ["id"]
        constraints = [
            models.CheckConstraint(
                name="building_position_on_map",
                condition=models.Q(x__isnull=True, y__isnull=True)
                | models.Q(x__isnull=False, y__isnull=False, x__gte=0, x__lte=100, y__gte=0, y__lte=100),
                violation_error_message=_(
                    "Mark the building on the map: both positions lie between 0 and 100 %%."
                ),
            )
        ]

    def __str__(self) -> str:
        return self.name

    def document(self) -> dict[str, Any]:
        """Return the building as the public document holds it."""
        return {
            "name": self.name,
            "name_en": name_en(self.name),
            "x": self.x,
            "y": self.y,
            "gate": self.gate,
            "gate_en": name_en(self.gate),
            "route_hint": self.route_hint,
        }
