"""What several people say against a listing and nobody has checked yet: shown as unsure, never as a fact.

The document does not hold it: words of strangers are no fact that partners mirror. Whoever hears them says how to find
them (`found_by`), and cards ask for all of them at once, for there are few in a city.
"""

import datetime as dt
from collections.abc import Callable, Mapping
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Doubt:
    """How many say what ("closed" or "sold_out") since when, and until when it counts."""

    said: str
    count: int
    since: dt.datetime
    until: dt.datetime


_FINDERS: list[Callable[[], Mapping[int, Doubt]]] = []


def found_by(find: Callable[[], Mapping[int, Doubt]]) -> None:
    """Let an app say what is doubted: listing's key → doubt. It is asked often, and keeps what it knows."""
    if find not in _FINDERS:
        _FINDERS.append(find)


def standing(moment: dt.datetime) -> dict[int, Doubt]:
    """Return what is doubted at a moment, by the listings' keys."""
    return {pk: doubt for find in _FINDERS for pk, doubt in find().items() if doubt.until > moment}
