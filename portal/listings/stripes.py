"""Stripes of the earth a hundredth of a degree of latitude high: an index by stripe and longitude finds a box.

An index on (lat, lng) reads everything between two latitudes, right across the city; by stripe only the box is read.
"""

import math

from django.db.models import Func, IntegerField, Q

PER_DEGREE = 100
#: A box that is higher than this is better read through than looked up.
MOST = 1_000


class Stripe(Func):
    """The number of the stripe in which a latitude lies.

    The factor is part of the SQL and no parameter, so that SQLite knows the expression again in its index. The engines
    cut and round differently: `box` asks for the stripe on either side too.
    """

    template = f"CAST(%(expressions)s * {PER_DEGREE} AS INTEGER)"
    output_field = IntegerField()
    arity = 1


def box(west: float, south: float, east: float, north: float) -> Q:
    """Return the filter for what lies in the box, edges included; degrees."""
    inside = Q(lat__gte=south, lat__lte=north, lng__gte=west, lng__lte=east)
    first, last = math.floor(south * PER_DEGREE), math.ceil(north * PER_DEGREE)
    if not 0 <= last - first < MOST:
        return inside
    return inside & Q(stripe__in=range(first, last + 1))
