"""The apartment projects' rows in the API."""

from typing import Any, ClassVar

from rest_framework import serializers

from housing.filters import ApartmentFilter
from housing.models import ApartmentProject
from portal.listings.api.documents import (
    EXAMPLE,
    NAME_EN,
    SAID_EN,
    Coded,
    ListingDocument,
    Schema,
    instant,
    text,
    whole,
    yuan,
)
from portal.listings.api.views import ListingViewSet

BASIS_NOTE = "What is counted and rented: flat (套), room (间) or bed (床). Never add different bases."


class ProgrammeDocument(Coded):
    """A programme's label and what it adds here."""

    adds = text()
    adds_en = text(SAID_EN)


class RoomTypeDocument(Schema):
    """A kind of room; counts and rents are on its basis."""

    name = text()
    name_en = text(NAME_EN)
    area_m2 = serializers.FloatField(allow_null=True)
    bunks = whole()
    floor = text()
    floor_en = text(SAID_EN)
    furniture = serializers.ListField(child=serializers.CharField())
    furniture_en = serializers.ListField(child=serializers.CharField(), help_text=NAME_EN)
    basis = Coded(help_text=BASIS_NOTE)
    total = whole()
    free = whole("Free at `free_as_of`, to be believed until `free_valid_until`; null when nobody said.")
    free_as_of = instant()
    free_valid_until = instant("From then on nobody knows what is free; null when nobody said.")
    rent_before = yuan("A month, before the subsidy.")
    rent_after = yuan("A month, after the subsidy.")


class RentFrom(Schema):
    """The lowest rent after subsidy on one basis."""

    amount = yuan()
    basis = Coded(help_text=BASIS_NOTE)


class ApartmentDocument(ListingDocument):
    """An apartment project for couriers and drivers."""

    example: ClassVar[dict[str, Any]] = {
        **EXAMPLE,
        "kind": "apartment",
        "programmes": [
            {
                "code": "blue_collar",
                "zh": "蓝领公寓",
                "en": "blue-collar apartment",
                "adds": "",
                "adds_en": "",
            }
        ],
        "who_may_apply": "在杭新就业群体",
        "lease_months_min": 3,
        "lease_note": "",
        "deposit_yuan": "850.00",
        "other_costs": "水电自理",
        "contact_note": "",
        "room_types": [
            {
                "name": "双人间",
                "name_en": "Double room",
                "area_m2": 27.0,
                "bunks": 2,
                "floor": "3–6 层",
                "floor_en": "floors 3–6",
                "furniture": ["书桌", "衣柜", "空调"],
                "furniture_en": ["desk", "wardrobe", "air conditioning"],
                "basis": {"code": "room", "zh": "间", "en": "room"},
                "total": 20,
                "free": 3,
                "free_as_of": "2026-11-23T08:00:00+08:00",
                "free_valid_until": "2026-11-24T08:00:00+08:00",
                "rent_before": "1200.00",
                "rent_after": "850.00",
            }
        ],
        "rents_from": [{"amount": "850.00", "basis": {"code": "room", "zh": "间", "en": "room"}}],
    }

    programmes = ProgrammeDocument(many=True)
    who_may_apply = text()
    lease_months_min = whole()
    lease_note = text()
    deposit_yuan = yuan()
    other_costs = text()
    contact_note = text()
    room_types = RoomTypeDocument(many=True)
    rents_from = RentFrom(many=True, help_text="One for each basis; empty when no rent is known.")


ApartmentViewSet = ListingViewSet.for_kind(ApartmentProject, ApartmentFilter, ApartmentDocument)
