"""What hours of many listings are to become: a holiday over dates, a holiday taken away, or another listing's hours.

A wish is applied to the hours group of a snapshot and returns the group as it would be. Pure: no database, no clock.
"""

import datetime as dt
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Protocol

from django.db.models import TextChoices
from django.utils.translation import gettext_lazy as _

Row = dict[str, Any]
Hours = Mapping[str, list[Row]]
DAY = dt.timedelta(days=1)


class Wish(Protocol):
    """How hours are to become."""

    def apply(self, pk: int, hours: Hours) -> Hours:
        """Return the hours group of that listing as it would be; ValidationError leaves the listing out."""
        ...


class Clash(TextChoices):
    """What to do where a place has an exception of its own on these days."""

    KEEP = "keep", _("keep theirs, and fill the other days")
    REPLACE = "replace", _("replace theirs on these days")
    SKIP = "skip", _("leave these places as they are")


def first_day(row: Row) -> dt.date:
    """Return the first day of an exception."""
    return dt.date.fromisoformat(row["starts_on"])


def last_day(row: Row) -> dt.date:
    """Return the last day of an exception."""
    return dt.date.fromisoformat(row["ends_on"])


def overlapping(hours: Hours, starts_on: dt.date, ends_on: dt.date) -> list[Row]:
    """Return the exceptions that share a day with a range."""
    return [
        row for row in hours["hours_exceptions"] if first_day(row) <= ends_on and last_day(row) >= starts_on
    ]


def _with(hours: Hours, exceptions: Iterable[Row]) -> Hours:
    """Return the hours with other exceptions, in the order in which they are stored."""
    return {
        **hours,
        "hours_exceptions": sorted(exceptions, key=lambda row: (row["starts_on"], row["ends_on"])),
    }


def _on(row: Row, starts_on: dt.date, ends_on: dt.date) -> Row:
    return {**row, "starts_on": starts_on.isoformat(), "ends_on": ends_on.isoformat()}


@dataclass(frozen=True, slots=True)
class Holiday:
    """The same exception over dates for all; `rows` hold rule, opens, closes and is_open_end."""

    starts_on: dt.date
    ends_on: dt.date
    rows: tuple[Mapping[str, Any], ...]
    reason: str
    clash: str = Clash.KEEP

    def mine(self, starts_on: dt.date, ends_on: dt.date) -> list[Row]:
        """Return the exception's rows over some of its days."""
        return [_on({**row, "reason": self.reason}, starts_on, ends_on) for row in self.rows]

    def theirs(self, hours: Hours) -> list[Row]:
        """Return what a place has of its own on these days."""
        return [row for row in overlapping(hours, self.starts_on, self.ends_on) if not self.is_mine(row)]

    def is_mine(self, row: Row) -> bool:
        """Say whether a row of these days is one that this wish would write."""
        is_inside = self.starts_on <= first_day(row) and last_day(row) <= self.ends_on
        return is_inside and row in self.mine(first_day(row), last_day(row))

    def apply(self, pk: int, hours: Hours) -> Hours:
        """Return the hours with the exception on its days."""
        theirs = self.theirs(hours)
        if theirs and self.clash == Clash.SKIP:
            return hours
        kept = [row for row in hours["hours_exceptions"] if not self._is_over(row)]
        if self.clash == Clash.REPLACE:
            rest = [part for row in theirs for part in self._outside(row)]
            return _with(hours, [*kept, *rest, *self.mine(self.starts_on, self.ends_on)])
        free = [row for span in self._free_of(theirs) for row in self.mine(*span)]
        return _with(hours, [*kept, *theirs, *free])

    def _is_over(self, row: Row) -> bool:
        """Say whether an exception shares a day with these dates."""
        return first_day(row) <= self.ends_on and last_day(row) >= self.starts_on

    def _outside(self, row: Row) -> list[Row]:
        """Return what is left of an exception before and after these days."""
        parts = []
        if first_day(row) < self.starts_on:
            parts.append(_on(row, first_day(row), self.starts_on - DAY))
        if last_day(row) > self.ends_on:
            parts.append(_on(row, self.ends_on + DAY, last_day(row)))
        return parts

    def _free_of(self, theirs: list[Row]) -> list[tuple[dt.date, dt.date]]:
        """Return the stretches of these days that no exception of theirs holds."""
        spans, start = [], self.starts_on
        for row in sorted(theirs, key=first_day):
            if first_day(row) > start:
                spans.append((start, first_day(row) - DAY))
            start = max(start, last_day(row) + DAY)
        return [*spans, (start, self.ends_on)] if start <= self.ends_on else spans


@dataclass(frozen=True, slots=True)
class Without:
    """Take away the exceptions that lie within dates, with that reason if one is given."""

    starts_on: dt.date
    ends_on: dt.date
    reason: str = ""

    def apply(self, pk: int, hours: Hours) -> Hours:
        """Return the hours without those exceptions."""
        return _with(hours, [row for row in hours["hours_exceptions"] if not self._is_gone(row)])

    def _is_gone(self, row: Row) -> bool:
        is_inside = self.starts_on <= first_day(row) and last_day(row) <= self.ends_on
        return is_inside and self.reason in ("", row["reason"])


@dataclass(frozen=True, slots=True)
class Same:
    """The same week, the same exceptions, or both, as another listing's."""

    source: Hours
    weekly: bool = True
    exceptions: bool = False

    def apply(self, pk: int, hours: Hours) -> Hours:
        """Return the hours with what is copied."""
        taken = {
            name: self.source[name]
            for name, wanted in (("weekly_hours", self.weekly), ("hours_exceptions", self.exceptions))
            if wanted
        }
        return {**hours, **taken}


@dataclass(frozen=True, slots=True)
class Back:
    """The hours of before, where they are still as they were made; by listing: (before, after)."""

    kept: Mapping[int, tuple[Hours, Hours]]

    def apply(self, pk: int, hours: Hours) -> Hours:
        """Return the hours of before."""
        before, after = self.kept[pk]
        return before if hours == after else hours


def breaks_ahead(days: Iterable[tuple[dt.date, str]]) -> list[tuple[dt.date, dt.date, str]]:
    """Return (first day, last day, name) of each unbroken run of holidays, given in order with their names."""
    runs: list[list[tuple[dt.date, str]]] = []
    for date, name in days:
        if runs and date - runs[-1][-1][0] == DAY:
            runs[-1].append((date, name))
        else:
            runs.append([(date, name)])
    return [(run[0][0], run[-1][0], _name_of(name for _date, name in run)) for run in runs]


def _name_of(names: Iterable[str]) -> str:
    """Return what a break is called: the name that most of its days have, what stands in brackets aside."""
    plain = [name.partition("（")[0] for name in names]
    return Counter(name for name in plain if name != "休息日" or len(set(plain)) == 1).most_common(1)[0][0]
