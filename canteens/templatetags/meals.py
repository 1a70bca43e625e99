"""Set meals on cards."""

import datetime as dt
from typing import Any

from django import template

from canteens.left import MealLeft, left_of
from portal.listings.measures import unique_names

register = template.Library()
#: How many meals a card has room for.
ON_CARDS = 2


@register.filter
def cheapest(doc: dict[str, Any]) -> dict[str, Any] | None:
    """Return the first set meal at the lowest courier price, None without one."""
    return next((meal for meal in doc["set_meals"] if meal["courier_price"] == doc["lowest_price"]), None)


@register.filter
def meal_left(meal: dict[str, Any], moment: dt.datetime) -> MealLeft | None:
    """Return how many portions of a meal are left, None when nobody knows; `meal` is of `card.doc_now`."""
    return left_of(meal, moment)


@register.filter
def meals_left(doc: dict[str, Any], moment: dt.datetime) -> list[MealLeft]:
    """Return what is left of the first meals of which that is known, for a card; `doc` is `card.doc_now`."""
    return [left for meal in unique_names(doc["set_meals"]) if (left := left_of(meal, moment))][:ON_CARDS]
