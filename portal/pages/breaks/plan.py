"""The plan of a break: which stops, in which order. Pure: no database, no clock.

Every order of a few near candidates is tried. The plan that has the most parts wins, then the one that costs the least
time on the way and in front of closed doors; a stop that is saved, and facts without doubt, are worth some minutes.
"""

import datetime as dt
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from itertools import permutations, product
from typing import Any

from portal.listings.coordinates import distance_m
from portal.pages.breaks.offers import PARTS, TAKES, WINDOW, Asked, Offer, travel_minutes

CANDIDATES = 4
#: A place that saves a stop may lie this much further.
DOUBLE_M = 300
STOP_MINUTES = 3
#: What is doubtful about a place counts like minutes on the way.
DOUBT_MINUTES = 3
BESIDE_M = 120


@dataclass(frozen=True, slots=True)
class Stop:
    """One stop: the place, what is done there, when, and how far it is from the one before."""

    offer: Offer
    parts: tuple[str, ...]
    arrives: dt.datetime
    starts: dt.datetime
    leaves: dt.datetime
    leg_m: int

    @property
    def waits(self) -> bool:
        """Say whether the door is still shut on arrival."""
        return self.starts > self.arrives


@dataclass(frozen=True, slots=True)
class Plan:
    """The stops in order; `missing` are the parts that nobody near by offers or that do not fit in beside the rest."""

    stops: list[Stop] = field(default_factory=list)
    missing: tuple[str, ...] = PARTS
    minutes_left: int = 0

    @property
    def way_m(self) -> int:
        """Return the whole way in metres, straight lines added."""
        return sum(stop.leg_m for stop in self.stops)

    @property
    def way_minutes(self) -> int:
        """Return the minutes on the way."""
        return sum(travel_minutes(stop.leg_m) for stop in self.stops)

    @property
    def doubles(self) -> list[Stop]:
        """Return the stops that do more than one thing."""
        return [stop for stop in self.stops if len(stop.parts) > 1]

    @property
    def is_close_together(self) -> bool:
        """Say whether every stop after the first is beside the one before."""
        return len(self.stops) > 1 and all(stop.leg_m <= BESIDE_M for stop in self.stops[1:])


def best_plan(offers: Sequence[Offer], asked: Asked, point: tuple[float, float]) -> Plan:
    """Return the best plan for who sets out from a point now; an empty one when nothing is offered."""
    return min(_plans(offers, asked, point), key=_cost, default=Plan())


def candidates(offers: Sequence[Offer], part: str) -> list[Offer]:
    """Return the few places worth trying for a part, the nearest first; those that save a stop may lie further."""
    offering = [offer for offer in offers if part in offer.parts]
    return sorted(offering, key=lambda offer: offer.metres - DOUBLE_M * offer.is_double)[:CANDIDATES]


def _plans(offers: Sequence[Offer], asked: Asked, point: tuple[float, float]) -> Iterator[Plan]:
    choices: list[list[Offer | None]] = [[*candidates(offers, part), None] for part in PARTS]
    for chosen in product(*choices):
        wanted: dict[int, tuple[Offer, list[str]]] = {}
        for part, offer in zip(PARTS, chosen, strict=True):
            if offer is not None:
                wanted.setdefault(offer.card.pk, (offer, []))[1].append(part)
        for order in permutations(wanted.values()):
            if plan := _walk(order, asked, point):
                yield plan


def _walk(order: Sequence[tuple[Offer, list[str]]], asked: Asked, point: tuple[float, float]) -> Plan | None:
    """Return the plan of these stops in this order, None when one of them cannot be had in time."""
    now, here, end = asked.moment, point, asked.moment + WINDOW
    stops = []
    for offer, parts in order:
        there = _position(offer)
        leg = round(distance_m(*here, *there))
        arrives = now + dt.timedelta(minutes=travel_minutes(leg))
        if not all(offer.does(part, arrives, end) for part in parts):
            return None
        starts = offer.start(arrives)
        now, here = starts + max(TAKES[part] for part in parts), there
        stops.append(Stop(offer, tuple(parts), arrives, starts, now, leg))
    had = {part for stop in stops for part in stop.parts}
    left = round((end - now).total_seconds() / 60)
    return Plan(stops, tuple(part for part in PARTS if part not in had), left)


def _position(offer: Offer) -> tuple[float, float]:
    position: Any = offer.card.doc["position"]
    return position["lat"], position["lng"]


def _cost(plan: Plan) -> tuple[int, float, int]:
    waited = sum((stop.starts - stop.arrives).total_seconds() / 60 for stop in plan.stops)
    doubts = sum(stop.offer.doubts for stop in plan.stops)
    minutes = plan.way_minutes + waited + STOP_MINUTES * len(plan.stops) + DOUBT_MINUTES * doubts
    return len(plan.missing), minutes, plan.way_m
