"""The points of the map: every public place in some forty bytes, with the course of its state for two days."""

import datetime as dt
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

import orjson

from portal.listings.coordinates import GCJ02, from_wgs84
from portal.listings.courses import course
from portal.listings.hours import CITY_TIME, Calendar
from portal.listings.models import Listing
from portal.listings.models.listing import page_url
from portal.pages.packing import column, ending, fold_names
from portal.pages.prices import leading_price
from portal.regions.language import in_english

DAYS = 2
#: Steps to a degree. Without tiles the zoom ends where a pixel is 16 m wide.
FINE, COARSE = 100_000, 10_000
ANY_ID = "0" * 10


@dataclass(frozen=True, slots=True)
class Point:
    """One place as the map shows it; latitude and longitude are in the map's datum."""

    kind: str
    public_id: str
    name: str
    lat: float
    lng: float
    is_exact: bool
    district: str
    price: str
    course: str


def read_points(calendar: Calendar, first: dt.date, datum: str) -> list[Point]:
    """Return every public place in the reader's language (one query)."""
    rows = Listing.objects.published().filter(lat__isnull=False).exclude(document="").order_by("kind", "pk")
    return [
        point_of(orjson.loads(text), calendar, first, datum)
        for text in rows.values_list("document", flat=True)
    ]


def point_of(doc: dict[str, Any], calendar: Calendar, first: dt.date, datum: str) -> Point:
    """Return a public document as the map shows it."""
    position = doc["position"]
    lat, lng = position["lat"], position["lng"]
    if datum == GCJ02:
        lat, lng = from_wgs84(lat, lng, GCJ02)
    name = doc["name_en"] if in_english() else doc["name"]
    return Point(
        kind=doc["kind"],
        public_id=doc["id"],
        name=" ".join(name.split()),
        lat=lat,
        lng=lng,
        is_exact=position["accuracy"] == "exact",
        district=doc["district"]["code"] if doc["district"] else "",
        price=leading_price(doc),
        course=course(doc, calendar, first, DAYS),
    )


def pack(points: Iterable[Point], first: dt.date, scale: int) -> bytes:
    """Return the points as JSON: `from` (Unix minutes of the first midnight), `minutes`, `scale`, `origin`,
    `districts`, `courses`, and for each kind its columns; see `portal.pages.packing`."""
    ordered = sorted(points, key=lambda point: (point.kind, ending(point.name), point.public_id))
    south = round(min((point.lat for point in ordered), default=0) * scale)
    west = round(min((point.lng for point in ordered), default=0) * scale)
    districts, courses = Table(), Table()
    kinds = []
    for kind in dict.fromkeys(point.kind for point in ordered):
        rows = [point for point in ordered if point.kind == kind]
        prices = Table()
        prices.number("")
        kinds.append(
            {
                "kind": kind,
                "url": page_url(kind, ANY_ID).replace(ANY_ID, "*"),
                "ids": "".join(point.public_id for point in rows),
                "names": fold_names(point.name for point in rows),
                "lat": column([round(point.lat * scale) - south for point in rows]),
                "lng": column([round(point.lng * scale) - west for point in rows]),
                "roughly": column([int(not point.is_exact) for point in rows]),
                "district": column([districts.number(point.district) for point in rows]),
                "course": column([courses.number(point.course) for point in rows]),
                "price": column([prices.number(point.price) for point in rows]),
                "prices": prices.words,
            }
        )
    midnight = dt.datetime.combine(first, dt.time(), CITY_TIME)
    return orjson.dumps(
        {
            "from": int(midnight.timestamp() // 60),
            "minutes": DAYS * 24 * 60,
            "scale": scale,
            "origin": [south, west],
            "districts": districts.words,
            "courses": courses.words,
            "kinds": kinds,
        }
    )


class Table:
    """Words by number in the order in which they were first asked for."""

    def __init__(self) -> None:
        """Begin empty."""
        self._numbers: dict[str, int] = {}

    def number(self, word: str) -> int:
        """Return the number of a word."""
        return self._numbers.setdefault(word, len(self._numbers))

    @property
    def words(self) -> list[str]:
        """Return the words in the order of their numbers."""
        return list(self._numbers)
