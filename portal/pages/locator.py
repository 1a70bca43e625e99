"""A small drawing of where a place lies: district outlines around it, no tiles, no script."""

import math
from dataclasses import dataclass
from typing import Any

from portal.pages.outlines import polygons
from portal.regions.areas import outlines
from portal.regions.language import in_english
from portal.regions.naming import english_name

WIDTH, HEIGHT = 320, 180
METRES_PER_UNIT = 45.0
METRES_PER_DEGREE = 111_320.0
ROUGHLY_M = 900


@dataclass(frozen=True, slots=True)
class Locator:
    """Paths and labels of an SVG of 320 by 180 units with the place in its middle."""

    paths: list[str]
    labels: list[tuple[int, int, str]]
    is_exact: bool
    radius: int


def locator(doc: dict[str, Any]) -> Locator | None:
    """Return the drawing for a document, None without a position."""
    position = doc.get("position")
    if not position:
        return None
    lat0, lng0 = position["lat"], position["lng"]
    own = (doc.get("district") or {}).get("code", "")
    tall = METRES_PER_DEGREE / METRES_PER_UNIT
    wide = tall * math.cos(math.radians(lat0))
    paths, labels, names = [], [], _names()
    for code, rings in polygons():
        points = [
            (round(WIDTH / 2 + (lng - lng0) * wide), round(HEIGHT / 2 - (lat - lat0) * tall))
            for lng, lat in rings[0]
        ]
        xs, ys = [x for x, _y in points], [y for _x, y in points]
        if min(xs) > WIDTH or max(xs) < 0 or min(ys) > HEIGHT or max(ys) < 0:
            continue
        paths.append("M" + " ".join(f"{x} {y}" for x, y in dict.fromkeys(points)) + "Z")
        middle = (max(min(xs), 0) + min(max(xs), WIDTH)) // 2, (max(min(ys), 0) + min(max(ys), HEIGHT)) // 2
        clear = abs(middle[0] - WIDTH // 2) > 64 or abs(middle[1] - HEIGHT // 2) > 44
        if clear and code != own and 40 < middle[0] < WIDTH - 40 and 16 < middle[1] < HEIGHT - 28:
            labels.append((*middle, names.get(code, "")))
    exact = position["accuracy"] == "exact"
    radius = 9 if exact else round(ROUGHLY_M / METRES_PER_UNIT)
    if own in names:
        labels.append((WIDTH // 2, HEIGHT // 2 + radius + 16, names[own]))
    return Locator(paths, labels, exact, radius)


def _names() -> dict[str, str]:
    """Return the districts' names in the reader's language, from the outlines themselves."""
    named = {
        feature["properties"]["code"]: feature["properties"]["name"] for feature in outlines()["features"]
    }
    if not in_english():
        return named
    return {code: english_name(name, "district").removesuffix(" District") for code, name in named.items()}
