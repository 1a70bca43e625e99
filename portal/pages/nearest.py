"""The nearest places around a point, as cards in order."""

import datetime as dt
from typing import Any

from portal.listings import nearby, reading
from portal.listings.coordinates import Near
from portal.pages.places import Place


def near_of(place: Place, radius_m: int) -> Near:
    """Return a place's point for `nearby`."""
    return Near(place.lat or 0.0, place.lng or 0.0, radius_m)


def nearest_cards(rows: Any, near: Near, moment: dt.datetime, count: int) -> list[reading.Card]:
    """Return up to `count` cards within the radius, nearest first, with their distances (two queries)."""
    distances = {pk: round(metres) for metres, pk in nearby.nearest(rows, near, count)}
    found = {card.pk: card for card in reading.cards(rows.filter(pk__in=distances), moment, distances)}
    return [found[pk] for pk in distances if pk in found]
