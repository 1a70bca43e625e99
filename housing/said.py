"""What is free in an apartment project and what it costs, in short lines."""

from typing import Any

from django.utils.translation import gettext as _

from portal.listings.saying import coded_word, in_words


def free(doc: dict[str, Any]) -> list[str]:
    """Return one line for each room type: how many are free, of how many, counted in what."""
    return [_free(room) for room in doc["room_types"]]


def rents(doc: dict[str, Any]) -> list[str]:
    """Return one line for each room type that has a rent, then the deposit."""
    found = [_rent(room) for room in doc["room_types"] if room["rent_after"] or room["rent_before"]]
    deposit = doc["deposit_yuan"]
    return [*found, *([_("deposit %(amount)s yuan") % {"amount": deposit}] if deposit else [])]


def _free(room: dict[str, Any]) -> str:
    values = {
        "name": in_words(room, "name"),
        "free": _("unknown") if room["free"] is None else room["free"],
        "total": room["total"],
        "basis": coded_word(room["basis"]),
    }
    if room["total"] is None:
        return _("%(name)s: %(free)s free (counted in %(basis)s)") % values
    return _("%(name)s: %(free)s of %(total)s free (counted in %(basis)s)") % values


def _rent(room: dict[str, Any]) -> str:
    return _("%(name)s: %(amount)s yuan a month per %(basis)s") % {
        "name": in_words(room, "name"),
        "amount": room["rent_after"] or room["rent_before"],
        "basis": coded_word(room["basis"]),
    }
