"""Where things stand in a drawing. All lengths are units of its 400 by 300 canvas.

A card crops the canvas to its middle 224 units, so whatever informs stands between x = 92 and x = 308.
"""

from math import cos, pi, sin, sqrt
from typing import Any

Params = dict[str, Any]


def scene(template: str, params: Params) -> Params:
    """Return what a template needs beyond its parameters."""
    build = _SCENES.get(template)
    return build(params) if build else {}


def _row(count: int, left: float, top: float, width: float, height: float, gap: float) -> list[Params]:
    """Return `count` equal wells side by side."""
    each = (width - gap * (count - 1)) / count
    return [_well(left + place * (each + gap), top, each, height) for place in range(count)]


def _well(x: float, y: float, width: float, height: float) -> Params:
    return {"x": round(x, 1), "y": round(y, 1), "w": round(width, 1), "h": round(height, 1)}


def _tray(params: Params) -> Params:
    """Wells of a tray: dishes above, rice and soup below; a tall well holds two heaps."""
    dishes = [("meat", number) for number in range(params["meat"])]
    dishes += [("veg", number) for number in range(params["veg"])]
    count = len(dishes)
    left, top, width, height, gap = 114, 56, 172, 98, 9
    if count <= 3:
        wells = _row(count, left, top, width, height, gap) if count else []
    else:
        half = (height - gap) / 2
        first = 2 if count == 4 else 3
        wells = _row(first, left, top, width, half, gap) + _row(
            count - first, left, top + half + gap, width, half, gap
        )
    for (sort, number), well in zip(dishes, wells, strict=True):
        tall = well["h"] > 1.5 * well["w"]
        middle_x, middle_y = well["x"] + well["w"] / 2, well["y"] + well["h"] / 2
        scale = min(well["w"] / 70, well["h"] / (100 if tall else 52), 1.5)
        spots = [(middle_x, middle_y - 21), (middle_x, middle_y + 21)] if tall else [(middle_x, middle_y)]
        well["heaps"] = [{"x": round(x, 1), "y": round(y, 1), "scale": round(scale, 2)} for x, y in spots]
        well["sort"], well["number"] = sort, number
    share = (params["percent"] or 0) / 100
    turn = 2 * pi * share
    return {
        "wells": wells,
        "count": count,
        "slice_x": round(200 + 66 * sin(turn), 2),
        "slice_y": round(142 - 66 * cos(turn), 2),
        "large_slice": int(share > 0.5),
    }


def _floor_plan(params: Params) -> Params:
    """A room to scale: beds of 0.95 by 2 metres along the walls, two above each other where they do not fit."""
    length_m = sqrt(params["area"] * 1.28)
    width_m = params["area"] / length_m
    scale = min(204 / width_m, 206 / length_m)
    width, height = width_m * scale, length_m * scale
    left, top = 200 - width / 2, 140 - height / 2
    rows = 2 if length_m >= 5.3 and params["bunks"] > 2 else 1
    places = [(side, row) for row in range(rows) for side in (0, 1)]
    beds = []
    for number, (side, row) in enumerate(places[: params["bunks"]]):
        across = left + 4 if side == 0 else left + width - 0.95 * scale - 4
        stacked = sum(1 for bed in range(params["bunks"]) if bed % len(places) == number) > 1
        beds.append(
            _well(across, top + 5 + row * 2.25 * scale, 0.95 * scale, 2.0 * scale)
            | {"number": number, "stacked": stacked, "unit": round(scale / 40, 3)}
        )
    below = top + 5 + (2.25 * rows if params["bunks"] > 1 or rows > 1 else 2.25) * scale
    door = 0.9 * scale
    return {
        "room": _well(left, top, width, height),
        "right": round(left + width, 1),
        "bottom": round(top + height, 1),
        "beds": beds,
        "boards": [round(top + step * 0.5 * scale, 1) for step in range(1, int(length_m / 0.5) + 1)],
        "metres_x": [round(left + step * scale, 1) for step in range(int(width_m) + 1)],
        "metres_y": [round(top + step * scale, 1) for step in range(int(length_m) + 1)],
        "door": _well(200 - door / 2, top + height, door, door),
        "window": _well(200 - 0.7 * scale, top, 1.4 * scale, 0),
        "rug": _well(200 - 0.45 * scale, top + 0.75 * scale, 0.9 * scale, 1.3 * scale),
        "desk_at": _well(left + width - 0.62 * scale - 4, below, 0.62 * scale, 1.15 * scale),
        "wardrobe_at": _well(left + 4, below, 0.62 * scale, 1.15 * scale),
        "bath_at": _well(left, top + height - 1.45 * scale, 1.35 * scale, 1.45 * scale),
        "unit": round(scale / 40, 3),
    }


def _cutaway(params: Params) -> Params:
    """Things side by side on the floor of the room."""
    things = params["inside"]
    wide = 190 / max(len(things), 1)
    scale = round(min(1.0, wide / 62), 2)
    return {
        "things": [
            {"name": thing, "x": round(105 + wide * (place + 0.5), 1), "scale": scale}
            for place, thing in enumerate(things)
        ],
    }


_GATES = (
    {"x": 200, "y": 222, "turn": 0},
    {"x": 200, "y": 46, "turn": 180},
    {"x": 292, "y": 134, "turn": 270},
    {"x": 108, "y": 134, "turn": 90},
)


def _gate_plan(params: Params) -> Params:
    """Gates in the order south, north, east, west."""
    return {"openings": list(_GATES[: params["gates"]])}


_SCENES = {"tray": _tray, "floor_plan": _floor_plan, "cutaway": _cutaway, "gate_plan": _gate_plan}
