"""How many portions of each set meal are left, as the canteen's till says. The facts know no such number."""

from collections.abc import Mapping
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
