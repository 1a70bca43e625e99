"""The names and words that stored listings are found by, kept in memory for suggestions and corrections."""

import time
from collections import Counter
from dataclasses import dataclass
from functools import cached_property
from itertools import chain
from typing import ClassVar

from django.core.cache import cache

from portal.listings.kinds import listing_models
from portal.listings.models import Listing
from portal.listings.publishing import last_number

#: More listings than these are not held in memory; the search itself knows them all.
MOST_LISTINGS = 20_000
#: A small portal is read anew after every change, a large one at most this often.
SMALL, KEPT_SECONDS = 500, 60.0


@dataclass(frozen=True, slots=True)
class Named:
    """A listing as a suggestion needs it; `words` is what its name is found by, each word behind a space."""

    kind: str
    public_id: str
    name: str
    words: str
    area_code: str
    lat: float
    lng: float


class Stored:
    """What is published, by name."""

    def __init__(self, number: int) -> None:
        """Read the listings that changed last, in one query."""
        self.number = number
        self.read_at = time.monotonic()
        rows = Listing.objects.published().exclude(document="").order_by("-change_number")
        fields = ("kind", "public_id", "name", "area_code", "lat", "lng", "search_text")
        self.named: list[Named] = []
        self.texts: list[str] = []
        for *facts, text in rows.values_list(*fields)[:MOST_LISTINGS]:
            kind, public_id, name, area_code, lat, lng = facts
            self.named.append(Named(kind, public_id, name, text.partition("\n")[0], area_code, lat, lng))
            self.texts.append(text)

    @cached_property
    def counts(self) -> Counter[str]:
        """Return how often each word is stored; what only correcting a query needs."""
        return Counter(chain.from_iterable(text.split() for text in self.texts))

    @cached_property
    def han(self) -> str:
        """Return the distinct words that are not written in Latin letters, one a line."""
        return "\n".join(word for word in self.counts if not word.isascii())

    @cached_property
    def latin(self) -> str:
        """Return the distinct words of four letters and more, one a line: pinyin and English."""
        return "\n".join(
            word for word in self.counts if word.isascii() and len(word) > 3 and not word.isdigit()
        )

    def landmarks(self, name: str) -> list[Named]:
        """Return the landmarks that are called so, else those whose name holds it."""
        kinds = {model.kind_name for model in listing_models() if model.is_landmark}
        found = [row for row in self.named if row.kind in kinds and f" {name}" in row.words]
        return [row for row in found if f" {name} " in f"{row.words} "] or found


class _Kept:
    """The latest reading of each portal in this process (a portal is told by its cache keys)."""

    by_portal: ClassVar[dict[str, Stored]] = {}


def stored() -> Stored:
    """Return what is published now, or in a large portal up to a minute ago."""
    portal = cache.make_key("")
    number = last_number()
    kept = _Kept.by_portal.get(portal)
    if kept is None or _is_outdated(kept, number):
        _Kept.by_portal = {portal: (kept := Stored(number))}
    return kept


def _is_outdated(kept: Stored, number: int) -> bool:
    age = time.monotonic() - kept.read_at
    return kept.number != number and (len(kept.named) < SMALL or age > KEPT_SECONDS)
