"""Letting the facts follow what was reported, so that pages, feeds and exports agree with it."""

import datetime as dt
from collections.abc import Collection, Iterable, Mapping, Sequence
from typing import NamedTuple

from django.db import transaction

from portal.audit.recording import here
from portal.listings.authors import System, signed
from portal.listings.availability import Facts, measure_of
from portal.listings.bulk_editing import Edit, edit_many
from portal.listings.measures import Told, whole_second
from portal.listings.models import Channel, Confirmation, Listing
from portal.listings.publishing import read_kinds
from portal.listings.snapshots import read_snapshot

#: What the facts say is renewed when it is so old, even when it is the same: readers of the facts see no report.
RENEWED_AFTER = dt.timedelta(hours=6)


class Reported(NamedTuple):
    """A listing, what its facts say, all that was reported of it, and the items of which that was now."""

    pk: int
    kind: str
    facts: Facts
    reports: Mapping[str, Told]
    changed: Collection[str]

    def due(self, now: dt.datetime) -> dict[str, Told]:
        """Return what the facts must follow."""
        told = {name: self.reports[name] for name in self.changed}
        return {name: one for name, one in told.items() if is_due(self.facts.told.get(name), one, now)}

    def whole_since(self, now: dt.datetime) -> dt.datetime | None:
        """Return the moment from which reports tell all of the place, None where they do not."""
        told = [self.reports.get(item.name) for item in self.facts.items]
        moments = [one.as_of for one in told if one is not None and one.holds(now)]
        return min(*moments, now) if moments and len(moments) == len(told) else None


def is_due(fact: Told | None, told: Told, now: dt.datetime) -> bool:
    """Say whether the facts say something else than a report, nothing that holds, or something old."""
    if fact is None or not fact.agrees(told):
        return True
    return not fact.holds(now) or whole_second(told.as_of) - fact.as_of > RENEWED_AFTER


@transaction.atomic
def follow(*, places: Sequence[Reported], author: System, now: dt.datetime) -> int:
    """Write reports to the facts where these differ, with versions and documents; return how many listings differed.

    Where all of a place was told, its group of facts is confirmed as well: no office is asked for what a system keeps
    telling. The listings are locked; call it last in the transaction, for it ends with the counter of changes.
    """
    due = {place.pk: place for place in places if place.due(now)}
    listings = read_kinds({pk: place.kind for pk, place in due.items()})
    edits = [_edit(listing, due[listing.pk].due(now), now) for listing in listings]
    _confirm(due.values(), author, now)
    edit_many(edits=edits, actor=author, channel=Channel.PARTNER, with_status=True)
    return len(due)


def _edit(listing: Listing, reports: Mapping[str, Told], now: dt.datetime) -> Edit:
    before = read_snapshot(listing, with_status=True)
    fields, rows = measure_of(listing.kind).write(listing, reports, now)
    return Edit(listing, before, {}, fields, rows)


def _confirm(places: Iterable[Reported], author: System, now: dt.datetime) -> None:
    Confirmation.objects.bulk_create(
        [
            Confirmation(
                listing_id=place.pk,
                fact_group=group,
                confirmed_at=since,
                channel=Channel.PARTNER,
                request_id=here(),
                **signed(author),
            )
            for place in places
            if (group := measure_of(place.kind).fact_group) and (since := place.whole_since(now))
        ],
        batch_size=500,
    )
