"""Positions: three datums, distances, what people paste, and the links that lead there.

Everything stored is WGS-84; conversion happens here, at the edge. Import from this package, not its modules.
"""

from .bounds import Box, Near, parse_bbox, parse_near
from .datums import (
    BD09,
    DATUMS,
    GCJ02,
    WGS84,
    bd09_to_gcj02,
    bd09_to_wgs84,
    bd09mc_to_bd09,
    distance_m,
    from_wgs84,
    gcj02_to_bd09,
    gcj02_to_wgs84,
    to_wgs84,
    wgs84_to_bd09,
    wgs84_to_gcj02,
)
from .errors import PositionError
from .navigation import NavigationLink, navigation_links
from .positions import Position, parse_position

__all__ = [
    "BD09",
    "DATUMS",
    "GCJ02",
    "WGS84",
    "Box",
    "NavigationLink",
    "Near",
    "Position",
    "PositionError",
    "bd09_to_gcj02",
    "bd09_to_wgs84",
    "bd09mc_to_bd09",
    "distance_m",
    "from_wgs84",
    "gcj02_to_bd09",
    "gcj02_to_wgs84",
    "navigation_links",
    "parse_bbox",
    "parse_near",
    "parse_position",
    "to_wgs84",
    "wgs84_to_bd09",
    "wgs84_to_gcj02",
]
