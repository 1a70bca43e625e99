"""The compounds' rows in the API."""

from typing import Any, ClassVar

from rest_framework import serializers

from portal.listings.api.documents import (
    EXAMPLE,
    NAME_EN,
    Coded,
    ListingDocument,
    Position,
    Schema,
    clock,
    text,
    whole,
)
from portal.listings.api.views import ListingViewSet
from services.codes.filters import CompoundFilter
from services.codes.models import Compound


class GateDocument(Schema):
    """An entrance; no times mean day and night."""

    name = text()
    name_en = text(NAME_EN)
    position = Position(allow_null=True)
    admits_couriers = serializers.BooleanField()
    opens = clock()
    closes = clock()
    riding = Coded(help_text="always, by_hour, never or unknown.")
    riding_from = clock()
    riding_until = clock()
    storm_riding = serializers.BooleanField(
        allow_null=True, help_text="Riding is allowed in storms; null when not known."
    )
    note = text()


class BuildingDocument(Schema):
    """A building and where it stands on the building map, in per cent from the left and the top."""

    name = text()
    name_en = text(NAME_EN)
    x = serializers.FloatField(allow_null=True)
    y = serializers.FloatField(allow_null=True)
    gate = text("The nearest gate's name.")
    gate_en = text(NAME_EN)
    route_hint = text()


class CompoundDocument(ListingDocument):
    """A gated estate: which gate, at which hours, riding or on foot."""

    example: ClassVar[dict[str, Any]] = {
        **EXAMPLE,
        "kind": "compound",
        "gates": [
            {
                "name": "南门",
                "name_en": "South Gate",
                "position": {"lat": 30.2849, "lng": 120.1901, "datum": "wgs84"},
                "admits_couriers": True,
                "opens": "06:00",
                "closes": "23:00",
                "riding": {"code": "by_hour", "zh": "分时骑行", "en": "riding at set hours"},
                "riding_from": "10:00",
                "riding_until": "14:00",
                "storm_riding": True,
                "note": "",
            }
        ],
        "buildings": [
            {
                "name": "3 幢",
                "name_en": "Building 3",
                "x": 40.0,
                "y": 62.5,
                "gate": "南门",
                "gate_en": "South Gate",
                "route_hint": "进门右转",
            }
        ],
        "household_count": 820,
        "bays": "南门外两侧",
        "lifts": "",
        "shuttle": "",
        "equal_terms": "",
    }

    gates = GateDocument(many=True)
    buildings = BuildingDocument(many=True)
    household_count = whole()
    bays = text("Where to park.")
    lifts = text()
    shuttle = text("Shuttle vehicles.")
    equal_terms = text("How food, parcel and ride-hailing workers are treated differently, if they are.")


CompoundViewSet = ListingViewSet.for_kind(Compound, CompoundFilter, CompoundDocument)
