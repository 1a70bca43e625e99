"""Reading listings for people: stored documents plus what holds at a moment."""

import datetime as dt
from dataclasses import dataclass
from typing import Any

import orjson
from django.db.models import QuerySet

from portal.listings.calendars import current_calendar
from portal.listings.hours import Status, status_at
from portal.listings.models.listing import page_url


@dataclass(frozen=True, slots=True)
class Card:
    """A listing as a list shows it. `distance_m` is None where nobody asked for it."""

    pk: int
    doc: dict[str, Any]
    status: Status
    change_number: int
    distance_m: int | None = None

    @property
    def url(self) -> str:
        """Return the public page."""
        return page_url(self.doc["kind"], self.doc["id"])


def cards(rows: QuerySet, moment: dt.datetime, distances: dict[int, int] | None = None) -> list[Card]:
    """Return cards in the order of `rows`, in two queries; rows without a document are left out."""
    calendar = current_calendar()
    found = []
    for pk, number, text in rows.values_list("pk", "change_number", "document"):
        if not text:
            continue
        doc = orjson.loads(text)
        found.append(Card(pk, doc, status_at(doc, calendar, moment), number, (distances or {}).get(pk)))
    return found


def open_pks(rows: QuerySet, moment: dt.datetime) -> list[int]:
    """Return the keys of what is open at a moment outside the built intervals, by the one function."""
    return [card.pk for card in cards(rows.order_by(), moment) if card.status.is_open]
