"""Which listings a question is about: published ones within the reach of the key, in an order that stays."""

import uuid
from collections.abc import Iterator
from typing import Any

from django.db.models import QuerySet
from django.http import Http404
from django.utils import timezone
from rest_framework.request import Request

from portal.hsds import identifiers
from portal.hsds.keepers import kept_areas
from portal.hsds.places import COLUMNS, Place, places
from portal.hsds.taxonomies import TAXONOMY, terms
from portal.listings.api import conditional
from portal.listings.kinds import kind_names
from portal.listings.models import Listing
from portal.running.databases import reading_from

CHUNK = 500


def published(request: Request) -> Any:
    """Return what this request may read."""
    rows = Listing.objects.filter(kind__in=kind_names()).published()
    return rows.in_area(conditional.key_area(request))


def narrowed(request: Request, asked: dict[str, Any]) -> QuerySet:
    """Return the listings that all parameters of the question agree on."""
    found = published(request)
    if "search" in asked:
        found = found.search(asked["search"])
    if "modified_after" in asked:
        found = found.filter(changed_at__gte=asked["modified_after"])
    if "taxonomy_id" in asked and str(asked["taxonomy_id"]) != TAXONOMY["id"]:
        return found.none()
    if "taxonomy_term_id" in asked:
        wanted = str(asked["taxonomy_term_id"])
        found = found.filter(kind__in=[kind for kind, term in terms().items() if term["id"] == wanted])
    if "organization_id" in asked:
        found = found.filter(area_code__in=areas_of(request, asked["organization_id"]))
    return found.order_by("pk")


def areas_of(request: Request, sought: uuid.UUID) -> list[str]:
    """Return the areas of the listings that an organization keeps; none for one that keeps nothing here."""
    kept = kept_areas(published(request))
    return next((areas for keeper, areas in kept.items() if keeper.id == str(sought)), [])


def page(found: QuerySet, part: slice) -> list[Place]:
    """Return the places of a page: keys are found by their index alone, documents are read of these."""
    listed = Listing.objects.filter(pk__in=found.values("pk")[part]).order_by("pk")
    return places(listed.values_list(*COLUMNS), timezone.now())


def one(request: Request, sought: str) -> Place:
    """Return the place to which a UUID belongs. Raise Http404 for none, and for one that is not public."""
    read = identifiers.read(sought)
    public_id = identifiers.public_id_of(read) if read else None
    if public_id is None:
        raise Http404
    found = page(published(request).filter(public_id=public_id), slice(0, 1))
    if not found:
        raise Http404
    return found[0]


def parts(found: QuerySet, *columns: str) -> Iterator[list[tuple[Any, ...]]]:
    """Yield these columns of every listing in parts, by key."""
    last = 0
    listed = found.using(reading_from()).order_by("pk")
    while part := list(listed.filter(pk__gt=last).values_list("pk", *columns)[:CHUNK]):
        yield [row[1:] for row in part]
        last = part[-1][0]


def each(found: QuerySet) -> Iterator[Place]:
    """Yield every place."""
    moment = timezone.now()
    for part in parts(found, *COLUMNS):
        yield from places(part, moment)
