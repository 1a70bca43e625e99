"""Places that may be the same: a similar name within 150 metres."""

import math
import re
import unicodedata
from collections import defaultdict
from dataclasses import dataclass, field
from typing import Any

from rapidfuzz import fuzz, process

from portal.listings.coordinates import distance_m
from portal.listings.nearby import METRES_PER_DEGREE

WITHIN_M = 150.0
#: How alike two folded names are, of 100.
ALIKE = 78
#: A name that lies whole in another is alike from this many characters on.
WHOLE_NAME = 3
MOST = 5
#: No degree of longitude is narrower up to 60° north.
_TALL = WITHIN_M / METRES_PER_DEGREE
_WIDE = _TALL * 2
_CITY = re.compile(r"^(?:浙江省?)?(?:杭州市?)?")
_SHOP = re.compile(r"(?:总店|分店|旗舰店|直营店|店)$")
_SIGNS = re.compile(r"[\W_]+")
#: What tells two places of one name apart: a number, 一 to 十, 甲 to 丁 or a side before what is counted.
_MARKS = re.compile(
    r"\d+|[一二三四五六七八九十甲乙丙丁东西南北中a-z](?=[号期区楼食分店站幢栋座苑园院门侧馆])"
)


def folded(name: str) -> str:
    """Return a name without what people write one way or another: width, brackets, 杭州 before, 店 or 分店 after."""
    text = _SIGNS.sub("", unicodedata.normalize("NFKC", name).lower())
    return _SHOP.sub("", _CITY.sub("", text)) or text


def marks(name: str) -> tuple[str, ...]:
    """Return what tells a place from its neighbours of the same name: 一食堂 and 二食堂, 东区 and 西区 are two."""
    return tuple(_MARKS.findall(unicodedata.normalize("NFKC", name).lower()))


@dataclass(frozen=True, slots=True)
class Spot:
    """A place with what the row says of it: {"id"} of a listing or {"row"} of the file."""

    is_what: dict[str, Any]
    name: str
    lat: float
    lng: float


@dataclass
class Neighbourhood:
    """Places by cells of 150 metres, so that a name is compared with its neighbours alone."""

    cells: dict[tuple[int, int], list[tuple[str, tuple[str, ...], Spot]]] = field(
        default_factory=lambda: defaultdict(list)
    )

    def add(self, spot: Spot) -> None:
        """Take in a place."""
        self.cells[_cell(spot.lat, spot.lng)].append((folded(spot.name), marks(spot.name), spot))

    def near(self, name: str, lat: float, lng: float) -> list[dict[str, Any]]:
        """Return the places that may be the same, the nearest first, at most five: `is_what`, name and metres."""
        tall, wide = _cell(lat, lng)
        around = [
            known
            for down in (tall - 1, tall, tall + 1)
            for across in (wide - 1, wide, wide + 1)
            for known in self.cells.get((down, across), ())
        ]
        wanted, told = folded(name), marks(name)
        names = [known[0] for known in around]
        alike = {
            index
            for _name, _score, index in process.extract(
                wanted, names, scorer=fuzz.ratio, score_cutoff=ALIKE, limit=None
            )
        }
        alike |= {index for index, other in enumerate(names) if _lies_in(wanted, other)}
        found = []
        for index in sorted(alike):
            _folded, other_told, spot = around[index]
            metres = distance_m(lat, lng, spot.lat, spot.lng)
            if metres <= WITHIN_M and told == other_told:
                found.append({**spot.is_what, "name": spot.name, "metres": round(metres)})
        return sorted(found, key=lambda one: one["metres"])[:MOST]


def _cell(lat: float, lng: float) -> tuple[int, int]:
    return math.floor(lat / _TALL), math.floor(lng / _WIDE)


def _lies_in(one: str, other: str) -> bool:
    short, long = sorted((one, other), key=len)
    return len(short) >= WHOLE_NAME and short in long
