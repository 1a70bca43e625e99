"""Service stations: amenities, rules and live status."""

import datetime as dt
from collections.abc import Iterable
from typing import Any

from django.core.validators import MinValueValidator
from django.db import models
from django.utils.translation import gettext_lazy as _

from portal.listings.documents import coded, hours_document, instant
from portal.listings.drawings import Drawing, cutaway
from portal.listings.groups import Group
from portal.listings.hours import CITY_TIME, Calendar, resolve
from portal.listings.meanings import Saying
from portal.listings.models import FactGroup, Listing
from portal.listings.words import split_list
from portal.regions.language import in_english
from services.stations import found, said
from services.stations.fullness import Fullness, LiveStatus


class Amenity(models.Model):
    """Something a station may offer; staff keep the catalogue."""

    code = models.SlugField(_("code"), max_length=30, primary_key=True)
    name = models.CharField(_("name"), max_length=30)
    name_en = models.CharField(_("English name"), max_length=60)
    also_called = models.CharField(
        _("also called"),
        max_length=200,
        blank=True,
        default="",
        db_default="",  # A version that does not know it adds amenities, too.
        help_text=_("What couriers type for it; separate with 、 or commas."),
    )
    position = models.PositiveSmallIntegerField(_("order"), default=0)

    class Meta:
        verbose_name = _("amenity")
        verbose_name_plural = _("amenities")
        ordering = ["position", "code"]

    def __str__(self) -> str:
        """Return the name in the reader's language."""
        return self.name_en if in_english() else self.name

    @property
    def words(self) -> list[str]:
        """Return every word that means it: its names in both languages and what else it is called."""
        return [self.name, self.name_en, *split_list(self.also_called)]


class Station(Listing):
    """A place to rest, charge and drink water."""

    kind_name = "station"
    plural = "stations"
    own_fields = ("area_m2", "rules")
    status_fields = (*Listing.status_fields, "live_status", "live_at", "live_until")
    groups = {**Listing.groups, "amenities": Group({"offers": ("amenity", "count", "note")})}
    fact_groups = (FactGroup.AMENITIES, FactGroup.HOURS, FactGroup.CONTACT)
    measure = Fullness()

    area_m2 = models.DecimalField(
        _("area, m²"),
        max_digits=7,
        decimal_places=1,
        null=True,
        blank=True,
        validators=[MinValueValidator(1)],
    )
    rules = models.TextField(_("house rules"), max_length=600, blank=True)
    live_status = models.CharField(
        _("right now"), max_length=10, choices=LiveStatus, blank=True, editable=False
    )
    live_at = models.DateTimeField(_("said at"), null=True, blank=True, editable=False)
    live_until = models.DateTimeField(_("holds until"), null=True, blank=True, editable=False)

    class Meta:
        verbose_name = _("station")
        verbose_name_plural = _("stations")

    @property
    def is_all_night(self) -> bool:
        """Say whether the weekly hours cover 22:00–06:00 in every night of an ordinary week."""
        monday = dt.date(2026, 1, 5)
        weekly = {**hours_document(self), "exceptions": []}
        stretches = resolve(weekly, Calendar(), monday, 9)
        for day in range(7):
            starts_at = dt.datetime.combine(monday + dt.timedelta(days=day), dt.time(22), CITY_TIME)
            ends_at = starts_at + dt.timedelta(hours=8)
            if not any(open_.starts_at <= starts_at and ends_at <= open_.ends_at for open_ in stretches):
                return False
        return True

    def own_document(self) -> dict[str, Any]:
        """Return amenities, area, rules and live status."""
        live = self.live_until and {
            **(coded(LiveStatus, self.live_status) or {}),
            "since": instant(self.live_at),
            "until": instant(self.live_until),
        }
        return {
            "amenities": [offer.document() for offer in self.offers.all()],
            "area_m2": float(self.area_m2) if self.area_m2 is not None else None,
            "all_night": self.is_all_night,
            "rules": self.rules,
            "live": live or None,
        }

    @classmethod
    def facts_said(cls, group: str, doc: dict[str, Any]) -> list[str]:
        """Return the amenities in words."""
        return said.amenities(doc) if group == FactGroup.AMENITIES else []

    def own_words(self) -> list[str]:
        """Return every word that means one of the amenities."""
        return [word for offer in self.offers.all() for word in offer.amenity.words]

    @classmethod
    def sayings(cls) -> Iterable[Saying]:
        """Return the everyday words of stations and of what they offer."""
        return found.sayings()

    def own_next_changes(self) -> list[dt.datetime | None]:
        """Return when the live status ends."""
        return [self.live_until]

    def own_expire(self, moment: dt.datetime) -> None:
        """Forget a live status that has ended."""
        if self.live_until and self.live_until <= moment:
            self.live_status, self.live_at, self.live_until = "", None, None

    def drawing(self) -> Drawing:
        """Return a cutaway with the amenities."""
        return cutaway([offer.amenity_id for offer in self.offers.all()])


class OfferManager(models.Manager):
    """Reads each offer with its amenity, so that documents cost no query a row."""

    def get_queryset(self) -> models.QuerySet:
        """Join the amenity."""
        return super().get_queryset().select_related("amenity")


class Offer(models.Model):
    """An amenity at a station, with how many and a note."""

    station = models.ForeignKey(Station, models.CASCADE, related_name="offers")
    amenity = models.ForeignKey(Amenity, models.PROTECT, related_name="offers", verbose_name=_("amenity"))
    count = models.PositiveSmallIntegerField(_("how many"), null=True, blank=True)
    note = models.CharField(_("note"), max_length=80, blank=True)

    objects = OfferManager()

    class Meta:
        verbose_name = _("amenity")
        verbose_name_plural = _("amenities")
        ordering = ["amenity__position", "id"]
        constraints = [
            models.UniqueConstraint(
                name="offer_once",
                fields=["station", "amenity"],
                violation_error_message=_("This amenity is listed twice."),
            )
        ]

    def __str__(self) -> str:
        return str(self.amenity)

    def document(self) -> dict[str, Any]:
        """Return the amenity as the public document holds it."""
        return {
            "code": self.amenity_id,
            "zh": self.amenity.name,
            "en": self.amenity.name_en,
            "count": self.count,
            "note": self.note,
        }
