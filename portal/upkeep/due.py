"""The freshness queue: which facts a person should look at now, and what was confirmed in the last minutes."""

import datetime as dt
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

import orjson
from django.utils import timezone

from portal.accounts.scope import area_of
from portal.listings.freshness import Fact, by_age, facts_of
from portal.listings.models import Confirmation, FactGroup, Listing
from portal.listings.models.trust import TAKE_BACK
from portal.listings.saying import facts_said
from portal.regions.models import Community, District, Street
from portal.upkeep.models import OperatorAsk
from portal.upkeep.models.operators import LINK_LIFETIME

PAGE = 100
#: How many of the last minutes' deeds are offered to be taken back.
MOST_TAPS = 5
MOST_READ = 1000
LEVELS: dict[int, Any] = {6: District, 9: Street, 12: Community}


@dataclass(frozen=True, slots=True)
class Asked:
    """What a queue is narrowed by; "" is everything. `is_soon` asks for what will be due soon instead."""

    group: str = ""
    kind: str = ""
    area: str = ""
    is_soon: bool = False


@dataclass(frozen=True, slots=True)
class Row:
    """One fact to look at: the listing's public document, what it says of the fact, who said so last."""

    fact: Fact
    doc: dict[str, Any]
    lines: list[str]
    said_by: Confirmation | None
    asked_at: dt.datetime | None

    @property
    def key(self) -> str:
        """Return how a form names the fact."""
        return f"{self.fact.listing_id}:{self.fact.group}"


@dataclass(frozen=True, slots=True)
class Queue:
    """What is to be looked at: `facts` as asked, how many there are by group, by kind and in the other tab."""

    asked: Asked
    facts: list[Fact]
    due_count: int
    soon_count: int
    by_group: Counter[str]
    kinds: set[str]
    areas: list[tuple[str, str]] = field(default_factory=list)

    @property
    def area_name(self) -> str:
        """Return what the chosen area is called."""
        model = LEVELS.get(len(self.asked.area))
        found = model.objects.filter(pk=self.asked.area).first() if model else None
        return str(found or self.asked.area)


def queue_of(user: Any, asked: Asked, now: dt.datetime | None = None) -> Queue:
    """Return what a person may confirm of what is past its lifetime, or soon will be; at most three queries."""
    now = now or timezone.now()
    every = facts_of(Listing.objects.editable_by(user))
    due = [fact for fact in every if fact.is_due(now)]
    soon = [fact for fact in every if fact.is_soon_due(now)]
    shown = soon if asked.is_soon else due
    inside = [fact for fact in shown if _fits(fact, asked)]
    return Queue(
        asked=asked,
        facts=by_age(fact for fact in inside if not asked.group or fact.group == asked.group),
        due_count=len(due),
        soon_count=len(soon),
        by_group=Counter(fact.group for fact in inside),
        kinds={fact.kind for fact in every},
        areas=_areas(every, asked.area or area_of(user) or ""),
    )


def _fits(fact: Fact, asked: Asked) -> bool:
    return fact.kind == (asked.kind or fact.kind) and fact.area_code.startswith(asked.area)


def _areas(facts: list[Fact], outer: str) -> list[tuple[str, str]]:
    """Return (code, name) of the parts of an area in which there are facts: the widest level that divides it."""
    for length, model in LEVELS.items():
        codes = {
            fact.area_code[:length]
            for fact in facts
            if len(fact.area_code) >= length and fact.area_code.startswith(outer)
        }
        if length > len(outer) and len(codes) > 1:
            return [(row.pk, str(row)) for row in model.objects.filter(pk__in=codes).order_by("pk")]
    return []


def rows_of(facts: Iterable[Fact]) -> list[Row]:
    """Return facts with what is known of them, in the same order; three queries."""
    facts = list(facts)
    pks = {fact.listing_id for fact in facts}
    documents = dict(Listing.objects.filter(pk__in=pks).exclude(document="").values_list("pk", "document"))
    docs = {pk: orjson.loads(text) for pk, text in documents.items()}
    moments = {fact.confirmed_at for fact in facts if fact.confirmed_at}
    said: dict[tuple[int, str, dt.datetime | None], Confirmation] = {
        (row.listing_id, row.fact_group, row.confirmed_at): row
        for row in Confirmation.objects.standing().filter(listing__in=pks, confirmed_at__in=moments)
    }
    waiting = OperatorAsk.objects.unanswered().filter(
        listing__in=pks, made_at__gt=timezone.now() - LINK_LIFETIME
    )
    asked = dict(waiting.order_by("made_at").values_list("listing", "made_at"))
    return [
        Row(
            fact,
            docs[fact.listing_id],
            facts_said(docs[fact.listing_id], fact.group),
            said.get((fact.listing_id, fact.group, fact.confirmed_at)),
            asked.get(fact.listing_id),
        )
        for fact in facts
        if fact.listing_id in docs
    ]


@dataclass(frozen=True, slots=True)
class Tap:
    """What one person confirmed at one moment: how many facts, of which listing where it is only one."""

    actor_id: int | None
    at: dt.datetime
    who: str
    count: int
    names: list[str]
    groups: list[str]

    @property
    def key(self) -> str:
        """Return how a form names the deed."""
        return f"{self.actor_id or ''}|{self.at.isoformat()}"

    @property
    def ends_at(self) -> dt.datetime:
        """Return until when it can be taken back."""
        return self.at + TAKE_BACK


def taps_of(user: Any, now: dt.datetime | None = None) -> list[Tap]:
    """Return what was confirmed in the last minutes and the person may take back, one's own first; one query."""
    rows = Confirmation.objects.retractable_by(user, now).select_related("listing").defer("listing__document")
    found: dict[tuple[int | None, dt.datetime], list[Confirmation]] = {}
    for row in rows.order_by("-confirmed_at", "pk")[:MOST_READ]:
        found.setdefault((row.actor_id, row.confirmed_at), []).append(row)
    return [
        Tap(
            actor_id=actor_id,
            at=at,
            who=said[0].actor_label,
            count=len(said),
            names=list(dict.fromkeys(row.listing.name for row in said)),
            groups=[str(FactGroup(group).label) for group in dict.fromkeys(row.fact_group for row in said)],
        )
        for (actor_id, at), said in sorted(found.items(), key=lambda item: item[0][0] != user.pk)[:MOST_TAPS]
    ]


def tapped(user: Any, key: str) -> list[Confirmation]:
    """Return the confirmations of a deed that the person may take back; none for a key that names nothing."""
    who, _bar, moment = key.partition("|")
    try:
        at = dt.datetime.fromisoformat(moment)
        actor_id = int(who) if who else None
        found = Confirmation.objects.retractable_by(user).filter(actor_id=actor_id, confirmed_at=at)
        return list(found)
    except (ValueError, OverflowError):
        return []
