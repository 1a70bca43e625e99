"""Read the name of a compound as where: 翡翠城充电 asks for a socket near 翡翠城."""

import math
from dataclasses import replace

from django.db.models import Q
from django.utils.text import format_lazy
from django.utils.translation import gettext_lazy as _

from portal.listings.meanings import Meaning, Sort
from portal.pages.places import Place
from portal.pages.search.ranking import METRES_A_DEGREE
from portal.pages.search.stored import Named, stored
from portal.pages.search.understanding import Understanding

AROUND_M = 1500
MOST_ALIKE = 3
SHORTEST = 2


def with_landmarks(asked: Understanding, place: Place) -> tuple[Understanding, Place]:
    """Return the query with a landmark's name read as where, and where that is; only beside a word that says what."""
    if not asked.has_meaning or any(piece.has_place for piece in asked.pieces):
        return asked, place
    for number, piece in enumerate(asked.pieces):
        if piece.meanings or piece.is_quoted or len(piece.folded) < SHORTEST:
            continue
        found = stored().landmarks(piece.folded)
        if 0 < len(found) <= MOST_ALIKE:
            point = Place(found[0].name, lat=found[0].lat, lng=found[0].lng)
            return asked.replaced(number, (replace(piece, meanings=(_around(found),)),)), point
    return asked, place


def _around(found: list[Named]) -> Meaning:
    box = Q()
    for row in found:
        north = AROUND_M / METRES_A_DEGREE
        east = north / math.cos(math.radians(row.lat))
        box |= Q(lat__range=(row.lat - north, row.lat + north), lng__range=(row.lng - east, row.lng + east))
    label = format_lazy(_("around {name}"), name=found[0].name)
    return Meaning(Sort.PLACE, label, lambda moment: box, also="text")
