"""Reading what the map loads, as `static/js/map/points.js` does: columns, folded names, courses of states."""

import datetime as dt
import re
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class Read:
    """One place of the map's data; positions in whole steps of `scale`."""

    kind: str
    name: str
    url: str
    lat: int
    lng: int
    is_exact: bool
    district: str
    price: str
    course: str


def unpack(data: dict[str, Any]) -> dict[str, Read]:
    """Return every place by its public id."""
    found = {}
    south, west = data["origin"]
    for rows in data["kinds"]:
        count = len(rows["ids"]) // 10
        names, before = [], ""
        for line in rows["names"].split("\n"):
            shared = int(line[0], 36)
            before = line[1:] + before[len(before) - shared :]
            names.append(before)
        fields = ("lat", "lng", "roughly", "district", "course", "price")
        columns = zip(*(_numbers(rows[field], count) for field in fields), strict=True)
        for row, (lat, lng, roughly, district, way, price) in enumerate(columns):
            number = rows["ids"][row * 10 : row * 10 + 10]
            found[number] = Read(
                rows["kind"],
                names[row],
                rows["url"].replace("*", number),
                south + lat,
                west + lng,
                not roughly,
                data["districts"][district],
                rows["prices"][price],
                data["courses"][way],
            )
    return found


def _numbers(text: str, count: int) -> list[int]:
    width = len(text) // count
    return [int(text[row * width : (row + 1) * width] or "0", 36) for row in range(count)]


def steps_of(course: str) -> list[tuple[int, str]]:
    """Return minutes and codes of a course."""
    return [
        (0, course[0]),
        *((int(minute), code) for minute, code in re.findall(r"(\d+)([a-z])", course[1:])),
    ]


def open_at(data: dict[str, Any], moment: dt.datetime) -> dict[str, bool | None]:
    """Return by public id whether the map shows a place as open at a moment; None is unknown."""
    minute = moment.timestamp() // 60 - data["from"]
    said = {"o": True, "e": True, "u": None}
    return {
        number: said.get([code for start, code in steps_of(read.course) if start <= minute][-1], False)
        for number, read in unpack(data).items()
    }
