"""Filters of canteens."""

from django.db.models import QuerySet
from django.utils.translation import gettext_lazy as _

from canteens.models import Discount, Serves, SetMeal
from portal.listings.filters import AmountFilter, FlagFilter, ListingFilter, OneOfFilter


class CanteenFilter(ListingFilter):
    """Price, discount and who is served."""

    price_max = AmountFilter(
        label=_("Set meal up to, yuan"), method="price", min_value=0, max_value=9_999, example=10
    )
    discount = FlagFilter(label=_("Percentage discount"), method="discounted")
    serves = OneOfFilter(label=_("Who may use it"), choices=Serves.choices)

    shown_on_pages = ("q", "district", "street", "open_now", "price_max", "discount", "serves")

    def price(self, rows: QuerySet, name: str, value: float) -> QuerySet:
        """Keep canteens with a set meal at this price or less."""
        return rows.filter(pk__in=SetMeal.objects.filter(courier_price_yuan__lte=value).values("canteen_id"))

    def discounted(self, rows: QuerySet, name: str, wanted: bool | None) -> QuerySet:
        """Keep canteens that take a percentage off."""
        return rows.filter(pk__in=Discount.objects.values("canteen_id")) if wanted else rows
