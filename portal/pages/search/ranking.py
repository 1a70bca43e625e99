"""Order what was found: what is called exactly so, then open, near, name."""

import datetime as dt
import math
from typing import Any

from django.db import connection
from django.db.models import (
    Case,
    Exists,
    ExpressionWrapper,
    F,
    FloatField,
    IntegerField,
    OuterRef,
    Q,
    Value,
    When,
)
from django.db.models.functions import Collate, StrIndex
from django.db.models.lookups import GreaterThan, LessThan, LessThanOrEqual

from portal.listings.models import Listing
from portal.listings.pinyin import fold
from portal.listings.querysets import ListingQuerySet
from portal.pages.places import Place
from portal.pages.search.understanding import Understanding, shortest

#: Within a ring the better name leads; what is a few metres nearer is not nearer.
RINGS_M = (300, 1_000, 2_000, 4_000, 8_000)
METRES_A_DEGREE = 111_195
BEGINS, NAMED, STREET, ELSEWHERE = range(4)
_NAME_ENDS = StrIndex("search_text", Value("\n"))
_STREET_ENDS = StrIndex("search_text", Value("\n\n"))


def rank(rows: ListingQuerySet, asked: Understanding, moment: dt.datetime, place: Place) -> ListingQuerySet:
    """Return rows in the order of a page of results; the order is the same on both engines and never undecided."""
    whole = "".join(fold(piece.text) for piece in asked.pieces)
    is_open = rows.model.objects.open_at(moment).order_by().filter(pk=OuterRef("pk"))
    plain = Collate(F("name"), "C" if connection.vendor == "postgresql" else "BINARY")
    order = [
        # A word of the name stands behind a space and before the next one, the last before the line's end.
        _first(_before(_NAME_ENDS, f" {whole} ") | _before(_NAME_ENDS, f" {whole}\n")),
        _first(Exists(is_open)),
        *_ring(place),
        *_tier(asked, whole),
        *_away(place),
        plain,
        F("pk"),
    ]
    return rows.order_by(*order)


def _first(condition: Any) -> Case:
    return Case(When(condition, then=Value(0)), default=Value(1), output_field=IntegerField())


def _before(end: Any, *words: str) -> Q:
    """Return the condition that each word stands in the search text, and before that end."""
    asked = Q()
    for word in words:
        at = StrIndex("search_text", Value(word))
        asked &= Q(GreaterThan(at, Value(0))) & Q(LessThan(at, end))
    return asked


def _tier(asked: Understanding, whole: str) -> list[Case]:
    """Return how a row is called so: the name begins so, holds each word, its street is called so, something else."""
    words = [piece.folded for piece in asked.pieces if not piece.is_near]
    # A short Latin word counts only where a word begins with it.
    words = [word if len(word) >= shortest(word) else f" {word}" for word in words]
    if not words:
        return []
    steps = (
        When(_before(_NAME_ENDS, f" {whole}"), then=Value(BEGINS)),
        When(_before(_NAME_ENDS, *words), then=Value(NAMED)),
        When(_before(_STREET_ENDS, *words), then=Value(STREET)),
    )
    return [Case(*steps, default=Value(ELSEWHERE), output_field=IntegerField())]


def _away(place: Place) -> list[Any]:
    """Return the square of the metres to the place (a plane is flat enough for a city), nothing without a point."""
    if place.lat is None or place.lng is None:
        return []
    north = (F("lat") - Value(place.lat)) * Value(float(METRES_A_DEGREE))
    east = (F("lng") - Value(place.lng)) * Value(METRES_A_DEGREE * math.cos(math.radians(place.lat)))
    return [ExpressionWrapper(north * north + east * east, output_field=FloatField())]


def _ring(place: Place) -> list[Case]:
    """Return how near a row is in steps: rings about a point; for a chosen area itself, its district, the rest."""
    away = _away(place)
    steps = [
        When(LessThanOrEqual(square, Value(float(metres**2))), then=Value(number))
        for square in away
        for number, metres in enumerate(RINGS_M)
    ]
    for number, code in enumerate(dict.fromkeys([place.area_code, place.area_code[:6]])):
        if code:
            steps.append(When(area_code__startswith=code, then=Value(number)))
    # A constant in ORDER BY would be a column's number to PostgreSQL.
    return [Case(*steps, default=Value(len(RINGS_M)), output_field=IntegerField())] if steps else []


def all_rows() -> ListingQuerySet:
    """Return everything that the public may find."""
    return Listing.objects.published().exclude(document="")
