"""Which partner's register keeps a listing, where no office has taken it over."""

from collections.abc import Iterable
from typing import Any

from portal.listings.models import Listing, SourceRecord
from portal.listings.pinyin import latin
from portal.partners.models import Source

READ = "kept_by_read"


def read_registers(listings: Iterable[Listing]) -> None:
    """Note beside each listing the source that keeps it, for `kept_by`; two queries where any has one, else none."""
    named = [listing for listing in listings if listing.source]
    if not named:
        return
    taken = SourceRecord.objects.taken_over().filter(listing_id__in=[row.pk for row in named])
    kept_here = set(taken.values_list("listing_id", flat=True))
    found = {source.name: source for source in Source.objects.filter(name__in={row.source for row in named})}
    for listing in named:
        listing.__dict__[READ] = None if listing.pk in kept_here else found.get(listing.source)


def source_labels(names: Iterable[str]) -> dict[str, str]:
    """Return name → what these sources are called; a query where any is named, else none."""
    wanted = set(names)
    return dict(Source.objects.filter(name__in=wanted).values_list("name", "label")) if wanted else {}


def kept_by(listing: Listing) -> Source | None:
    """Return the source that keeps a listing, None where an office does; at most two queries unless it was read."""
    if listing.source and READ not in listing.__dict__:
        read_registers([listing])
    return listing.__dict__.get(READ) if listing.source else None


def register_document(listing: Listing) -> dict[str, Any]:
    """Return `source` for the public document, nothing where an office keeps the listing.

    The key is left out rather than null: places of offices, nearly all, read as they did before there were sources, and
    no mirror fetches the city again.
    """
    source = kept_by(listing)
    if source is None:
        return {}
    name_en = source.label_en or latin(source.label)
    return {"source": {"code": source.name, "zh": source.label, "en": name_en}}
