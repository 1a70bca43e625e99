"""The canteens' rows in the API."""

from typing import Any, ClassVar

from rest_framework import serializers

from canteens.filters import CanteenFilter
from canteens.models import Canteen
from portal.listings.api.documents import (
    EXAMPLE,
    NAME_EN,
    SAID_EN,
    Coded,
    ListingDocument,
    Schema,
    clock,
    text,
    whole,
    yuan,
)
from portal.listings.api.views import ListingViewSet


class SetMealDocument(Schema):
    """A set meal."""

    name = text()
    name_en = text(NAME_EN)
    dishes = serializers.ListField(child=serializers.CharField())
    dishes_en = serializers.ListField(child=serializers.CharField(), help_text=NAME_EN)
    meat_count = whole("Null when not known.")
    vegetable_count = whole("Null when not known.")
    courier_price = yuan()
    normal_price = yuan()
    portions = whole("A day.")
    label = serializers.ChoiceField(  # type: ignore[assignment]
        choices=["", "breakfast", "lunch", "dinner", "night"]
    )


class DiscountDocument(Schema):
    """A percentage off; no times mean the whole day."""

    percent_off = whole(null=False)
    until = clock()
    note = text()
    note_en = text(SAID_EN)

    def get_fields(self) -> dict[str, serializers.Field]:
        """Add `from`, which is no Python name."""
        return {**super().get_fields(), "from": clock()}


class CanteenDocument(ListingDocument):
    """A canteen where couriers pay less."""

    example: ClassVar[dict[str, Any]] = {
        **EXAMPLE,
        "kind": "canteen",
        "serves": {"code": "couriers", "zh": "小哥和司机", "en": "couriers and drivers"},
        "pickup": "出示骑手端页面",
        "seats": 40,
        "set_meals": [
            {
                "name": "一荤两素",
                "name_en": "1 meat, 2 vegetables",
                "dishes": ["红烧肉", "青菜", "豆腐"],
                "dishes_en": ["Red-braised pork", "Greens", "Tofu"],
                "meat_count": 1,
                "vegetable_count": 2,
                "courier_price": "10.00",
                "normal_price": "15.00",
                "portions": 80,
                "label": "lunch",
            }
        ],
        "discounts": [
            {
                "percent_off": 20,
                "from": "13:30",
                "until": "16:30",
                "note": "错峰优惠",
                "note_en": "off-peak discount",
            }
        ],
        "lowest_price": "10.00",
    }

    serves = Coded(allow_null=True, help_text="Null when not known.")
    pickup = text("How to pick up.")
    seats = whole()
    set_meals = SetMealDocument(many=True)
    discounts = DiscountDocument(many=True)
    lowest_price = yuan("The cheapest set meal.")


CanteenViewSet = ListingViewSet.for_kind(Canteen, CanteenFilter, CanteenDocument)
