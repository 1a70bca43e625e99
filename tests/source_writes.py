"""A source's write as the partner API makes it, cut down to its locks: the source, the listing, what was taken over."""

from typing import Any

from django.db import transaction
from django.utils import timezone

from portal.accounts.models import Organisation
from portal.listings.authors import System
from portal.listings.models import Channel, Listing, SourceRecord
from portal.listings.revising import lock, record
from portal.listings.snapshots import read_snapshot, write_snapshot
from portal.partners.models import Source
from tests.factories import make_canteen


def make_source(name: str = "canteens-of-wuliu", label: str = "物流园食堂名册", **fields: Any) -> Source:
    """Return a source of a partner."""
    firm, _made = Organisation.objects.get_or_create(kind="operator", name="物流园餐饮公司")
    return Source.objects.get_or_create(name=name, defaults={"label": label, "organisation": firm, **fields})[
        0
    ]


def make_sent(source: Source, external_id: str = "A-1", **changes: Any) -> Any:
    """Return a published canteen that a source has written."""
    canteen = make_canteen(extra={"source": source.name, "external_id": external_id}, **changes)
    snapshot = read_snapshot(type(canteen).objects.with_groups().get(pk=canteen.pk))
    SourceRecord.objects.create(
        listing_id=canteen.pk,
        sent=snapshot,
        sent_number=canteen.revision_number,
        sent_at=timezone.now(),
        sent_by_label=source.label,
    )
    return canteen


@transaction.atomic
def write_as(source: Source, external_id: str, **changes: Any) -> str:
    """Write a source's row and return what came of it: "changed", "refused", or "missing" where no listing is it."""
    Source.objects.select_for_update().get(pk=source.pk)
    found = Listing.objects.filter(source=source.name, external_id=external_id).first()
    if found is None:
        return "missing"
    listing = lock(found.as_kind)
    if listing.source != source.name:
        return "missing"
    kept = SourceRecord.objects.get(listing_id=listing.pk)
    if kept.taken_over_at is not None:
        kept.refused, kept.refused_at = changes, timezone.now()
        kept.save()
        return "refused"
    before = read_snapshot(listing, with_status=True)
    write_snapshot(listing, changes)
    by = System(source.label, str(source.organisation))
    record(listing=listing, before=before, actor=by, channel=Channel.PARTNER)
    kept.sent |= changes
    kept.sent_number, kept.sent_at = listing.revision_number, timezone.now()
    kept.save()
    return "changed"
