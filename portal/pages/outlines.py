"""In which district a point lies, from the coarse outlines that the map shows."""

from functools import cache

from portal.regions.areas import outlines

Ring = tuple[tuple[float, float], ...]


@cache
def polygons() -> tuple[tuple[str, tuple[Ring, ...]], ...]:
    """Return (district code, rings) of every polygon; the first ring is the outer one."""
    found = []
    for feature in outlines()["features"]:
        geometry = feature["geometry"]
        parts = geometry["coordinates"] if geometry["type"] == "MultiPolygon" else [geometry["coordinates"]]
        for part in parts:
            rings = tuple(tuple((point[0], point[1]) for point in ring) for ring in part)
            found.append((feature["properties"]["code"], rings))
    return tuple(found)


def _inside(ring: Ring, lat: float, lng: float) -> bool:
    """Say whether a point lies in a ring: a ray to the east crosses its edges an odd number of times."""
    crossed = False
    for (x1, y1), (x2, y2) in zip(ring, ring[1:] + ring[:1], strict=True):
        if (y1 > lat) != (y2 > lat) and lng < (x2 - x1) * (lat - y1) / (y2 - y1) + x1:
            crossed = not crossed
    return crossed


def district_at(lat: float, lng: float) -> str:
    """Return the code of the district that holds a WGS-84 point, "" outside the city."""
    for code, rings in polygons():
        if _inside(rings[0], lat, lng) and not any(_inside(hole, lat, lng) for hole in rings[1:]):
            return code
    return ""
