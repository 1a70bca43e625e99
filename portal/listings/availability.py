"""What is free right now: what systems reported and what the facts say, whichever is newer."""

import datetime as dt
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache, cached_property, lru_cache
from typing import Any, Protocol

import orjson
from django.db.models import Q

from portal.accounts.models import Post
from portal.listings.kinds import listing_model, listing_models
from portal.listings.measures import Item, Measure, Told, newer
from portal.listings.models import Availability, Listing, Stewardship
from portal.listings.querysets import ListingQuerySet
from portal.partners.models import ApiKey, Source


@cache
def measured_kinds() -> list[str]:
    """Return the kinds of which something runs out or fills up."""
    return [model.kind_name for model in listing_models() if model.measure is not None]


def measure_of(kind: str) -> Measure:
    """Return what a measured kind's places have that runs out or fills up."""
    found = listing_model(kind).measure
    if found is None:
        raise LookupError(kind)
    return found


def measured() -> ListingQuerySet:
    """Return the published listings of which something runs out or fills up."""
    rows: ListingQuerySet = Listing.objects.filter(kind__in=measured_kinds())
    return rows.published().exclude(document="")


def reportable_by(key: ApiKey) -> ListingQuerySet:
    """Return the listings of which a key may tell what is free.

    They lie in its area, and are rows of a source that it writes, or kept by a standing post of its organisation.
    """
    own = Source.objects.written_by(key).values("name")
    posts = Post.objects.current().filter(organisation=key.organisation_id)
    kept = Stewardship.objects.filter(post__in=posts.values("pk")).values("listing_id")
    return measured().in_area(key.area_code).filter(Q(source__in=own) | Q(pk__in=kept))


def reports_of(pks: Iterable[int]) -> dict[int, dict[str, Told]]:
    """Return what systems said last, over or not, by listing and item; one query."""
    found: dict[int, dict[str, Told]] = {}
    rows = Availability.objects.filter(listing__in=list(pks)).order_by()
    names = ("listing_id", "item", "as_of", "valid_until", "count", "status")
    for pk, item, as_of, valid_until, count, status in rows.values_list(*names):
        found.setdefault(pk, {})[item] = Told(as_of, valid_until, count, status)
    return found


class Shown(Protocol):
    """A listing on a page."""

    @property
    def pk(self) -> int:
        """Return its key."""

    @property
    def doc(self) -> dict[str, Any]:
        """Return its document."""


class Latest:
    """What systems said last of the listings of one page, read when somebody first looks, all in one query.

    `cards` may still grow until then.
    """

    def __init__(self, cards: Sequence[Shown]) -> None:
        self.cards = cards

    @cached_property
    def by_listing(self) -> Mapping[int, Mapping[str, Told]]:
        """Return the reports by listing and item."""
        return reports_of(card.pk for card in self.cards if card.doc["kind"] in measured_kinds())

    def shown(self, pk: int, doc: dict[str, Any]) -> dict[str, Any]:
        """Return a document as pages show it, with what was reported where that is newer."""
        measure = listing_model(doc["kind"]).measure
        return doc if measure is None else measure.shown(doc, self.by_listing.get(pk, {}))


@dataclass(frozen=True, slots=True)
class Facts:
    """What a stored document says of what is free."""

    public_id: str
    kind: str
    items: list[Item]
    told: dict[str, Told]


@lru_cache(maxsize=4096)
def facts_of(text: str) -> Facts:
    """Return what a stored document says; read once for each document."""
    doc = orjson.loads(text)
    measure = measure_of(doc["kind"])
    return Facts(doc["id"], doc["kind"], measure.items(doc), measure.facts(doc))


def standing(facts: Facts, reports: Mapping[str, Told]) -> list[tuple[Item, Told | None]]:
    """Return each item of a listing with what was said of it last, None where nobody ever said anything."""
    return [(item, newer(facts.told.get(item.name), reports.get(item.name))) for item in facts.items]


def holding(told: Told | None, moment: dt.datetime) -> Told | None:
    """Return what still holds; what is over is as unknown as what nobody said."""
    return told if told is not None and told.holds(moment) else None
