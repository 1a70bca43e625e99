"""The scoreboard: how true each office keeps its listings, and how fast it takes over what couriers say.

Figures are of areas, never of persons. Two queries bring all facts and all cases of the city, kept for five minutes;
what is asked is counted from them.
"""

import datetime as dt
import statistics
from collections.abc import Iterable
from dataclasses import dataclass
from typing import NamedTuple

from django.core.cache import cache
from django.db import transaction
from django.db.models import Q
from django.utils import timezone

from portal.listings.freshness import facts_of, is_stale, lifetime
from portal.listings.models import Listing
from portal.upkeep.models import Correction, OfficeDay
from portal.upkeep.times import DAYS, FEWEST

OLDEST = 5
KEPT_DAYS = 400
_KEY, _SECONDS = "upkeep:scoreboard", 300
#: How long a code is at each level: city, district, street, community.
LEVELS = (4, 6, 9, 12)
_NEVER = dt.timedelta.max


class Fact(NamedTuple):
    """One group of facts of one public listing, and when it was confirmed last; None is never."""

    listing_id: int
    kind: str
    area_code: str
    group: str
    confirmed_at: dt.datetime | None


class Case(NamedTuple):
    """One correction that waits or that belongs to the days that are counted."""

    kind: str
    area_code: str
    opened_at: dt.datetime
    closed_at: dt.datetime | None
    due_at: dt.datetime


class Gathered(NamedTuple):
    """All facts and cases as they stood at a moment."""

    at: dt.datetime
    facts: list[Fact]
    cases: list[Case]


@dataclass(frozen=True, slots=True)
class Figures:
    """How one area stands. `median_age` counts what was never confirmed as older than everything, None says so.

    `opened_count`, `closed_count` and `median_fix` are of the last 90 days; `median_fix` is None for fewer than five.
    """

    listing_count: int = 0
    fact_count: int = 0
    fresh_count: int = 0
    median_age: dt.timedelta | None = None
    opened_count: int = 0
    closed_count: int = 0
    open_count: int = 0
    overdue_count: int = 0
    median_fix: dt.timedelta | None = None

    @property
    def share(self) -> float | None:
        """Return the share of facts within their lifetime, 0 to 1; None without facts."""
        return self.fresh_count / self.fact_count if self.fact_count else None

    @property
    def percent(self) -> int | None:
        """Return the share in whole per cent, rounded down: 100 means all."""
        return self.fresh_count * 100 // self.fact_count if self.fact_count else None

    @property
    def stale_count(self) -> int:
        """Return how many facts are past their lifetime."""
        return self.fact_count - self.fresh_count


def gather(now: dt.datetime | None = None) -> Gathered:
    """Read all facts of public listings and all cases that count; two queries."""
    now = now or timezone.now()
    facts = [
        Fact(f.listing_id, f.kind, f.area_code, f.group, f.confirmed_at) for f in facts_of(Listing.objects)
    ]
    since = now - dt.timedelta(days=DAYS)
    counted = Q(closed_at=None) | Q(closed_at__gt=since) | Q(opened_at__gt=since)
    rows = Correction.objects.filter(counted).order_by()
    names = ("listing__kind", "area_code", "opened_at", "closed_at", "due_at")
    return Gathered(now, facts, [Case(*row) for row in rows.values_list(*names)])


def gathered() -> Gathered:
    """Return what was gathered within the last five minutes, or gather it."""
    found = cache.get(_KEY)
    if found is None:
        found = tuple(gather())
        cache.set(_KEY, found, _SECONDS)
    at, facts, cases = found
    return Gathered(at, [Fact(*row) for row in facts], [Case(*row) for row in cases])


def narrowed(found: Gathered, kind: str = "", group: str = "") -> Gathered:
    """Keep one kind of listing and one group of facts; cases know no group."""
    facts = [f for f in found.facts if (not kind or f.kind == kind) and (not group or f.group == group)]
    return Gathered(found.at, facts, [case for case in found.cases if not kind or case.kind == kind])


def figures_by_area(found: Gathered, lengths: Iterable[int] = LEVELS) -> dict[str, Figures]:
    """Return the figures of every area that has any, at the levels named by the length of their codes."""
    facts: dict[str, list[Fact]] = {}
    cases: dict[str, list[Case]] = {}
    for length in lengths:
        for fact in found.facts:
            if len(fact.area_code) >= length:
                facts.setdefault(fact.area_code[:length], []).append(fact)
        for case in found.cases:
            if len(case.area_code) >= length:
                cases.setdefault(case.area_code[:length], []).append(case)
    return {
        code: figures_of(facts.get(code, []), cases.get(code, []), found.at)
        for code in facts.keys() | cases.keys()
    }


def figures_of(facts: list[Fact], cases: list[Case], now: dt.datetime) -> Figures:
    """Return the figures of some facts and cases."""
    since = now - dt.timedelta(days=DAYS)
    ages = [now - fact.confirmed_at if fact.confirmed_at else _NEVER for fact in facts]
    median_age = statistics.median_high(ages) if ages else _NEVER
    closed = [case.closed_at - case.opened_at for case in cases if case.closed_at and case.closed_at > since]
    return Figures(
        listing_count=len({fact.listing_id for fact in facts}),
        fact_count=len(facts),
        fresh_count=sum(not is_stale(fact.group, fact.confirmed_at, now) for fact in facts),
        median_age=None if median_age == _NEVER else median_age,
        opened_count=sum(case.opened_at > since for case in cases),
        closed_count=len(closed),
        open_count=sum(case.closed_at is None for case in cases),
        overdue_count=sum(case.closed_at is None and case.due_at < now for case in cases),
        median_fix=_median(closed) if len(closed) >= FEWEST else None,
    )


def _median(spans: list[dt.timedelta]) -> dt.timedelta:
    return dt.timedelta(seconds=statistics.median(span.total_seconds() for span in spans))


def oldest(found: Gathered, area: str) -> list[Fact]:
    """Return the five facts of an area that nobody has looked at for longest: never confirmed, then the oldest.

    Among those never confirmed, what changes fastest comes first.
    """
    beginning = dt.datetime.min.replace(tzinfo=dt.UTC)

    def age(fact: Fact) -> tuple[dt.datetime, dt.timedelta, int]:
        return fact.confirmed_at or beginning, lifetime(fact.group), fact.listing_id

    return sorted((fact for fact in found.facts if fact.area_code.startswith(area)), key=age)[:OLDEST]


def keep_day(now: dt.datetime | None = None) -> int:
    """Write how city, districts and streets stand today, over what was written earlier in the day; return how many."""
    found = gather(now)
    day = timezone.localdate(found.at)
    rows = [
        OfficeDay(
            area_code=code,
            day=day,
            listing_count=figures.listing_count,
            fact_count=figures.fact_count,
            fresh_count=figures.fresh_count,
            open_count=figures.open_count,
            overdue_count=figures.overdue_count,
        )
        for code, figures in figures_by_area(found, LEVELS[:3]).items()
    ]
    with transaction.atomic():
        OfficeDay.objects.bulk_create(
            rows,
            update_conflicts=True,
            unique_fields=["area_code", "day"],
            update_fields=["listing_count", "fact_count", "fresh_count", "open_count", "overdue_count"],
            batch_size=500,
        )
        OfficeDay.objects.filter(day__lt=day - dt.timedelta(days=KEPT_DAYS)).delete()
    return len(rows)


def trend(areas: Iterable[str], now: dt.datetime) -> dict[str, list[OfficeDay]]:
    """Return the last 90 days of some areas, the oldest first, days without facts left out."""
    since = timezone.localdate(now) - dt.timedelta(days=DAYS)
    found: dict[str, list[OfficeDay]] = {area: [] for area in areas}
    for row in OfficeDay.objects.filter(area_code__in=list(found), day__gt=since, fact_count__gt=0).order_by(
        "day"
    ):
        found[row.area_code].append(row)
    return found
