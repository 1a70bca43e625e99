"""A position as people write or paste it."""

import re
import unicodedata
from typing import NamedTuple

from django.utils.translation import gettext_lazy as _

from .datums import GCJ02, to_wgs84
from .errors import PositionError, require_china, require_datum
from .links import find_link, read_link

_MOST_CHARACTERS = 4000
_WORDS = (
    (re.compile(r"(?:北纬|纬度|latitude|lat)\s*[:=]?", re.I), "N"),
    (re.compile(r"(?:东经|经度|longitude|lng|lon)\s*[:=]?", re.I), "E"),
    (re.compile(r"南纬"), "S"),
    (re.compile(r"西经"), "W"),
    (re.compile(r"[度º]"), "°"),
    (re.compile(r"分|[’'](?![’'])"), "′"),
    (re.compile(r"秒|\"|”|′′|″|[’']{2}"), "″"),
)
_ANGLE = (
    r"\s*([NSEW]?)\s*([+-]?[0-9]{1,3}(?:\.[0-9]{1,20})?)\s*"
    r"(?:°\s*(?:([0-9]{1,2}(?:\.[0-9]{1,20})?)\s*′\s*(?:([0-9]{1,2}(?:\.[0-9]{1,20})?)\s*″\s*)?)?)?([NSEW]?)\s*"
)
_PAIR = re.compile(f"{_ANGLE}[,;、/\\s]{_ANGLE}", re.I)


class Position(NamedTuple):
    """A WGS-84 position, and the datum in which it was entered."""

    lat: float
    lng: float
    entered_datum: str


def _angle(
    before: str, degrees: str, minutes: str | None, seconds: str | None, after: str
) -> tuple[str, float]:
    """Return (axis letter or "", signed degrees); raises ValueError when the pieces contradict each other."""
    letter = (before or after).upper()
    if before and after and before.upper() != after.upper():
        raise ValueError(degrees)
    if float(minutes or 0) >= 60 or float(seconds or 0) >= 60:
        raise ValueError(degrees)
    size = abs(float(degrees)) + float(minutes or 0) / 60 + float(seconds or 0) / 3600
    return letter, -size if degrees.startswith("-") or letter in {"S", "W"} else size


def _read_numbers(text: str) -> tuple[float, float]:
    """Return (lat, lng) of two written angles. Raises ValueError when they cannot be read."""
    for pattern, sign in _WORDS:
        text = pattern.sub(sign, text)
    found = _PAIR.fullmatch(text.replace("−", "-").strip("()[]{}<> \t\r\n"))
    if not found:
        raise ValueError(text)
    (first_letter, first), (second_letter, second) = _angle(*found.groups()[:5]), _angle(*found.groups()[5:])
    if first_letter in {"E", "W"} and second_letter in {"", "N", "S"}:
        return second, first
    if second_letter in {"N", "S"} and first_letter == "":
        return second, first
    if first_letter in {"E", "W"} or second_letter in {"N", "S"}:
        raise ValueError(text)
    return first, second


def parse_position(text: str, datum: str = GCJ02) -> Position:
    """Return the position that was written or pasted, as WGS-84.

    `text` is "30.28, 120.18", degrees with N/E or 北纬/东经, or a full link of Amap, Tencent, Baidu and the
    like. A link that implies its datum (Amap, Tencent, Baidu, OpenStreetMap, geo:) overrides `datum`. Raises only
    PositionError: empty, unreadable, swapped, outside, short_link, unknown_link, no_position, datum.
    """
    require_datum(datum)
    raw = str(text).strip()[:_MOST_CHARACTERS]
    if not raw:
        raise PositionError(
            "empty",
            _("Write the latitude and the longitude, for example 30.28, 120.18, or paste a map link."),
        )
    link = find_link(raw)
    if link:
        lat, lng, link_datum = read_link(link)
        datum = link_datum or datum
    else:
        try:
            lat, lng = _read_numbers(unicodedata.normalize("NFKC", raw.replace("º", "°")))
        except ValueError:
            raise PositionError(
                "unreadable",
                _(
                    "This is not a position. Write the latitude, a comma and the longitude, for example "
                    "30.28, 120.18, or paste the full link of a place from Amap, Tencent or Baidu."
                ),
            ) from None
    require_china(lat, lng)
    lat, lng = to_wgs84(lat, lng, datum)
    return Position(round(lat, 7), round(lng, 7), datum)
