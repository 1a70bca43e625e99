"""How many flats, rooms or beds of each room type are free, as the operator's system says."""

import datetime as dt
from collections import Counter
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from portal.listings.documents import instant
from portal.listings.measures import Item, Measure, Told, newer, parsed
from portal.listings.models.trust import FactGroup

if TYPE_CHECKING:
    from portal.listings.models import Listing
    from portal.listings.snapshots import Rows


class FreeRooms(Measure):
    """Counted by room type. Two types of one name cannot be told apart: nothing is told of either."""

    name = "rooms"
    is_fact = True
    fact_group = FactGroup.AVAILABILITY

    def items(self, doc: Mapping[str, Any]) -> list[Item]:
        """Return the room types, each counted on its own basis."""
        return [
            Item(room["name"], room["name_en"], room["total"], room["basis"]) for room in _told_apart(doc)
        ]

    def facts(self, doc: Mapping[str, Any]) -> dict[str, Told]:
        """Return what the document says to be free."""
        found = {}
        for room in _told_apart(doc):
            as_of, until = parsed(room["free_as_of"]), parsed(room.get("free_valid_until"))
            if as_of and until and room["free"] is not None:
                found[room["name"]] = Told(as_of, until, room["free"])
        return found

    def shown(self, doc: dict[str, Any], reports: Mapping[str, Told]) -> dict[str, Any]:
        """Put newer reports in the place of what is free."""
        facts = self.facts(doc)
        rooms = [
            _with(room, newer(facts.get(room["name"]), reports.get(room["name"])))
            for room in doc["room_types"]
        ]
        return {**doc, "room_types": rooms}

    def write(
        self, listing: "Listing", reports: Mapping[str, Told], moment: dt.datetime
    ) -> tuple[list[str], "Rows"]:
        """Set what is free, and as of when, on copies of the room types."""
        rooms = list(listing.room_types.all())  # type: ignore[attr-defined]
        for room in rooms:
            if report := reports.get(room.name):
                room.free_count, room.free_as_of = report.count, min(report.as_of, moment)
            room.pk, room._state.adding = None, True
        return [], {"room_types": rooms}


def _told_apart(doc: Mapping[str, Any]) -> list[dict[str, Any]]:
    times = Counter(room["name"] for room in doc["room_types"])
    return [room for room in doc["room_types"] if times[room["name"]] == 1]


def _with(room: dict[str, Any], told: Told | None) -> dict[str, Any]:
    if told is None:
        return room
    return {
        **room,
        "free": told.count,
        "free_as_of": instant(told.as_of),
        "free_valid_until": instant(told.valid_until),
    }
