"""What is free in an apartment project, counted on each basis apart."""

import datetime as dt
from dataclasses import dataclass
from typing import Any

from django import template
from django.utils import timezone

from portal.listings.models.trust import LIFETIMES, FactGroup

register = template.Library()


@dataclass(slots=True)
class Free:
    """How many are free on one basis: `as_of` is the oldest of the counts added, an ISO instant."""

    basis: dict[str, str]
    count: int
    as_of: str
    is_fresh: bool = True


@register.filter
def free_by_basis(doc: dict[str, Any], moment: Any = None) -> list[Free]:
    """Return what is free on each basis, of the room types that say so; figures on two bases are never added."""
    found: dict[str, Free] = {}
    for room in doc.get("room_types", []):
        if room["free"] is None:
            continue
        row = found.setdefault(room["basis"]["code"], Free(room["basis"], 0, room["free_as_of"]))
        row.count += room["free"]
        row.as_of = min(row.as_of, room["free_as_of"])
    now = moment if isinstance(moment, dt.datetime) else timezone.now()
    for row in found.values():
        row.is_fresh = now - dt.datetime.fromisoformat(row.as_of) <= LIFETIMES[FactGroup.AVAILABILITY]
    return list(found.values())
