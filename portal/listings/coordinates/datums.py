"""WGS-84, GCJ-02 and BD-09, and the distance between two points.

GCJ-02 is the published offset on the Krasovsky ellipsoid, BD-09 Baidu's published shift of GCJ-02, BD-09MC
Baidu's piecewise Mercator. The inverses solve the forward formula by fixed-point iteration, so a round trip
stays below 1e-9 degrees. Outside the published frame of the offset all three are the same. Functions take and
return degrees.
"""

from collections.abc import Callable
from math import asin, atan2, cos, pi, radians, sin, sqrt

Point = tuple[float, float]

WGS84, GCJ02, BD09 = "wgs84", "gcj02", "bd09"
DATUMS = (WGS84, GCJ02, BD09)

_SEMI_MAJOR_M = 6378245.0
_ECCENTRICITY2 = 0.00669342162296594323
_FRAME = (0.8293, 55.8271, 72.004, 137.8347)
_BAIDU_PI = pi * 3000.0 / 180.0
_EARTH_RADIUS_M = 6371008.8
_STEPS = 30
_CLOSE_ENOUGH = 1e-12

# Baidu's Mercator to degrees, by band of northing: two terms for x, seven for y, and the scale of y.
_MERCATOR_BANDS = (12890594.86, 8362377.87, 5591021.0, 3481989.83, 1678043.12, 0.0)
_MERCATOR_TERMS = (
    (1.410526172116255e-8, 8.98305509648872e-6, -1.9939833816331, 200.9824383106796, -187.2403703815547,
     91.6087516669843, -23.38765649603339, 2.57121317296198, -0.03801003308653, 17337981.2),
    (-7.435856389565537e-9, 8.983055097726239e-6, -0.78625201886289, 96.32687599759846, -1.85204757529826,
     -59.36935905485877, 47.40033549296737, -16.50741931063887, 2.28786674699375, 10260144.86),
    (-3.030883460898826e-8, 8.98305509983578e-6, 0.30071316287616, 59.74293618442277, 7.357984074871,
     -25.38371002664745, 13.45380521110908, -3.29883767235584, 0.32710905363475, 6856817.37),
    (-1.981981304930552e-8, 8.983055099779535e-6, 0.03278182852591, 40.31678527705744, 0.65659298677277,
     -4.44255534477492, 0.85341911805263, 0.12923347998204, -0.04625736007561, 4482777.06),
    (3.09191371068437e-9, 8.983055096812155e-6, 6.995724062e-5, 23.10934304144901, -0.00023663490511,
     -0.6321817810242, -0.00663494467273, 0.03430082397953, -0.00466043876332, 2555164.4),
    (2.890871144776878e-9, 8.983055095805407e-6, -3.068298e-8, 7.47137025468032, -3.53937994e-6,
     -0.02145144861037, -1.234426596e-5, 0.00010322952773, -3.23890364e-6, 826088.5),
)  # fmt: skip


def _in_frame(lat: float, lng: float) -> bool:
    return _FRAME[0] <= lat <= _FRAME[1] and _FRAME[2] <= lng <= _FRAME[3]


def _offset(lat: float, lng: float) -> Point:
    """Return the point that GCJ-02 puts in place of a WGS-84 one, without asking where it is."""
    x, y = lng - 105.0, lat - 35.0
    wave = (20.0 * sin(6.0 * x * pi) + 20.0 * sin(2.0 * x * pi)) * 2.0 / 3.0
    north = -100.0 + 2.0 * x + 3.0 * y + 0.2 * y * y + 0.1 * x * y + 0.2 * sqrt(abs(x)) + wave
    north += (20.0 * sin(y * pi) + 40.0 * sin(y / 3.0 * pi)) * 2.0 / 3.0
    north += (160.0 * sin(y / 12.0 * pi) + 320.0 * sin(y * pi / 30.0)) * 2.0 / 3.0
    east = 300.0 + x + 2.0 * y + 0.1 * x * x + 0.1 * x * y + 0.1 * sqrt(abs(x)) + wave
    east += (20.0 * sin(x * pi) + 40.0 * sin(x / 3.0 * pi)) * 2.0 / 3.0
    east += (150.0 * sin(x / 12.0 * pi) + 300.0 * sin(x / 30.0 * pi)) * 2.0 / 3.0
    phi = radians(lat)
    magic = 1.0 - _ECCENTRICITY2 * sin(phi) ** 2
    meridian_m = _SEMI_MAJOR_M * (1.0 - _ECCENTRICITY2) / (magic * sqrt(magic))
    parallel_m = _SEMI_MAJOR_M / sqrt(magic) * cos(phi)
    return lat + north * 180.0 / (meridian_m * pi), lng + east * 180.0 / (parallel_m * pi)


def _shift(lat: float, lng: float) -> Point:
    """Return the point that BD-09 puts in place of a GCJ-02 one, without asking where it is."""
    radius = sqrt(lng * lng + lat * lat) + 0.00002 * sin(lat * _BAIDU_PI)
    angle = atan2(lat, lng) + 0.000003 * cos(lng * _BAIDU_PI)
    return radius * sin(angle) + 0.006, radius * cos(angle) + 0.0065


def _solve(forward: Callable[[float, float], Point], lat: float, lng: float) -> Point:
    """Return the point that `forward` takes to the given one; points move little, so it converges."""
    guess_lat, guess_lng = lat, lng
    for _step in range(_STEPS):
        found_lat, found_lng = forward(guess_lat, guess_lng)
        guess_lat, guess_lng = guess_lat + lat - found_lat, guess_lng + lng - found_lng
        if abs(found_lat - lat) < _CLOSE_ENOUGH and abs(found_lng - lng) < _CLOSE_ENOUGH:
            break
    return guess_lat, guess_lng


def _inverse(forward: Callable[[float, float], Point], lat: float, lng: float) -> Point:
    if not _in_frame(lat, lng):
        return lat, lng
    found = _solve(forward, lat, lng)
    return found if _in_frame(*found) else (lat, lng)


def wgs84_to_gcj02(lat: float, lng: float) -> Point:
    """Return a WGS-84 position as Amap and Tencent write it."""
    return _offset(lat, lng) if _in_frame(lat, lng) else (lat, lng)


def gcj02_to_wgs84(lat: float, lng: float) -> Point:
    """Return an Amap or Tencent position as WGS-84."""
    return _inverse(_offset, lat, lng)


def gcj02_to_bd09(lat: float, lng: float) -> Point:
    """Return an Amap or Tencent position as Baidu writes it."""
    return _shift(lat, lng) if _in_frame(lat, lng) else (lat, lng)


def bd09_to_gcj02(lat: float, lng: float) -> Point:
    """Return a Baidu position as Amap and Tencent write it."""
    return _inverse(_shift, lat, lng)


def wgs84_to_bd09(lat: float, lng: float) -> Point:
    """Return a WGS-84 position as Baidu writes it."""
    return gcj02_to_bd09(*wgs84_to_gcj02(lat, lng))


def bd09_to_wgs84(lat: float, lng: float) -> Point:
    """Return a Baidu position as WGS-84."""
    return gcj02_to_wgs84(*bd09_to_gcj02(lat, lng))


def bd09mc_to_bd09(x: float, y: float) -> Point:
    """Return Baidu's Mercator metres (as in the address of map.baidu.com) as BD-09 degrees."""
    terms = next(row for band, row in zip(_MERCATOR_BANDS, _MERCATOR_TERMS, strict=True) if abs(y) >= band)
    scaled = abs(y) / terms[9]
    lat = sum(term * scaled**power for power, term in enumerate(terms[2:9]))
    lng = terms[0] + terms[1] * abs(x)
    return (lat if y >= 0 else -lat), (lng if x >= 0 else -lng)


def to_wgs84(lat: float, lng: float, datum: str) -> Point:
    """Return a position of the named datum as WGS-84. Raises KeyError for any other than `DATUMS`."""
    return {WGS84: lambda a, b: (a, b), GCJ02: gcj02_to_wgs84, BD09: bd09_to_wgs84}[datum](lat, lng)


def from_wgs84(lat: float, lng: float, datum: str) -> Point:
    """Return a WGS-84 position in the named datum. Raises KeyError for any other than `DATUMS`."""
    return {WGS84: lambda a, b: (a, b), GCJ02: wgs84_to_gcj02, BD09: wgs84_to_bd09}[datum](lat, lng)


def distance_m(lat: float, lng: float, other_lat: float, other_lng: float) -> float:
    """Return the great-circle distance in metres (haversine on the mean earth radius)."""
    phi, other_phi = radians(lat), radians(other_lat)
    half = sin((other_phi - phi) / 2) ** 2
    half += cos(phi) * cos(other_phi) * sin(radians(other_lng - lng) / 2) ** 2
    return 2 * _EARTH_RADIUS_M * asin(min(1.0, sqrt(half)))
