"""Taking what operators' systems say to be free: the newest of each item is kept, and the facts follow it."""

import datetime as dt
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

from django.db import transaction
from django.db.models import F, Q

from portal.listings.authors import System
from portal.listings.availability import Facts, facts_of, measure_of, reportable_by, reports_of
from portal.listings.following import Reported, follow
from portal.listings.measures import Measure, Told, whole_second
from portal.listings.models import Availability
from portal.listings.publishing import lock_rows
from portal.listings.report_faults import Fault, faults
from portal.partners.models import ApiKey, Source

ACCEPTED, UNCHANGED, OLDER, REFUSED = "accepted", "unchanged", "older", "refused"
#: What one row's outcome is when its items had several: the first that occurs.
BY_WEIGHT = (ACCEPTED, OLDER, UNCHANGED)


class Named(NamedTuple):
    """Which listing a row is of: by its public id, or by what its source calls it."""

    public_id: str = ""
    source: str = ""
    external_id: str = ""


@dataclass(frozen=True, slots=True)
class Report:
    """What a system says of one listing: counts by item, or a status of the whole place."""

    named: Named
    as_of: dt.datetime
    valid_until: dt.datetime
    counts: Mapping[str, int] = field(default_factory=dict)
    status: str = ""

    def told(self) -> dict[str, Told]:
        """Return it by item."""
        if self.status:
            return {"": Told(self.as_of, self.valid_until, status=self.status)}
        return {name: Told(self.as_of, self.valid_until, count) for name, count in self.counts.items()}


@dataclass(slots=True)
class Outcome:
    """What became of a report: accepted, unchanged, older or refused, also by item; why it was refused."""

    name: str
    public_id: str = ""
    items: dict[str, str] = field(default_factory=dict)
    code: str = ""
    faults: list[Fault] = field(default_factory=list)


@dataclass(slots=True)
class Place:
    """A locked listing, what its facts say and what was reported of it so far; `changed` are the items to be stored."""

    pk: int
    kind: str
    source: str
    facts: Facts
    reports: dict[str, Told]
    is_taken_over: bool
    changed: set[str] = field(default_factory=set)

    @property
    def measure(self) -> Measure:
        """Return what of it runs out or fills up."""
        return measure_of(self.kind)


@transaction.atomic(savepoint=False)
def take(*, key: ApiKey, reports: Sequence[Report], now: dt.datetime) -> list[Outcome]:
    """Take reports in order and return what became of each; one that is refused leaves nothing.

    A listing that the key may not tell of is answered as one that does not exist. Scope is asked again once the
    listings are locked, so that nobody reports for a place that left his hands meanwhile. All locks come first, in the
    order of their keys, and the counter of changes last.
    """
    sources = {one.name: one for one in Source.objects.written_by(key)}
    places = _locked(key, [report.named for report in reports], sources)
    outcomes = [_take(report, places.get(report.named), sources, now) for report in reports]
    touched = {place.pk: place for place in places.values() if place.changed}
    _store(touched.values(), sources, key, now)
    _let_facts_follow(touched.values(), sources, key, now)
    return outcomes


def _locked(key: ApiKey, named: Iterable[Named], sources: Collection[str]) -> dict[Named, Place]:
    """Lock what the key may tell of, and return it by every name that a report uses."""
    named = set(named)
    wanted = Q(public_id__in={one.public_id for one in named if one.public_id})
    by_source: dict[str, set[str]] = {}
    for one in named:
        if one.source in sources:
            by_source.setdefault(one.source, set()).add(one.external_id)
    for source, numbers in by_source.items():
        wanted |= Q(source=source, external_id__in=numbers)
    pks = list(reportable_by(key).filter(wanted).values_list("pk", flat=True))
    lock_rows(pks)
    told = reports_of(pks)
    rows = reportable_by(key).filter(wanted, pk__in=pks).annotate(taken=F("source_record__taken_over_at"))
    fields = ("pk", "kind", "public_id", "source", "external_id", "document", "taken")
    found = {}
    for pk, kind, public_id, source, external_id, text, taken in rows.values_list(*fields):
        place = Place(pk, kind, source, facts_of(text), told.get(pk, {}), taken is not None)
        found[Named(public_id=public_id)] = place
        found[Named(source=source, external_id=external_id)] = place
    return found


def _take(report: Report, place: Place | None, sources: Mapping[str, Source], now: dt.datetime) -> Outcome:
    if report.named.source and report.named.source not in sources:
        return Outcome(REFUSED, code="source_missing")
    if place is None:
        return Outcome(REFUSED, code="not_found")
    if place.is_taken_over and place.source in sources:
        return Outcome(REFUSED, place.facts.public_id, code="taken_over")
    wrong = faults(place.measure, place.facts, report, now)
    if wrong:
        return Outcome(REFUSED, place.facts.public_id, code="invalid_body", faults=wrong)
    items = {name: _weigh(place, name, told) for name, told in report.told().items()}
    weight = next(name for name in BY_WEIGHT if name in items.values())
    return Outcome(weight, place.facts.public_id, items)


def _weigh(place: Place, name: str, told: Told) -> str:
    """Keep what is told of one item unless something newer is known; say which it was."""
    known, fact = place.reports.get(name), place.facts.told.get(name)
    if known == told:
        return UNCHANGED
    is_older = known is not None and told.as_of < known.as_of
    if is_older or (fact is not None and whole_second(told.as_of) < fact.as_of):
        return OLDER
    place.reports[name] = told
    place.changed.add(name)
    return ACCEPTED


def _author(place: Place, sources: Mapping[str, Source], key: ApiKey) -> System:
    """Return who history says it was: the source whose row it is, else the organisation that keeps the place."""
    source = sources.get(place.source)
    organisation = str(key.organisation)
    return System(source.label if source else organisation, organisation)


def _store(places: Iterable[Place], sources: Mapping[str, Source], key: ApiKey, now: dt.datetime) -> None:
    """Overwrite what was reported, and forget items that the places do not have any more."""
    rows = []
    for place in places:
        if gone := place.reports.keys() - {item.name for item in place.facts.items}:
            Availability.objects.filter(listing=place.pk, item__in=gone).delete()
        for name in sorted(place.changed):
            told = place.reports[name]
            rows.append(
                Availability(
                    listing_id=place.pk,
                    item=name,
                    count=told.count,
                    status=told.status,
                    as_of=told.as_of,
                    valid_until=told.valid_until,
                    written_at=now,
                    written_by_label=str(_author(place, sources, key))[:120],
                )
            )
    Availability.objects.bulk_create(
        rows,
        batch_size=500,
        update_conflicts=True,
        unique_fields=["listing", "item"],
        update_fields=["count", "status", "as_of", "valid_until", "written_at", "written_by_label"],
    )


def _let_facts_follow(
    places: Iterable[Place], sources: Mapping[str, Source], key: ApiKey, now: dt.datetime
) -> None:
    """Write what differs to the facts, under the name of each source apart."""
    by_author: dict[System, list[Reported]] = {}
    for place in places:
        if place.measure.is_fact:
            reported = Reported(place.pk, place.kind, place.facts, place.reports, place.changed)
            by_author.setdefault(_author(place, sources, key), []).append(reported)
    for author, found in by_author.items():
        follow(places=found, author=author, now=now)
