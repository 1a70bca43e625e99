"""What a query may ask about place: near a point, or inside a box."""

import re
import unicodedata
from typing import Any, NamedTuple

from django.utils.text import format_lazy
from django.utils.translation import gettext_lazy as _

from .datums import WGS84, to_wgs84
from .errors import PositionError, refuse_swapped, require_datum

DEFAULT_RADIUS_M = 3000
MAX_RADIUS_M = 50000
_OFF_EARTH = _("A latitude is from -90 to 90 and a longitude from -180 to 180.")
_NUMBER = re.compile(r"[+-]?[0-9]{1,7}(?:\.[0-9]{0,20})?")


class Near(NamedTuple):
    """A WGS-84 point and how far to look around it, in metres."""

    lat: float
    lng: float
    radius_m: int


class Box(NamedTuple):
    """A WGS-84 box by its edges."""

    west: float
    south: float
    east: float
    north: float


def _numbers(text: Any, count: int) -> list[float] | None:
    pieces = [piece.strip() for piece in unicodedata.normalize("NFKC", str(text)[:200]).split(",")]
    if len(pieces) != count or not all(_NUMBER.fullmatch(piece) for piece in pieces):
        return None
    return [float(piece) for piece in pieces]


def _on_earth(lat: float, lng: float) -> bool:
    return -90 <= lat <= 90 and -180 <= lng <= 180


def parse_radius(text: Any) -> int:
    """Return a radius in whole metres; empty means the usual one. Raises PositionError `radius`."""
    cleaned = unicodedata.normalize("NFKC", str("" if text is None else text)[:50]).strip()
    if not cleaned:
        return DEFAULT_RADIUS_M
    if not _NUMBER.fullmatch(cleaned) or not 1 <= float(cleaned) <= MAX_RADIUS_M:
        raise PositionError(
            "radius",
            format_lazy(
                _("The radius is in metres, from 1 to {most}. Leave it out for {usual}."),
                most=MAX_RADIUS_M,
                usual=DEFAULT_RADIUS_M,
            ),
        )
    return int(float(cleaned))


def parse_near(text: Any, radius: Any = None, datum: str = WGS84) -> Near:
    """Return the point and radius of `near=lat,lng` and `radius=metres`.

    Raises PositionError: `near` (not two numbers), `swapped`, `outside` (not on earth), `radius`, `datum`.
    """
    require_datum(datum)
    found = _numbers(text, 2)
    if found is None:
        raise PositionError("near", _("Write near as latitude, comma, longitude: near=30.28,120.18"))
    lat, lng = found
    refuse_swapped(lat, lng)
    if not _on_earth(lat, lng):
        raise PositionError("outside", _OFF_EARTH)
    return Near(*to_wgs84(lat, lng, datum), parse_radius(radius))


def parse_bbox(text: Any, datum: str = WGS84) -> Box:
    """Return the box of `bbox=west,south,east,north` (longitude first, as GeoJSON writes it).

    Raises PositionError: `box` (not four numbers, or edges crossed), `swapped`, `outside`,
    `datum`.
    """
    require_datum(datum)
    found = _numbers(text, 4)
    if found is None:
        raise PositionError(
            "box", _("Write bbox as west,south,east,north in degrees, for example bbox=120.1,30.2,120.3,30.4")
        )
    west, south, east, north = found
    for lat, lng in ((south, west), (north, east)):
        if not _on_earth(lat, lng) and _on_earth(lng, lat):
            raise PositionError("swapped", _("A bbox has the longitude first: west,south,east,north."))
        if not _on_earth(lat, lng):
            raise PositionError("outside", _OFF_EARTH)
    if west > east or south > north:
        raise PositionError("box", _("In a bbox, west is less than east and south is less than north."))
    low, high = to_wgs84(south, west, datum), to_wgs84(north, east, datum)
    return Box(low[1], low[0], high[1], high[0])
