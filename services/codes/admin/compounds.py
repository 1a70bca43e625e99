"""Compounds in the administration."""

from collections.abc import Iterable
from typing import Any

from django.contrib import admin
from django.db import models
from django.http import QueryDict

from portal.listings.admin import ListingAdmin, RowForm, RowInline
from portal.listings.admin.fields import DatumField, PositionMixin, kept_position, shown_position
from portal.listings.models import Datum, Photo
from portal.listings.snapshots import Snapshot
from services.codes.models import Compound


class GateForm(PositionMixin, RowForm):
    """A gate, whose position is entered like a listing's."""

    datum_field = "place_datum"
    place_datum = DatumField()

    def clean(self) -> dict[str, Any]:
        """Read the position."""
        data = super().clean()
        self.instance.lat, self.instance.lng, _datum = self.clean_position(data)
        return data

    @classmethod
    def initial_of(cls, row: models.Model, names: Iterable[str]) -> dict[str, Any]:
        """Return the initial values, the position in Amap's datum."""
        initial = super().initial_of(row, names)
        return {**initial, **cls._position(initial.get("lat"), initial.get("lng"))}

    @staticmethod
    def _position(lat: float | None, lng: float | None) -> dict[str, str]:
        if lat is None or lng is None:
            return {"place": "", "place_was": ""}
        return {"place": shown_position(lat, lng, Datum.GCJ02), "place_was": kept_position(lat, lng)}

    @classmethod
    def put_row(cls, data: QueryDict, prefix: str, row: Snapshot) -> None:
        """Write a gate of a snapshot into posted data."""
        super().put_row(data, prefix, row)
        for name, value in cls._position(row.get("lat"), row.get("lng")).items():
            data[f"{prefix}-{name}"] = value
        data[f"{prefix}-place_datum"] = str(Datum.GCJ02)


class GateInline(RowInline):
    """Gates with position and hours."""

    form = GateForm
    fields = (
        "name",
        "admits_couriers",
        "opens",
        "closes",
        "riding",
        "riding_from",
        "riding_until",
        "storm_riding",
        "place",
        "place_datum",
        "note",
    )


class BuildingInline(RowInline):
    """Buildings, marked by clicking on the building map or by two numbers."""

    before_template = "admin/listings/building_map.html"


@admin.register(Compound)
class CompoundAdmin(ListingAdmin):
    """Gates, buildings and the building map."""

    photo_roles = (Photo.Role.PICTURE, Photo.Role.BUILDING_MAP)
    group_inlines = {"gates": GateInline, "buildings": BuildingInline}
