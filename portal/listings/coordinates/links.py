"""Reading the position out of a pasted link of a map service.

Each service writes in its own datum: Amap and Tencent GCJ-02, Baidu BD-09, OpenStreetMap and geo: WGS-84.
Google and look-alikes do not say, so theirs is the datum that the form asked for.
"""

import re
from collections.abc import Iterable, Iterator
from urllib.parse import parse_qsl, unquote, urlsplit

from django.utils.translation import gettext_lazy as _

from .datums import BD09, GCJ02, WGS84, bd09mc_to_bd09
from .errors import PositionError

_LINK = re.compile(
    r"(?:(?:https?://|geo:)|(?<![\w.-])(?:[a-z0-9-]{1,63}\.){1,6}(?:com|cn|org|gl)/)[^\s<>\"】》」）]+", re.I
)
_SHORTENERS = (
    "surl.amap.com", "a.amap.com", "j.map.baidu.com", "dwz.cn", "surl.qq.com", "url.cn", "t.cn", "goo.gl",
    "g.co", "bit.ly", "maps.apple", "osm.org",
)  # fmt: skip
_NUMBER = r"([+-]?[0-9]{1,8}(?:\.[0-9]{1,20})?)"
_PAIR = re.compile(rf"\s*{_NUMBER}\s*[,，]\s*{_NUMBER}(?![0-9.])")
_AT = re.compile(rf"/@{_NUMBER},{_NUMBER}(?![0-9.])")
_PIN = re.compile(rf"!3d{_NUMBER}!4d{_NUMBER}(?![0-9.])")
_OSM = re.compile(rf"map=[0-9.]{{1,6}}/{_NUMBER}/{_NUMBER}(?![0-9.])")
_TENCENT_DATUMS = {"1": WGS84, "3": BD09, "5": GCJ02, "": GCJ02}
_BAIDU_DATUMS = {"": BD09, "bd09": BD09, "bd09ll": BD09, "bd09mc": BD09, "gcj02": GCJ02, "gcj02ll": GCJ02}
_BAIDU_DATUMS |= {"wgs84": WGS84, "wgs84ll": WGS84}

Found = tuple[float, float, str | None]


class _Link:
    """A link taken apart: host, path with fragment, and parameters by lower-case name."""

    def __init__(self, text: str) -> None:
        parts = urlsplit(text if "://" in text else f"https://{text}")
        self.host = (parts.hostname or "").removeprefix("www.")
        self.path = unquote(parts.path)
        self.tail = f"{self.path}#{unquote(parts.fragment)}"
        pairs = parse_qsl(parts.query) + parse_qsl(parts.fragment.partition("?")[2] or parts.fragment)
        self.values = {key.lower(): value for key, value in reversed(pairs)}

    def at(self, *hosts: str) -> bool:
        return any(self.host == host or self.host.endswith(f".{host}") for host in hosts)

    def pairs(self, keys: Iterable[str], prefix: str = "") -> Iterator[tuple[float, float]]:
        """Yield the two numbers that open the value of each key, in the order in which they are written."""
        for key in keys:
            value = self.values.get(key, "")
            found = _PAIR.match(value.partition(prefix)[2] if prefix and prefix in value else value)
            if found:
                yield float(found[1]), float(found[2])

    def two(self, *names: tuple[str, str]) -> Iterator[tuple[float, float]]:
        """Yield the numbers of parameters that come in twos."""
        for first, second in names:
            found = _PAIR.fullmatch(f"{self.values.get(first, '')},{self.values.get(second, '')}")
            if found:
                yield float(found[1]), float(found[2])


def find_link(text: str) -> str | None:
    """Return the first link in a pasted text, or None."""
    found = _LINK.search(text)
    return found[0] if found else None


def read_link(text: str) -> Found:
    """Return (lat, lng, datum or None when the link does not say) of a pasted link.

    Raises PositionError: `short_link`, `unknown_link`, `no_position`.
    """
    if text.lower().startswith("geo:"):
        geo = _PAIR.match(text[4:])
        if geo:
            return float(geo[1]), float(geo[2]), WGS84
        raise _no_position()
    try:
        link = _Link(text)
    except ValueError:
        raise _unknown_link() from None
    if link.at(*_SHORTENERS):
        raise PositionError(
            "short_link",
            _(
                "This is a shortened link, which does not hold the position. Open it in a browser and paste "
                "the full link from the address bar, or write the latitude and the longitude."
            ),
        )
    for hosts, reader in _READERS:
        if link.at(*hosts):
            found = next(reader(link), None)
            if found is None:
                raise _no_position()
            return found
    found = next(_read_plain(link), None)
    if found is None:
        raise _unknown_link()
    return found


def _no_position() -> PositionError:
    return PositionError(
        "no_position",
        _(
            "This link holds no position. Open the place on the map, choose share, and paste the full link, "
            "or write the latitude and the longitude."
        ),
    )


def _unknown_link() -> PositionError:
    return PositionError(
        "unknown_link",
        _(
            "We cannot read this link. Paste the full link of a place from Amap, Tencent or Baidu, or write "
            "the latitude and the longitude: 30.28, 120.18"
        ),
    )


def _read_amap(link: _Link) -> Iterator[Found]:
    datum = WGS84 if link.values.get("coordinate", "").lower().startswith("wgs") else GCJ02
    for lng, lat in link.pairs(("position", "to", "dest", "to[lnglat]", "lnglat", "center", "location")):
        yield lat, lng, datum
    for lng, lat in link.two(("lng", "lat"), ("lon", "lat"), ("dlon", "dlat")):
        yield lat, lng, datum
    for lat, lng in link.pairs(("q",)):
        yield lat, lng, datum
    for lat, lng in link.pairs(("p",), prefix=","):
        yield lat, lng, datum


def _read_tencent(link: _Link) -> Iterator[Found]:
    if link.values.get("coord_type", "") not in _TENCENT_DATUMS:
        raise _unknown_link()
    datum = _TENCENT_DATUMS[link.values.get("coord_type", "")]
    for lat, lng in link.pairs(("marker",), prefix="coord:"):
        yield lat, lng, datum
    for lat, lng in link.pairs(("tocoord", "coord", "center", "latlng", "c")):
        yield lat, lng, datum
    for lng, lat in link.two(("pointx", "pointy"), ("lng", "lat")):
        yield lat, lng, datum


def _read_baidu(link: _Link) -> Iterator[Found]:
    kind = link.values.get("coord_type", "").lower()
    if kind not in _BAIDU_DATUMS:
        raise _unknown_link()
    for first, second in link.pairs(("destination",), prefix="latlng:"):
        yield _baidu_point(first, second, _BAIDU_DATUMS[kind])
    for first, second in link.pairs(("location", "latlng", "center")):
        yield _baidu_point(first, second, _BAIDU_DATUMS[kind])
    at = _AT.search(link.tail)
    if at:
        yield _baidu_point(float(at[1]), float(at[2]), BD09)


def _baidu_point(first: float, second: float, datum: str) -> Found:
    """Read degrees as latitude, longitude; metres in either order, since in China x is the larger."""
    if max(abs(first), abs(second)) > 1000:
        return (*bd09mc_to_bd09(max(first, second), min(first, second)), BD09)
    return first, second, datum


def _read_osm(link: _Link) -> Iterator[Found]:
    for lat, lng in link.two(("mlat", "mlon")):
        yield lat, lng, WGS84
    found = _OSM.search(link.tail)
    if found:
        yield float(found[1]), float(found[2]), WGS84


def _read_plain(link: _Link) -> Iterator[Found]:
    for pattern in (_PIN, _AT):
        found = pattern.search(link.tail)
        if found:
            yield float(found[1]), float(found[2]), None
    for lat, lng in link.pairs(("q", "query", "ll", "destination", "daddr", "coordinate")):
        yield lat, lng, None


_READERS = (
    (("amap.com", "gaode.com"), _read_amap),
    (("map.qq.com",), _read_tencent),
    (("map.baidu.com",), _read_baidu),
    (("openstreetmap.org",), _read_osm),
)
