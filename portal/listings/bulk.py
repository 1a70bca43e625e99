"""Creating many listings at once: parent and child rows inserted directly, everything else as `revising` does it.

Django has no `bulk_create` for multi-table inheritance (decision 0001). For the demo city, imports and benches; the
result equals `revising.create`, `states` and `confirming.confirm` one by one, which a test compares.
"""

import datetime as dt
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from itertools import groupby
from typing import TYPE_CHECKING, Any

from django.core.exceptions import ValidationError
from django.db import connections, models, router, transaction
from django.db.models.sql import InsertQuery
from django.utils import timezone

from portal.audit.recording import here
from portal.listings import intervals
from portal.listings.authors import System, actor_label, signed
from portal.listings.models import Confirmation, Listing, Revision
from portal.listings.publishing import publish
from portal.listings.snapshots import (
    Rows,
    Snapshot,
    build_rows,
    difference,
    field_value,
    from_json,
    read_snapshot,
)

if TYPE_CHECKING:
    from portal.accounts.models import User

CHUNK = 200


@dataclass(slots=True)
class NewListing:
    """What is to be created: a snapshot, then the statuses it went through, then who confirmed what.

    `extra` sets what no edit may set (public_id, source, external_id). Each of `statuses` holds status fields and makes
    one revision. A confirmation is (fact group, moment, channel).
    """

    model: type[Listing]
    changes: Snapshot
    extra: dict[str, Any] = field(default_factory=dict)
    statuses: list[Snapshot] = field(default_factory=list)
    confirmations: list[tuple[str, dt.datetime, str]] = field(default_factory=list)


@dataclass(slots=True)
class Built:
    """A checked listing that is not stored yet, and the unsaved rows of its groups by relation."""

    item: NewListing
    listing: Listing
    rows: Rows


@transaction.atomic
def create_many(*, items: Sequence[NewListing], actor: "User | System | None", channel: str) -> list[int]:
    """Create listings with revisions, intervals, confirmations and documents; return their keys in order.

    Raises ValidationError for what a field or a group refuses; constraints speak as IntegrityError.
    """
    found: list[int] = []
    for start in range(0, len(items), CHUNK):
        found += insert([_built(item) for item in items[start : start + CHUNK]], actor, channel)
    return found


@transaction.atomic
def insert(
    built: Sequence[Built], actor: "User | System | None", channel: str, batch_id: int | None = None
) -> list[int]:
    """Store what was built and checked before, with everything that hangs on it; return the keys in order.

    `batch_id` is the import that brings them.
    """
    pks: list[int] = []
    for start in range(0, len(built), CHUNK):
        chunk = built[start : start + CHUNK]
        listings = [one.listing for one in chunk]
        _insert(listings)
        insert_rows((one.listing, one.rows) for one in chunk)
        fresh = read_again(listings)
        stored = [fresh[listing.pk] for listing in listings]
        _record([one.item for one in chunk], stored, actor, channel, batch_id)
        intervals.rebuild(listing for listing in fresh.values() if listing.is_public)
        publish(read_again(listings).values())
        pks += [listing.pk for listing in listings]
    return pks


def _built(item: NewListing) -> Built:
    listing = _build(item)
    return Built(item, listing, _build_groups(item, listing))


def _build(item: NewListing) -> Listing:
    """Return the listing as it ends up, with its fields checked; what the database checks is left to it."""
    listing = item.model(**item.extra)
    for values in (item.changes, *item.statuses):
        for name, value in values.items():
            if name not in listing.groups:
                model_field: Any = listing._meta.get_field(name)
                setattr(listing, model_field.attname, from_json(model_field, value))
    listing.revision_number = 1 + len(item.statuses)
    listing.clean_fields(exclude=[f.name for f in listing._meta.fields if f.is_relation or f.primary_key])
    listing.clean()
    return listing


def _insert(listings: Sequence[Listing]) -> None:
    columns = [f for f in Listing._meta.concrete_fields if not f.primary_key and not f.generated]
    parents = [
        Listing(
            **{f.attname: getattr(row, f.attname) for f in columns if f.attname != "kind"}, kind=row.kind_name
        )
        for row in listings
    ]
    Listing.objects.bulk_create(parents, batch_size=CHUNK)
    for listing, parent in zip(listings, parents, strict=True):
        listing.pk = listing.id = parent.pk
    for model, rows in _by_kind(listings):
        using = router.db_for_write(model)
        query = InsertQuery(model)
        query.insert_values(model._meta.local_concrete_fields, list(rows), raw=True)
        query.get_compiler(connection=connections[using]).execute_sql()


def _by_kind(listings: Iterable[Listing]) -> Iterator[tuple[type[Listing], Iterator[Listing]]]:
    return groupby(sorted(listings, key=lambda listing: listing._meta.label), type)


def _build_groups(item: NewListing, listing: Listing) -> Rows:
    rows: Rows = {}
    for name, group in listing.groups.items():
        for relation in group.relations:
            values = item.changes.get(name, {}).get(relation, [])
            if not values:
                continue
            try:
                rows[relation] = build_rows(listing, relation, values, in_database=True)
            except ValidationError as error:
                raise ValidationError({name: error.error_list}) from error
    return rows


def insert_rows(found: Iterable[tuple[Listing, Rows]]) -> None:
    """Store the unsaved rows of these listings' groups, a table at a time, in the order given."""
    rows: dict[type[models.Model], list[models.Model]] = {}
    for listing, by_relation in found:
        for relation, made in by_relation.items():
            related: Any = listing._meta.get_field(relation)
            for row in made:
                setattr(row, related.field.attname, listing.pk)
            rows.setdefault(related.related_model, []).extend(made)
    for model, made in rows.items():
        model._default_manager.bulk_create(made, batch_size=500)


def read_again(listings: Iterable[Listing]) -> dict[int, Listing]:
    """Return the listings as stored, with their groups, by key."""
    found: dict[int, Listing] = {}
    for model, rows in _by_kind(listings):
        found |= {row.pk: row for row in model.objects.with_groups().filter(pk__in=[row.pk for row in rows])}
    return found


def _record(
    items: Sequence[NewListing],
    listings: Sequence[Listing],
    actor: "User | System | None",
    channel: str,
    batch_id: int | None,
) -> None:
    now = timezone.now()
    by = signed(actor)
    origin = here()
    revisions, confirmations = [], []
    for item, listing in zip(items, listings, strict=True):
        unsaved = item.model()
        final = read_snapshot(listing, with_status=True)
        reached = {**final, **{name: field_value(unsaved, name) for name in listing.status_fields}}
        steps: list[tuple[Snapshot, Snapshot]] = [({}, reached)]
        for status in item.statuses:
            before, reached = reached, {**reached, **_as_read(item.model(), status)}
            steps.append((before, reached))
        for number, (before, after) in enumerate(steps, 1):
            old, new = difference(before, after)
            revisions.append(
                Revision(
                    listing_id=listing.pk,
                    number=number,
                    made_at=now,
                    channel=channel,
                    before=old if before else {},
                    after=new,
                    batch_id=batch_id,
                    request_id=origin,
                    **by,
                )
            )
        confirmations += [
            Confirmation(
                listing_id=listing.pk,
                fact_group=group,
                confirmed_at=at,
                actor_id=by["actor_id"],
                actor_label=actor_label(actor) if actor else "",
                post_label=by["post_label"],
                channel=through,
                request_id=origin,
            )
            for group, at, through in item.confirmations
            if group in listing.fact_groups
        ]
    Revision.objects.bulk_create(revisions, batch_size=500)
    Confirmation.objects.bulk_create(confirmations, batch_size=500)


def _as_read(listing: Listing, status: Snapshot) -> Snapshot:
    """Return status values in the form in which a snapshot reads them from the row."""
    for name, value in status.items():
        model_field: Any = listing._meta.get_field(name)
        setattr(listing, model_field.attname, from_json(model_field, value))
    return {name: field_value(listing, name) for name in status}
