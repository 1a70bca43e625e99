"""How many schedule rows each listing has, without reading all documents for each page of them.

Rows follow from hours, planned pauses, calendar and date. A process keeps which of the few kinds of hours each listing
has, and reads on from the last change number that it saw.
"""

import datetime as dt
from collections.abc import Iterable
from threading import Lock
from typing import Any

import orjson
from django.core.cache import cache

from portal.hsds.weeks import schedules
from portal.listings.hours import Calendar
from portal.listings.kinds import kind_names
from portal.listings.models import Listing
from portal.running.databases import reading_from

CHUNK = 500


class _Shapes:
    """Which hours each listing has, in this process."""

    def __init__(self) -> None:
        self._lock = Lock()
        self._begin("")

    def _begin(self, prefix: str) -> None:
        self._cache, self._last = prefix, 0
        self._of: dict[int, int] = {}
        self._numbers: dict[bytes, int] = {}
        self._shapes: list[dict[str, Any]] = []

    def counts(self, pks: Iterable[int], calendar: Calendar, today: dt.date) -> list[int]:
        """Return the number of schedule rows of each listing, in order."""
        with self._lock:
            if self._cache != cache.key_prefix:
                self._begin(cache.key_prefix)
            self._go_on()
            shapes = [self._of.get(pk, -1) for pk in pks]
            known = list(self._shapes)
        counted = {-1: 0}
        for number in set(shapes) - counted.keys():
            counted[number] = len(schedules(known[number], calendar, today))
        return [counted[number] for number in shapes]

    def _go_on(self) -> None:
        rows = Listing.objects.using(reading_from()).filter(kind__in=kind_names()).exclude(document="")
        rows = rows.order_by("change_number")
        while part := list(
            rows.filter(change_number__gt=self._last).values_list("pk", "change_number", "document")[:CHUNK]
        ):
            for pk, number, text in part:
                doc = orjson.loads(text)
                shape = {"hours": doc["hours"], "planned_pauses": doc.get("planned_pauses") or []}
                key = orjson.dumps(shape)
                if key not in self._numbers:
                    self._numbers[key] = len(self._shapes)
                    self._shapes.append(shape)
                self._of[pk] = self._numbers[key]
                self._last = number or self._last


_shapes = _Shapes()
counts = _shapes.counts
