"""How long facts hold: when each was confirmed last, what is past its lifetime, and what soon will be."""

import datetime as dt
from dataclasses import dataclass
from typing import Any

from django.db.models import Exists, OuterRef, QuerySet, Subquery
from django.utils import timezone

from portal.listings.kinds import listing_models
from portal.listings.models import Confirmation, FactGroup
from portal.listings.models.trust import LIFETIMES

_UNKNOWN = dt.timedelta(days=30)
_THREE_DAYS = dt.timedelta(days=3)
#: How long before its end a fact is worth a look: what holds a day may end before the office opens again, the rest
#: over a weekend. What holds a day is left alone for the first eight hours, or it would always be due.
SOON: dict[str, dt.timedelta] = {
    FactGroup.AVAILABILITY: dt.timedelta(hours=16),
    FactGroup.AMENITIES: dt.timedelta(hours=16),
}


@dataclass(frozen=True, slots=True)
class Fact:
    """One group of facts of one public listing, and when it was confirmed last; None is never."""

    listing_id: int
    kind: str
    area_code: str
    group: str
    confirmed_at: dt.datetime | None

    @property
    def ends_at(self) -> dt.datetime | None:
        """Return until when the last confirmation holds."""
        return None if self.confirmed_at is None else self.confirmed_at + lifetime(self.group)

    def is_due(self, now: dt.datetime) -> bool:
        """Say whether nobody has confirmed it within its lifetime."""
        return is_stale(self.group, self.confirmed_at, now)

    def is_soon_due(self, now: dt.datetime) -> bool:
        """Say whether it still holds, and not for long."""
        return not self.is_due(now) and is_stale(self.group, self.confirmed_at, now + soon(self.group))


def lifetime(group: str) -> dt.timedelta:
    """Return how long a confirmation of a group of facts holds."""
    return LIFETIMES.get(group, _UNKNOWN)


def soon(group: str) -> dt.timedelta:
    """Return how long before its end a group of facts is worth a look."""
    return SOON.get(group, _THREE_DAYS)


def is_stale(group: str, at: dt.datetime | None, now: dt.datetime) -> bool:
    """Say whether a fact group's last confirmation is missing or older than its lifetime."""
    return at is None or now - at > lifetime(group)


def with_confirmations(rows: QuerySet) -> QuerySet:
    """Add `confirmed_<group>`: when each group of facts was confirmed last."""
    latest = (
        Confirmation.objects.standing()
        .filter(listing=OuterRef("pk"))
        .order_by("-confirmed_at")
        .values("confirmed_at")
    )
    return rows.annotate(
        **{f"confirmed_{group}": Subquery(latest.filter(fact_group=group)[:1]) for group in FactGroup.values}
    )


def stale_in(rows: Any, group: str, now: dt.datetime | None = None) -> Any:
    """Keep the public listings whose facts of a group are not confirmed within their lifetime."""
    now = now or timezone.now()
    kinds = [model.kind_name for model in listing_models() if group in model.fact_groups]
    fresh = Confirmation.objects.standing().filter(
        listing=OuterRef("pk"), fact_group=group, confirmed_at__gte=now - lifetime(group)
    )
    return rows.published().filter(~Exists(fresh), kind__in=kinds)


def facts_of(rows: Any) -> list[Fact]:
    """Return every group of facts of the public listings among these rows; one query, whatever their number."""
    groups = {model.kind_name: model.fact_groups for model in listing_models()}
    names = [f"confirmed_{group}" for group in FactGroup.values]
    found = with_confirmations(rows.published()).order_by()
    return [
        Fact(pk, kind, area_code, group, at)
        for pk, kind, area_code, *moments in found.values_list("pk", "kind", "area_code", *names)
        for group, at in zip(FactGroup.values, moments, strict=True)
        if group in groups.get(kind, ())
    ]


def due_facts(rows: Any, now: dt.datetime | None = None) -> list[Fact]:
    """Return the facts past their lifetime: group by group, within each the never confirmed first, then the oldest."""
    now = now or timezone.now()
    return by_age(fact for fact in facts_of(rows) if fact.is_due(now))


def by_age(facts: Any) -> list[Fact]:
    """Return facts group by group, within each the never confirmed first, then the oldest."""
    order = {group: number for number, group in enumerate(FactGroup.values)}
    beginning = dt.datetime.min.replace(tzinfo=dt.UTC)
    return sorted(
        facts, key=lambda fact: (order[fact.group], fact.confirmed_at or beginning, fact.listing_id)
    )
