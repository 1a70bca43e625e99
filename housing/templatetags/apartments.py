"""What is free in an apartment project, counted on each basis apart; a count lives as long as its fact group."""

import datetime as dt
from dataclasses import dataclass
from typing import Any

from django import template
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext_lazy

from portal.listings.models.trust import LIFETIMES, FactGroup
from portal.regions.language import in_english

register = template.Library()

COUNTED = {
    "flat": ngettext_lazy("%(count)d flat", "%(count)d flats", "count"),
    "room": ngettext_lazy("%(count)d room", "%(count)d rooms", "count"),
    "bed": ngettext_lazy("%(count)d bed", "%(count)d beds", "count"),
}
UNITS = {"flat": _("flats"), "room": _("rooms"), "bed": _("beds")}


def label(basis: dict[str, str]) -> str:
    """Return what a basis is called in the language of the page."""
    return basis["en" if in_english() else "zh"]


@dataclass(slots=True)
class Free:
    """How many are free on one basis.

    `count` adds what the room types say, None when none says anything; `as_of` is the oldest of these counts, an ISO
    instant. `is_known` is False as soon as one room type on the basis says nothing or its count has outlived itself.
    """

    basis: dict[str, str]
    count: int | None = None
    as_of: str = ""
    is_known: bool = True


@register.filter
def counted(count: int, basis: dict[str, str]) -> str:
    """Return how many of what: "1 bed", "3 rooms"; `basis` is the coded value."""
    words = COUNTED.get(basis["code"])
    return words % {"count": count} if words else f"{count} {label(basis)}"


@register.filter
def units(basis: dict[str, str]) -> str:
    """Return what is counted, of many: "beds", "rooms"."""
    return str(UNITS.get(basis["code"]) or label(basis))


@register.filter
def count_holds(room: dict[str, Any], moment: Any = None) -> bool:
    """Say whether a room type's count of what is free is still to be believed."""
    if room["free"] is None or not room["free_as_of"]:
        return False
    now = moment if isinstance(moment, dt.datetime) else timezone.now()
    if until := room.get("free_valid_until"):
        return now <= dt.datetime.fromisoformat(until)
    return now - dt.datetime.fromisoformat(room["free_as_of"]) <= LIFETIMES[FactGroup.AVAILABILITY]


@register.filter
def free_by_basis(doc: dict[str, Any], moment: Any = None) -> list[Free]:
    """Return what is free on each basis that a room type has; figures on two bases are never added."""
    found: dict[str, Free] = {}
    for room in doc.get("room_types", []):
        row = found.setdefault(room["basis"]["code"], Free(room["basis"]))
        row.is_known = row.is_known and count_holds(room, moment)
        if room["free"] is not None:
            row.count = (row.count or 0) + room["free"]
            row.as_of = min(filter(None, [row.as_of, room["free_as_of"]]))
    return list(found.values())
