"""The change feed: every public change in the order in which it was committed, for partners who keep a copy.

Rules of Realtime Paged Data Exchange (OpenActive RPDE 1.0), with the change number as the order: numbers come from one
counter that is a transaction's last lock, so they commit in order and a reader who stands at one misses none before it.
"""

import datetime as dt
import hashlib
import re
from dataclasses import dataclass, replace
from typing import Any, Self

from django.core.cache import cache
from django.db.models import Max, QuerySet
from django.utils import timezone

from portal.listings.models import ChangeCounter, Listing
from portal.listings.publishing import ERA, last_number
from portal.running.databases import PRIMARY

#: For how long a reader who stays away still learns what is gone.
TOMBSTONES_KEPT = dt.timedelta(days=90)
HORIZON_SECONDS = 60
_FORM = re.compile(r"(\d{1,18})-(\d{1,18})-([0-9a-f]{8})-([0-9a-f]{8})")
_COLUMNS = ("pk", "change_number", "kind", "public_id", "document")


class NotACursor(ValueError):
    """The text was never handed out as a cursor."""


class OtherFilters(ValueError):
    """The cursor was handed out for another question."""


class Gone(Exception):
    """The cursor leads nowhere any more: begin again with a full pass."""


@dataclass(frozen=True, slots=True)
class Cursor:
    """Where a reader stands: after change `seq`, in a pass that began when `start` was the last change.

    `question` and `reach` are digests of the filters and of what the key may read. Up to `start` only what fits is
    listed, since the reader cannot have anything else; after it whatever no longer fits is said to be deleted.
    """

    seq: int
    start: int
    question: str
    reach: str

    def __str__(self) -> str:
        return f"{self.seq}-{self.start}-{self.question}-{self.reach}"

    @classmethod
    def begin(cls, question: str, reach: str) -> Self:
        """Return the cursor of a full pass."""
        return cls(0, last_number(), question, reach)

    @classmethod
    def behind(cls, number: int) -> Self:
        """Return the cursor of somebody who holds everything public as of a change, whatever came later with it."""
        return cls(number, number, digest(), digest(""))

    @classmethod
    def read(cls, text: str, question: str, reach: str) -> Self:
        """Return the cursor that a text stands for. Raises NotACursor, OtherFilters and Gone."""
        found = _FORM.fullmatch(text)
        if found is None:
            raise NotACursor
        cursor = cls(int(found[1]), int(found[2]), found[3], found[4])
        if cursor.question != question:
            raise OtherFilters
        if cursor.reach != reach or cursor.known_until < horizon() or cursor.is_of_another_life():
            raise Gone
        return cursor

    @property
    def known_until(self) -> int:
        """Return the change up to which the reader need not be told what is gone."""
        return max(self.seq, self.start)

    def is_of_another_life(self) -> bool:
        """Say whether the database was put back to an earlier day since: a restore begins an era of numbers."""
        if self.known_until <= last_number():
            return self.known_until // ERA != last_number() // ERA
        # A replica may lag behind the one that was read last; the primary knows.
        return self.known_until > ChangeCounter.objects.using(PRIMARY).values_list("value", flat=True)[0]


@dataclass(frozen=True, slots=True)
class Change:
    """One row of the feed; `document` is the stored JSON, "" when the listing is gone for this reader."""

    seq: int
    kind: str
    public_id: str
    document: str


def digest(*parts: Any) -> str:
    """Return eight hexadecimal digits that stand for the parts."""
    return hashlib.sha256(repr(parts).encode()).hexdigest()[:8]


def horizon() -> int:
    """Return the last change that took something away longer ago than tombstones are kept; 0 for none."""
    known = cache.get("feed:horizon")
    if known is None:
        old = Listing.objects.filter(document="", changed_at__lt=timezone.now() - TOMBSTONES_KEPT)
        known = old.aggregate(last=Max("change_number"))["last"] or 0
        cache.set("feed:horizon", known, HORIZON_SECONDS)
    return known


def changes(cursor: Cursor, fitting: QuerySet, limit: int) -> tuple[list[Change], Cursor]:
    """Return at most `limit` changes after the cursor, and the cursor after them; two queries, or three in between.

    `fitting` are the listings that the reader asked for and may read.
    """
    found: list[Change] = []
    if cursor.seq < cursor.start:
        first = _part(fitting.filter(change_number__gt=cursor.seq, change_number__lte=cursor.start), limit)
        found = [Change(*row[1:]) for row in first]
        cursor = replace(cursor, seq=found[-1].seq if len(found) == limit else cursor.start)
    if len(found) < limit:
        later = _part(Listing.objects.filter(change_number__gt=cursor.seq), limit - len(found))
        fits = set(fitting.filter(pk__in=[row[0] for row in later]).values_list("pk", flat=True))
        found += [
            Change(number, kind, public_id, text if pk in fits else "")
            for pk, number, kind, public_id, text in later
        ]
        cursor = replace(cursor, seq=found[-1].seq if later else cursor.seq)
    return found, cursor


def _part(rows: QuerySet, limit: int) -> list[Any]:
    return list(rows.order_by("change_number").values_list(*_COLUMNS)[:limit])
