"""Listings by distance: a box that grows until it holds enough."""

import math

from portal.listings.coordinates import Near, distance_m
from portal.listings.querysets import ListingQuerySet

FIRST_RADIUS_M = 500.0
METRES_PER_DEGREE = 111_320.0


def _in_circle(rows: ListingQuerySet, near: Near, radius_m: float) -> list[tuple[float, int]]:
    tall = radius_m / METRES_PER_DEGREE * 1.002
    wide = tall / max(math.cos(math.radians(near.lat)), 0.01)
    box = rows.within(near.lng - wide, near.lat - tall, near.lng + wide, near.lat + tall)
    found = box.order_by().values_list("pk", "lat", "lng")
    measured = ((distance_m(near.lat, near.lng, lat, lng), pk) for pk, lat, lng in found)
    return sorted(pair for pair in measured if pair[0] <= radius_m)


def nearest(rows: ListingQuerySet, near: Near, count: int) -> list[tuple[float, int]]:
    """Return the `count` nearest as (metres, pk), ties broken by pk; fewer when fewer lie within the radius.

    The circle grows until it holds enough, by what the last one held, so the cost follows the answer and not the table.
    """
    limit = float(near.radius_m)
    radius = min(FIRST_RADIUS_M, limit)
    while True:
        found = _in_circle(rows, near, radius)
        if len(found) >= count or radius >= limit:
            return found[:count]
        radius = min(radius * _growth(len(found), count), limit)


def _growth(found: int, wanted: int) -> float:
    """Return by how much the next circle is wider: as much as evenly spread places would need, and a little more.

    Where little was found that says little, and a wide circle costs less than a third one.
    """
    return min(max(1.2 * math.sqrt(wanted / (found or 0.5)), 1.3), 6.0)


def around(rows: ListingQuerySet, near: Near) -> list[tuple[float, int]]:
    """Return everything within the radius as (metres, pk), nearest first, ties broken by pk."""
    return _in_circle(rows, near, near.radius_m)
