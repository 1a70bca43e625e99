"""Reading listings for people: stored documents plus what holds at a moment."""

import datetime as dt
import hashlib
from dataclasses import dataclass, replace
from typing import Any

import orjson
from django.core.cache import cache
from django.db.models import QuerySet

from portal.listings.availability import Latest
from portal.listings.calendars import current_calendar
from portal.listings.doubts import Doubt, standing
from portal.listings.hours import Status, is_open_through, status_at
from portal.listings.models import Listing
from portal.listings.models.listing import page_url
from portal.listings.publishing import last_number

OPEN_KEPT_SECONDS = 300


@dataclass(frozen=True, slots=True)
class Card:
    """A listing as a list shows it. `distance_m` is None where nobody asked, `doubt` where nobody contradicts it.

    `latest` knows what systems said last of all cards that were read together; None where nobody may ask.
    """

    pk: int
    doc: dict[str, Any]
    status: Status
    change_number: int
    distance_m: int | None = None
    doubt: Doubt | None = None
    latest: Latest | None = None

    @property
    def doc_now(self) -> dict[str, Any]:
        """Return the document with what systems said last in the place of older facts; one query for all the cards."""
        return self.doc if self.latest is None else self.latest.shown(self.pk, self.doc)

    @property
    def url(self) -> str:
        """Return the public page."""
        return page_url(self.doc["kind"], self.doc["id"])


def cards(rows: QuerySet, moment: dt.datetime, distances: dict[int, int] | None = None) -> list[Card]:
    """Return cards in the order of `rows`, in two queries; rows without a document are left out.

    What is doubted in the city is mostly known to the cache. What systems said last is read when a card is
    asked for it.
    """
    calendar, far, doubted = current_calendar(), distances or {}, standing(moment)
    found: list[Card] = []
    latest = Latest(found)
    for pk, number, text in rows.values_list("pk", "change_number", "document"):
        if not text:
            continue
        doc = orjson.loads(text)
        status = status_at(doc, calendar, moment)
        found.append(Card(pk, doc, status, number, far.get(pk), doubted.get(pk), latest))
    return found


def together(*parts: list[Card]) -> None:
    """Let cards that were read apart, for one page, ask together what systems said last."""
    latest = Latest([card for part in parts for card in part])
    for part in parts:
        part[:] = [replace(card, latest=latest) for card in part]


def open_pks(model: type[Listing], moment: dt.datetime, end: dt.datetime | None = None) -> list[int]:
    """Return the keys of a kind's listings (of all for Listing) whose hours are open, until `end` if given.

    For moments outside the built intervals. Hours change on whole minutes, so the answer is kept for its minute;
    pauses and what is shut are left to the query.
    """
    calendar = current_calendar()
    days = hashlib.sha256(repr(calendar.days).encode()).hexdigest()[:12]
    end = end or moment
    minutes = f"{int(moment.timestamp() // 60)}:{int(end.timestamp() // 60)}"
    key = f"open:{last_number()}:{minutes}:{model.kind_name}:{days}"
    found = cache.get(key)
    if found is None:
        rows = model._default_manager.published().exclude(document="").order_by()
        found = [
            pk
            for pk, text in rows.values_list("pk", "document")
            if is_open_through(orjson.loads(text), calendar, moment, end)
        ]
        cache.set(key, found, OPEN_KEPT_SECONDS)
    return found
