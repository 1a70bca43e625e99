"""Rows and answers in the words in which a source writes them."""

import datetime as dt
from typing import Any

from portal.listings.coordinates import WGS84
from portal.listings.documents import instant
from portal.listings.kinds import listing_model
from portal.listings.models import Listing, Proposal, SourceRecord
from portal.listings.snapshots import Snapshot
from portal.listings.sources.deciding import current
from portal.listings.sources.merging import Contested, by_part
from portal.listings.sources.results import Result
from portal.listings.sources.vocabulary import POSITION, vocabulary_of


def said(model: type[Listing], snapshot: Snapshot) -> dict[str, Any]:
    """Return a snapshot, or a part of one, as a body: positions whole and in WGS-84, without pictures."""
    known = vocabulary_of(model)
    body: dict[str, Any] = {}
    for name in known.names:
        if name == POSITION and "lat" in snapshot:
            body[name] = _position(snapshot, {"accuracy": snapshot.get("accuracy", "exact")})
        elif name in known.groups and name in snapshot:
            body[name] = {
                relation: [_child(row, has_position=table.has_position) for row in snapshot[name][relation]]
                for relation, table in known.groups[name].items()
            }
        elif name in snapshot:
            body[name] = snapshot[name]
    return body


def _position(row: Snapshot, more: dict[str, Any]) -> dict[str, Any] | None:
    if row["lat"] is None or row["lng"] is None:
        return None
    return {"lat": row["lat"], "lng": row["lng"], "datum": WGS84, **more}


def _child(row: Snapshot, *, has_position: bool) -> dict[str, Any]:
    if not has_position:
        return row
    facts = {name: value for name, value in row.items() if name not in ("lat", "lng")}
    return {**facts, POSITION: _position(row, {})}


def identity(listing: Listing, record: SourceRecord | None) -> dict[str, Any]:
    """Return which place a row is, where it stands, and who keeps it if not the source."""
    return {
        "kind": listing.kind,
        "external_id": listing.external_id,
        "id": listing.public_id,
        "state": listing.state,
        "version": listing.revision_number,
        "taken_over": taken_over(record),
    }


def taken_over(record: SourceRecord | None) -> dict[str, Any] | None:
    """Return since when an office keeps a place, and which."""
    if record is None or record.taken_over_at is None:
        return None
    return {"at": instant(record.taken_over_at), "by": record.taken_over_post_label}


def place(listing: Listing) -> dict[str, Any]:
    """Return a row of a list, read with its record: what the source said last."""
    record: SourceRecord | None = getattr(listing, "source_record", None)
    sent = record.sent if record else {}
    return {
        **identity(listing, record),
        "sent_at": instant(record.sent_at) if record else None,
        "sent": said(listing_model(listing.kind), sent),
    }


def whole(listing: Listing, record: SourceRecord) -> dict[str, Any]:
    """Return a row as the source wrote it last and as it stands, and what of it waits for an office (one query)."""
    model = type(listing)
    waiting = Proposal.objects.waiting().filter(listing_id=listing.pk, channel="partner", actor_id=None)
    parts = dict.fromkeys(part for proposal in waiting for part in by_part(proposal.undecided))
    return {
        **identity(listing, record),
        "sent_at": instant(record.sent_at),
        "sent": said(model, record.sent),
        "current": said(model, current(listing)),
        "waiting": list(parts),
    }


def answer(result: Result) -> dict[str, Any]:
    """Return what became of a row that was not refused."""
    listing: Any = result.listing
    return {
        "outcome": result.outcome,
        **identity(listing, result.record),
        "kept": result.kept,
        "proposed": result.proposed,
        "near": result.near,
    }


def refusal(result: Result) -> dict[str, Any]:
    """Return what stands against a refused row: the version now, who keeps the place, what is contested."""
    told: dict[str, Any] = {}
    if result.listing is not None and result.code != "outside_area":
        told["version"] = result.listing.revision_number
    if result.at is not None or result.who:
        told |= {"by": result.who, "at": instant(result.at)}
    if result.contested and result.listing is not None:
        told["conflicts"] = [_conflict(listing_model(result.listing.kind), one) for one in result.contested]
    return told


def _conflict(model: type[Listing], one: Contested) -> dict[str, Any]:
    at: dt.datetime | None = one.at
    yours, ours = said(model, one.yours), said(model, one.ours)
    return {
        "field": one.part,
        "yours": yours[one.part] if list(yours) == [one.part] else yours,
        "ours": ours[one.part] if list(ours) == [one.part] else ours,
        "by": one.who,
        "at": instant(at),
        "version": one.number,
    }
