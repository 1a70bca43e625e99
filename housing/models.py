"""Apartment projects: programme labels and room types with rent and what is free."""

import datetime as dt
from collections.abc import Iterable
from decimal import Decimal
from typing import Any, ClassVar, Self

from django.core.validators import MinValueValidator
from django.db import models
from django.utils.translation import gettext_lazy as _

from housing import found, said
from housing.free import FreeRooms
from portal.listings.documents import coded, instant, yuan
from portal.listings.drawings import Drawing, floor_plan, neutral
from portal.listings.english import in_english, name_en
from portal.listings.groups import Group, Numbers
from portal.listings.meanings import Pattern, Saying
from portal.listings.models import FactGroup, Listing
from portal.listings.models.trust import LIFETIMES
from portal.listings.words import split_list


class Programme(models.TextChoices):
    """The programmes whose label a project may carry."""

    BLUE_COLLAR = "blue_collar", _("blue-collar apartment")
    RIDERS_HOME = "riders_home", _("riders' home")
    WARM_HOME = "warm_home", _("warm home")


class Basis(models.TextChoices):
    """What is counted and rented; figures on different bases are never added."""

    FLAT = "flat", _("flat")
    ROOM = "room", _("room")
    BED = "bed", _("bed")


def lowest_rents(rooms: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Return {amount, basis} of the lowest rent after subsidy on each basis: a bed's rent says nothing of a flat's."""
    found: dict[str, dict[str, Any]] = {}
    for room in sorted(
        (room for room in rooms if room["rent_after"]), key=lambda row: Decimal(row["rent_after"])
    ):
        found.setdefault(room["basis"]["code"], {"amount": room["rent_after"], "basis": room["basis"]})
    return [found[basis] for basis in Basis.values if basis in found]


class ApartmentProject(Listing):
    """An apartment project for couriers and drivers."""

    kind_name = "apartment"
    plural = "apartments"
    own_fields = (
        "who_may_apply",
        "lease_months_min",
        "lease_note",
        "deposit_yuan",
        "other_costs",
        "contact_note",
    )
    groups = {
        **Listing.groups,
        "programmes": Group({"programme_labels": ("programme", "adds")}),
        "rooms": Group(
            {
                "room_types": (
                    "name",
                    "area_m2",
                    "bunks",
                    "floor",
                    "furniture",
                    "basis",
                    "total_count",
                    "free_count",
                    "free_as_of",
                    "rent_before_yuan",
                    "rent_after_yuan",
                )
            }
        ),
    }
    fact_groups = (FactGroup.AVAILABILITY, FactGroup.PRICE, FactGroup.CONTACT)
    numbers = {
        FactGroup.AVAILABILITY: Numbers("rooms", "room_types", "free_count", as_of="free_as_of"),
        FactGroup.PRICE: Numbers("rooms", "room_types", "rent_after_yuan"),
    }
    measure = FreeRooms()

    who_may_apply = models.TextField(_("who may apply"), blank=True, max_length=600)
    lease_months_min = models.PositiveSmallIntegerField(_("shortest lease, months"), null=True, blank=True)
    lease_note = models.CharField(_("about the lease"), max_length=200, blank=True)
    deposit_yuan = models.DecimalField(
        _("deposit, yuan"),
        max_digits=8,
        decimal_places=2,
        null=True,
        blank=True,
        validators=[MinValueValidator(0)],
    )
    other_costs = models.CharField(_("other costs"), max_length=200, blank=True)
    contact_note = models.CharField(_("whom to ask, and when"), max_length=200, blank=True)

    class Meta:
        verbose_name = _("apartment project")
        verbose_name_plural = _("apartment projects")

    def own_document(self) -> dict[str, Any]:
        """Return programmes, conditions and room types."""
        rooms = [room.document() for room in self.room_types.all()]
        return {
            "programmes": [
                {**(coded(Programme, row.programme) or {}), "adds": row.adds, "adds_en": in_english(row.adds)}
                for row in self.programme_labels.all()
            ],
            "who_may_apply": self.who_may_apply,
            "lease_months_min": self.lease_months_min,
            "lease_note": self.lease_note,
            "deposit_yuan": yuan(self.deposit_yuan),
            "other_costs": self.other_costs,
            "contact_note": self.contact_note,
            "room_types": rooms,
            "rents_from": lowest_rents(rooms),
        }

    @classmethod
    def facts_said(cls, group: str, doc: dict[str, Any]) -> list[str]:
        """Return what is free, and the rents, in words."""
        lines = {FactGroup.AVAILABILITY: said.free, FactGroup.PRICE: said.rents}
        return lines[FactGroup(group)](doc) if group in lines else []

    def own_words(self) -> list[str]:
        """Return programme and room names."""
        labels = [
            (coded(Programme, row.programme) or {}).get("zh", "") for row in self.programme_labels.all()
        ]
        return [*labels, *(room.name for room in self.room_types.all())]

    @classmethod
    def sayings(cls) -> Iterable[Saying]:
        """Return the everyday words of apartments and of what is free in them."""
        return found.sayings()

    @classmethod
    def patterns(cls) -> Iterable[Pattern]:
        """Understand 1000元 as a rent."""
        return found.PATTERNS

    def drawing(self) -> Drawing:
        """Return a floor plan of the first room type, furnished; a neutral drawing where nobody told of any room."""
        room = next(iter(self.room_types.all()), None)
        if room is None:
            return neutral()
        things = room.furniture
        return floor_plan(
            float(room.area_m2 or 20),
            room.bunks or 1,
            has_desk="桌" in things,
            has_wardrobe="柜" in things,
            has_bath="卫" in things or "浴" in things,
        )


class ProgrammeLabel(models.Model):
    """A programme's mark on a project, and what it adds there (e-bike charging, short leases, family rooms)."""

    project = models.ForeignKey(ApartmentProject, models.CASCADE, related_name="programme_labels")
    programme = models.CharField(_("programme"), max_length=20, choices=Programme)
    adds = models.CharField(_("what it adds"), max_length=200, blank=True)

    class Meta:
        verbose_name = _("programme label")
        verbose_name_plural = _("programme labels")
        ordering = ["id"]
        constraints = [
            models.UniqueConstraint(
                name="programme_label_once",
                fields=["project", "programme"],
                violation_error_message=_("This project already carries that label."),
            )
        ]

    def __str__(self) -> str:
        return self.get_programme_display()


class RoomTypeQuerySet(models.QuerySet):
    """Room types in the words of those who look for one."""

    def free_at(self, moment: dt.datetime) -> Self:
        """Return those of which some were free when it was last said, recently enough to count."""
        return self.filter(free_count__gt=0, free_as_of__gte=moment - LIFETIMES[FactGroup.AVAILABILITY])


class RoomType(models.Model):
    """A kind of room: what it is like, what is free and what it costs, all on one named basis."""

    project = models.ForeignKey(ApartmentProject, models.CASCADE, related_name="room_types")
    name = models.CharField(_("name"), max_length=60)
    area_m2 = models.DecimalField(
        _("area, m²"),
        max_digits=6,
        decimal_places=1,
        null=True,
        blank=True,
        validators=[MinValueValidator(1)],
    )
    bunks = models.PositiveSmallIntegerField(_("bunks"), null=True, blank=True)
    floor = models.CharField(_("floor"), max_length=40, blank=True)
    furniture = models.CharField(
        _("furniture"), max_length=200, blank=True, help_text=_("Separate with 、 or commas.")
    )
    basis = models.CharField(_("counted in"), max_length=4, choices=Basis, default=Basis.ROOM)
    total_count = models.PositiveIntegerField(_("how many in all"), null=True, blank=True)
    free_count = models.PositiveIntegerField(_("how many are free"), null=True, blank=True)
    free_as_of = models.DateTimeField(_("free as of"), null=True, blank=True)
    rent_before_yuan = models.DecimalField(
        _("rent before subsidy, yuan a month"),
        max_digits=8,
        decimal_places=2,
        null=True,
        blank=True,
        validators=[MinValueValidator(0)],
    )
    rent_after_yuan = models.DecimalField(
        _("rent after subsidy, yuan a month"),
        max_digits=8,
        decimal_places=2,
        null=True,
        blank=True,
        validators=[MinValueValidator(0)],
    )

    objects: ClassVar[Any] = RoomTypeQuerySet.as_manager()

    class Meta:
        verbose_name = _("room type")
        verbose_name_plural = _("room types")
        ordering = ["id"]
        constraints = [
            models.CheckConstraint(
                name="room_type_free_within_total",
                condition=models.Q(free_count__isnull=True)
                | models.Q(total_count__isnull=True)
                | models.Q(free_count__lte=models.F("total_count")),
                violation_error_message=_("More are free than there are in all."),
            ),
            models.CheckConstraint(
                name="room_type_free_has_moment",
                condition=models.Q(free_count__isnull=True) | models.Q(free_as_of__isnull=False),
                violation_error_message=_("Say as of when that many are free."),
            ),
            models.CheckConstraint(
                name="room_type_subsidy_lowers_rent",
                condition=models.Q(rent_before_yuan__isnull=True)
                | models.Q(rent_after_yuan__isnull=True)
                | models.Q(rent_after_yuan__lte=models.F("rent_before_yuan")),
                violation_error_message=_("The rent after the subsidy is higher than before it."),
            ),
        ]

    def __str__(self) -> str:
        return self.name

    def document(self) -> dict[str, Any]:
        """Return the room type as the public document holds it."""
        furniture = split_list(self.furniture)
        return {
            "name": self.name,
            "name_en": name_en(self.name),
            "area_m2": float(self.area_m2) if self.area_m2 is not None else None,
            "bunks": self.bunks,
            "floor": self.floor,
            "floor_en": in_english(self.floor),
            "furniture": furniture,
            "furniture_en": [in_english(piece) or name_en(piece) for piece in furniture],
            "basis": coded(Basis, self.basis),
            "total": self.total_count,
            "free": self.free_count,
            "free_as_of": instant(self.free_as_of),
            "free_valid_until": instant(
                self.free_as_of + LIFETIMES[FactGroup.AVAILABILITY]
                if self.free_as_of and self.free_count is not None
                else None
            ),
            "rent_before": yuan(self.rent_before_yuan),
            "rent_after": yuan(self.rent_after_yuan),
        }
