"""How many portions of each set meal are left, as the canteen's till says. The facts know no such number."""

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from portal.listings.measures import Item, Measure, Told, unique_names


class PortionsLeft(Measure):
    """Counted by set meal; meals of one name at lunch and at dinner are one meal."""

    name = "portions"

    def items(self, doc: Mapping[str, Any]) -> list[Item]:
        """Return the set meals. A canteen may cook more than its usual portions, so there is no total."""
        return [Item(meal["name"], meal["name_en"]) for meal in unique_names(doc["set_meals"])]

    def shown(self, doc: dict[str, Any], reports: Mapping[str, Told]) -> dict[str, Any]:
        """Give each meal of which something was told its `left` (Told)."""
        meals = [{**meal, "left": reports.get(meal["name"])} for meal in doc["set_meals"]]
        return {**doc, "set_meals": meals}


@dataclass(frozen=True, slots=True)
class MealLeft:
    """How many portions of a meal are left, as of a moment."""

    meal: Mapping[str, Any]
    count: int
    as_of: dt.datetime
    valid_until: dt.datetime


def left_of(meal: Mapping[str, Any], moment: dt.datetime) -> MealLeft | None:
    """Return what is left of a meal of a shown document while that holds, None when nobody knows."""
    told = meal.get("left")
    if told is None or told.count is None or not told.holds(moment):
        return None
    return MealLeft(meal, told.count, told.as_of, told.valid_until)


def in_stock(doc: dict[str, Any], moment: dt.datetime) -> dict[str, Any]:
    """Return a shown document without the meals that are known to be sold out."""
    kept = [meal for meal in doc["set_meals"] if (left := left_of(meal, moment)) is None or left.count]
    return {**doc, "set_meals": kept}
