"""Approximate positions: inside the district's outline, gathered around a middle for each street.

Outlines of streets were not published, so a street's middle is drawn once from its code and stays the same whatever the
seed. A few middles are known to about a kilometre.
"""

import math
import random
from functools import cache

from portal.regions.areas import outlines

Ring = list[tuple[float, float]]

KNOWN_MIDDLES = {
    "330105010": (30.350, 120.163),  # 康桥街道
    "330102013": (30.282, 120.196),  # 闸弄口街道
    "330106013": (30.292, 120.098),  # 文新街道
}
METRES_PER_DEGREE = 111_320.0


@cache
def rings(district: str) -> list[Ring]:
    """Return the outer rings of a district as (lat, lng); KeyError when its outline is not there."""
    for feature in outlines()["features"]:
        if feature["properties"]["code"] == district:
            shape = feature["geometry"]
            parts = shape["coordinates"] if shape["type"] == "MultiPolygon" else [shape["coordinates"]]
            return [[(lat, lng) for lng, lat in part[0]] for part in parts]
    raise KeyError(district)


def is_inside(district: str, lat: float, lng: float) -> bool:
    """Say whether a point lies in the district's outline (even-odd rule)."""
    return any(_in_ring(ring, lat, lng) for ring in rings(district))


def _in_ring(ring: Ring, lat: float, lng: float) -> bool:
    inside = False
    for (lat_a, lng_a), (lat_b, lng_b) in zip(ring, [*ring[1:], ring[0]], strict=True):
        if (lat_a > lat) != (lat_b > lat) and lng < (lng_b - lng_a) * (lat - lat_a) / (lat_b - lat_a) + lng_a:
            inside = not inside
    return inside


@cache
def middle(street: str) -> tuple[float, float]:
    """Return the middle of a street as (lat, lng): of two points drawn from its code the one nearer the district's."""
    if street in KNOWN_MIDDLES:
        return KNOWN_MIDDLES[street]
    district = street[:6]
    rng = random.Random(f"middle {street}")  # noqa: S311
    ring = max(rings(district), key=len)
    south, north = min(lat for lat, _lng in ring), max(lat for lat, _lng in ring)
    west, east = min(lng for _lat, lng in ring), max(lng for _lat, lng in ring)
    found: list[tuple[float, float]] = []
    while len(found) < 2:
        lat, lng = rng.uniform(south, north), rng.uniform(west, east)
        if is_inside(district, lat, lng):
            found.append((lat, lng))
    centre = ((south + north) / 2, (west + east) / 2)
    return min(found, key=lambda point: math.dist(point, centre))


def place(rng: random.Random, street: str, spread_m: float = 700.0) -> tuple[float, float]:
    """Return a point of the street as (lat, lng), rounded to about 10 m, inside the district."""
    lat, lng = middle(street)
    for attempt in range(60):
        spread = spread_m * (1 - attempt / 60)
        near_lat, near_lng = shifted(lat, lng, rng.gauss(0, spread), rng.gauss(0, spread))
        if is_inside(street[:6], near_lat, near_lng):
            return near_lat, near_lng
    return round(lat, 4), round(lng, 4)


def shifted(lat: float, lng: float, north_m: float, east_m: float) -> tuple[float, float]:
    """Return the point so many metres to the north and the east, rounded to about 10 m."""
    return (
        round(lat + north_m / METRES_PER_DEGREE, 4),
        round(lng + east_m / METRES_PER_DEGREE / math.cos(math.radians(lat)), 4),
    )
