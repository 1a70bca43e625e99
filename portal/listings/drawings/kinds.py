"""Which drawing a place gets: its template, and the few coarse facts that it shows."""

from collections.abc import Iterable
from typing import Any, NamedTuple

_AREAS_M2 = (10, 15, 20, 25, 30, 40, 60)
_BUNKS = (1, 2, 3, 4, 6, 8)
_MOST_GATES = 4
_MOST_ROOM_THINGS = 4

#: What a station offers, gathered into what can be drawn, the most telling first. Codes are compared without dashes.
_THINGS: tuple[tuple[str, frozenset[str]], ...] = (
    ("power", frozenset({"charging", "batteryswap"})),
    ("wash", frozenset({"toilet", "shower", "washroom"})),
    ("food", frozenset({"microwave", "hotmealheating", "fridge"})),
    ("help", frozenset({"policydesk", "legalaid", "counselling", "training", "books"})),
    ("rest", frozenset({"rest", "womensroom"})),
    ("water", frozenset({"water"})),
    ("care", frozenset({"medicinebox", "aed", "firstaid"})),
    ("ebike", frozenset({"ebikecharging", "airpump", "repair"})),
    ("car", frozenset({"carcharging", "carbays"})),
)
_OUTSIDE = frozenset({"care", "ebike", "car"})


class Drawing(NamedTuple):
    """A drawing to be rendered: the name of its template, and parameters that JSON can hold."""

    template: str
    params: dict[str, Any]


def _at_most(value: int, most: int) -> int:
    return max(0, min(int(value), most))


def tray(meat: int, veg: int, soup: bool, percent_off: int | None = None) -> Drawing:
    """Return a canteen's tray: meat and vegetable dishes, soup, and what is taken off the price.

    Without a dish the discount fills a plate, and without either a covered bowl says that nothing is known.
    """
    percent = max(1, min(99, round(percent_off))) if percent_off else None
    return Drawing(
        "tray",
        {
            "meat": _at_most(meat, 3),
            "veg": _at_most(veg, 3),
            "soup": bool(soup and meat + veg),
            "percent": percent,
        },
    )


def floor_plan(
    area_m2: float, bunks: int, has_desk: bool = False, has_wardrobe: bool = False, has_bath: bool = False
) -> Drawing:
    """Return the plan of a room, drawn to the scale of its area (rounded to a handful of sizes)."""
    area = min(_AREAS_M2, key=lambda size: abs(size - float(area_m2)))
    beds = max([size for size in _BUNKS if size <= max(1, int(bunks))])
    return Drawing(
        "floor_plan",
        {
            "area": area,
            "bunks": beds,
            "desk": bool(has_desk),
            "wardrobe": bool(has_wardrobe),
            "bath": bool(has_bath) and area >= 15,
        },
    )


def cutaway(amenity_codes: Iterable[str]) -> Drawing:
    """Return a station cut open, with what its amenities amount to; at most four things stand in the room."""
    codes = {str(code).lower().replace("-", "").replace("_", "") for code in amenity_codes}
    offered = [thing for thing, members in _THINGS if codes & members]
    inside = [thing for thing in offered if thing not in _OUTSIDE][:_MOST_ROOM_THINGS]
    return Drawing("cutaway", {"inside": inside, "also": [thing for thing in offered if thing in _OUTSIDE]})


def gate_plan(gates: int, riding: bool) -> Drawing:
    """Return a compound from above: how many gates (four stand for more), entered riding or on foot."""
    return Drawing("gate_plan", {"gates": _at_most(gates, _MOST_GATES), "riding": bool(riding)})


def neutral() -> Drawing:
    """Return the drawing for a place of which nothing drawable is known."""
    return Drawing("neutral", {})
