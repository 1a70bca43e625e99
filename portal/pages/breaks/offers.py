"""What a place offers within a break, read from its card. No clock, and no database but what the cards ask together.

A break has three parts. A place offers a part when it is known to be open long enough for it, counted from the moment
that somebody can be there; unknown hours offer nothing.
"""

import datetime as dt
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from canteens.left import in_stock
from canteens.serving import discount_at, meal_at
from portal.listings.hours import Calendar, Stretch, stretches_around
from portal.listings.reading import Card
from portal.pages.freshness import leading_freshness
from portal.pages.wording import minutes_to
from services.stations.amenities import COMFORTS, COURIER_CHARGING, DRIVER_CHARGING, RESTING
from services.stations.templatetags.station_now import live_status

WINDOW = dt.timedelta(minutes=40)
#: What each part takes, and how long the place must be open for it: who is served may eat on after the last order.
TAKES = {part: dt.timedelta(minutes=count) for part, count in (("meal", 15), ("charging", 10), ("rest", 10))}
OPEN_FOR = {**TAKES, "meal": dt.timedelta(minutes=5)}
PARTS = tuple(TAKES)


@dataclass(frozen=True, slots=True)
class Asked:
    """Who asks: from when on, with which calendar, on an e-bike or in a car."""

    moment: dt.datetime
    calendar: Calendar
    is_driver: bool = False

    @property
    def charging(self) -> frozenset[str]:
        """Return the amenities that count as charging."""
        return DRIVER_CHARGING if self.is_driver else COURIER_CHARGING


@dataclass(frozen=True, slots=True)
class Offer:
    """A place, the parts of a break that it offers, and the stretch of its hours that lies in the window.

    `doubts` counts what may make the way be for nothing: facts not confirmed lately, a meal without a price.
    """

    card: Card
    parts: tuple[str, ...]
    stretch: Stretch
    doubts: int = 0

    @property
    def metres(self) -> float:
        """Return the distance, 0 where nobody knows from where."""
        return self.card.distance_m or 0

    @property
    def is_double(self) -> bool:
        """Say whether one stop here does more than one thing."""
        return len(self.parts) > 1

    def start(self, arrives: dt.datetime) -> dt.datetime:
        """Return when somebody who arrives then can begin."""
        return max(arrives, self.stretch.starts_at)

    def does(self, part: str, arrives: dt.datetime, end: dt.datetime) -> bool:
        """Say whether the part can be had by who arrives then and must leave at `end`."""
        start = self.start(arrives)
        return start + OPEN_FOR[part] <= self.stretch.ends_at and start + TAKES[part] <= end


@dataclass(frozen=True, slots=True)
class Sorted:
    """All places near by: what they offer, what is left out and why, what is unknown, and the rest by next opening."""

    offers: list[Offer]
    held: list[Card]
    full: list[Card]
    late: list[Card]
    unknown: list[Card]
    later: list[Card]


def parts_of(doc: dict[str, Any], asked: Asked) -> tuple[str, ...]:
    """Return the parts of a break that a place is there for, whatever its hours."""
    if doc["kind"] == "canteen":
        return ("meal",)
    codes = {amenity["code"] for amenity in doc.get("amenities", [])}
    has = {"charging": bool(codes & asked.charging), "rest": bool(codes & RESTING)}
    return tuple(part for part in PARTS if has.get(part))


def sort_cards(cards: Iterable[Card], asked: Asked) -> Sorted:
    """Sort places, nearest first as they come, by what they are good for in this break."""
    found = Sorted([], [], [], [], [], [])
    for card in cards:
        parts = parts_of(card.doc, asked)
        if not parts:
            continue
        offer = offer_of(card, parts, asked)
        live = live_status(card.doc_now, asked.moment) if card.doc["kind"] == "station" else None
        if card.status.held or (card.doubt and card.status.is_open):
            found.held.append(card)
        elif card.status.is_open is None:
            found.unknown.append(card)
        elif offer and live and live["code"] == "full":
            found.full.append(card)
        elif offer:
            found.offers.append(offer)
        elif card.status.is_open:
            found.late.append(card)
        elif card.status.opens_next_at:
            found.later.append(card)
    found.later.sort(key=lambda card: (card.status.opens_next_at, card.distance_m or 0))
    return found


def offer_of(card: Card, parts: tuple[str, ...], asked: Asked) -> Offer | None:
    """Return what a place offers to who sets out now; None when nothing fits into the window."""
    if card.status.held:
        return None
    arrives = asked.moment + dt.timedelta(minutes=travel_minutes(card.distance_m))
    end = asked.moment + WINDOW
    for stretch in stretches_around(card.doc, asked.calendar, asked.moment):
        offer = Offer(card, parts, stretch)
        fitting = tuple(part for part in parts if offer.does(part, arrives, end))
        if fitting and asked.moment < stretch.ends_at:
            return Offer(card, fitting, stretch, doubts_of(doc_of(card, asked), asked, offer.start(arrives)))
    return None


def doc_of(card: Card, asked: Asked) -> dict[str, Any]:
    """Return what counts of a place: a meal that is sold out is none."""
    return in_stock(card.doc_now, asked.moment) if card.doc["kind"] == "canteen" else card.doc


def doubts_of(doc: dict[str, Any], asked: Asked, start: dt.datetime) -> int:
    """Return how many reasons there are to rather go elsewhere."""
    has_price = doc["kind"] != "canteen" or meal_at(doc, asked.calendar, start) or discount_at(doc, start)
    return (not leading_freshness(doc, asked.moment).is_fresh) + (not has_price)


def travel_minutes(metres: float | None) -> int:
    """Return the minutes to a place; next door takes none, and no distance is known without a point."""
    return minutes_to(metres) if metres is not None and metres > 30 else 0


def what_of(offer: Offer, asked: Asked, start: dt.datetime) -> dict[str, Any]:
    """Return what is had there: set meal and percentage of that moment, or the amenities that count, and comforts."""
    doc = doc_of(offer.card, asked)
    if doc["kind"] == "canteen":
        return {
            "meal": meal_at(doc, asked.calendar, start),
            "discount": discount_at(doc, start),
        }
    amenities = doc.get("amenities", [])
    return {
        "charging": [amenity for amenity in amenities if amenity["code"] in asked.charging],
        "comforts": [amenity for amenity in amenities if amenity["code"] in COMFORTS],
    }
