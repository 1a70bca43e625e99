"""Places that a new row may be again: named alike, within 150 metres, and known to the sender anyway."""

from collections.abc import Sequence
from functools import reduce
from operator import or_
from typing import Any

from django.db.models import Q

from portal.listings.importing_near import WITHIN_M, Neighbourhood, Spot
from portal.listings.models import Listing
from portal.listings.nearby import METRES_PER_DEGREE
from portal.listings.stripes import Stripe, box

TALL = WITHIN_M / METRES_PER_DEGREE * 1.002
#: No degree of longitude is narrower up to 60° north.
WIDE = TALL * 2


def near_each(listings: Sequence[Listing], source: str) -> list[list[dict[str, Any]]]:
    """Return for each new listing the public places, and those of its own source, that it may be: id, name, metres.

    What others have not published is not told, and does not count; new rows before one in the same batch do, as they
    would if each had been sent by itself. One query for all.
    """
    placed = [row for row in listings if row.lat is not None and row.lng is not None]
    if not placed:
        return [[] for _row in listings]
    boxes = [
        box(row.lng - WIDE, row.lat - TALL, row.lng + WIDE, row.lat + TALL)
        for row in placed
        if row.lat is not None and row.lng is not None
    ]
    around = Listing.objects.alias(stripe=Stripe("lat")).filter(reduce(or_, boxes))
    told = around.filter(Q(state__in=["published", "paused"]) | Q(source=source)).exclude(state="archived")
    by_kind: dict[str, Neighbourhood] = {}
    rows: Any = told.order_by("pk").values_list("kind", "public_id", "name", "lat", "lng")
    for kind, public_id, name, lat, lng in rows:
        by_kind.setdefault(kind, Neighbourhood()).add(Spot({"id": public_id}, name, lat, lng))
    return [_near(row, by_kind.setdefault(row.kind_name, Neighbourhood())) for row in listings]


def _near(row: Listing, places: Neighbourhood) -> list[dict[str, Any]]:
    """Return what a new row may be, and let it count for those that come after it."""
    if row.lat is None or row.lng is None:
        return []
    found = places.near(row.name, row.lat, row.lng)
    places.add(Spot({"id": row.public_id}, row.name, row.lat, row.lng))
    return found
