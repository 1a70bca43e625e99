"""What is to become of a row, judged against the listing under its lock. Nothing here writes."""

import copy
from dataclasses import dataclass, field
from typing import Any

from django.core.exceptions import NON_FIELD_ERRORS, ValidationError
from django.utils.text import format_lazy
from django.utils.translation import gettext_lazy as _

from portal.listings.bulk import Built, NewListing
from portal.listings.bulk_editing import Edit
from portal.listings.models import Channel, Listing, Revision, SourceRecord, State
from portal.listings.snapshots import Snapshot, check_snapshot, field_value, read_snapshot
from portal.listings.sources.bodies import Fault, Row, aligned, faults_of
from portal.listings.sources.merging import Merged, merge, who
from portal.listings.sources.merging import faults_of as contested_faults
from portal.listings.sources.results import (
    CHANGED,
    CREATED,
    PROPOSED,
    UNCHANGED,
    WITHDRAWN,
    Result,
    refused,
)
from portal.listings.sources.rights import PUBLISH, Rights
from portal.listings.sources.vocabulary import POSITION, SPOT, STATUS
from portal.listings.states import MOVES, values_of

NEEDS_SCOPE = _("The key needs the scope “{scope}” to say where a place stands.")
CANNOT_MOVE = _("A place that is {state} cannot become {to}.")


@dataclass(slots=True)
class Known:
    """A row's listing as it stands under the lock, what the source said of it before, and what it has proposed."""

    listing: Listing
    record: SourceRecord
    before: Snapshot
    waiting: set[str] = field(default_factory=set)


@dataclass(slots=True)
class Plan:
    """What is to be done with one row: a new listing, or an edit, or nothing; and what the answer then says."""

    row: Row
    result: Result
    built: Built | None = None
    edit: Edit | None = None
    known: Known | None = None
    sent: Snapshot = field(default_factory=dict)
    is_refused_write: bool = False


def decide(row: Row, known: Known | None, rights: Rights) -> Plan:
    """Return what is to become of a row that was read without a fault."""
    if known is None:
        return _decide_new(row, rights)
    refusal = _refusal(row, known, rights)
    if refusal is not None:
        refusal.listing, refusal.record = known.listing, known.record
        return Plan(row, refusal, known=known, is_refused_write=refusal.code == "taken_over")
    if row.is_withdrawn:
        return _decide_withdrawn(row, known, rights)
    return _decide_known(row, known, rights)


def _refusal(row: Row, known: Known, rights: Rights) -> Result | None:
    """Return why a row may not be written whatever it says."""
    listing, record = known.listing, known.record
    if type(listing) is not row.model:
        return refused(row.place, "other_kind", [("kind", "other_kind", listing.kind)])
    if not rights.reaches(listing.area_code):
        return refused(row.place, "outside_area")
    if record.taken_over_at:
        office = record.taken_over_post_label or record.taken_over_by_label
        return refused(row.place, "taken_over", who=office, at=record.taken_over_at)
    if row.version is not None and row.version != listing.revision_number:
        return refused(row.place, "version_moved")
    if row.status and not rights.may_publish:
        return _lacks_publish(row.place)
    return None


def _lacks_publish(place: int) -> Result:
    return refused(
        place, "scope_missing", [(PUBLISH, "scope_missing", format_lazy(NEEDS_SCOPE, scope=PUBLISH))]
    )


def _decide_new(row: Row, rights: Rights) -> Plan:
    if row.is_withdrawn or row.version is not None:
        return Plan(row, refused(row.place, "not_found" if row.is_withdrawn else "version_moved"))
    if row.status and not rights.may_publish:
        return Plan(row, _lacks_publish(row.place))
    model: Any = row.model
    listing = model(source=rights.source.name, external_id=row.external_id)
    try:
        rows = check_snapshot(listing, row.changes, in_memory=True)
    except ValidationError as error:
        return Plan(row, refused(row.place, "invalid_body", faults_by_field(error)))
    if not rights.reaches(area_of(listing)):
        return Plan(row, refused(row.place, "outside_area"))
    built = Built(NewListing(model, row.changes), listing, rows)
    try:
        stand(built, row.status or {"state": State.IN_REVIEW.value})
    except ValidationError as error:
        return Plan(row, refused(row.place, "invalid_body", faults_by_field(error)))
    return Plan(row, Result(row.place, CREATED), built, sent=row.said)


def stand(built: Built, status: Snapshot) -> None:
    """Let a new listing stand where it is said to, by the steps that lead there. Raise ValidationError."""
    check_snapshot(built.listing, status, in_memory=True)
    steps = [{"state": State.PUBLISHED.value}] if status["state"] == State.PAUSED else []
    steps += [status] if status["state"] != State.DRAFT else []
    built.item.statuses = steps
    built.listing.revision_number = 1 + len(steps)


def _decide_withdrawn(row: Row, known: Known, rights: Rights) -> Plan:
    listing = known.listing
    is_said_already = known.record.sent.get("state") == State.ARCHIVED and row.version is None
    may_now = rights.may_publish and "state" in known.waiting
    if listing.state == State.ARCHIVED or (is_said_already and not may_now):
        return Plan(row, Result(row.place, UNCHANGED, listing=listing, record=known.record), known=known)
    status = values_of(State.ARCHIVED.value)
    is_proposal = listing.is_public and not rights.may_publish
    plan = _planned(row, known, status, Merged(), is_proposal=is_proposal)
    plan.result.outcome = PROPOSED if is_proposal else WITHDRAWN
    plan.sent = {**known.record.sent, **status}
    return plan


def _decide_known(row: Row, known: Known, rights: Rights) -> Plan:
    listing, sent = known.listing, known.record.sent
    said = aligned(type(listing), row.said, known.before)
    if listing.state == State.ARCHIVED:
        last = (
            Revision.objects.filter(listing_id=listing.pk, after__has_key="state").order_by("-number").first()
        )
        if last is None or not is_withdrawal(last):
            at = last.made_at if last else None
            said_by = refused(
                row.place, "archived", who=who(last), at=at, listing=listing, record=known.record
            )
            return Plan(row, said_by, known=known)
        # What the source took back itself it may bring back: in review, unless it says more and may.
        said = {**values_of(State.IN_REVIEW.value), **said}
        sent = {**sent, **{name: known.before[name] for name in STATUS}}
    waiting = known.waiting if rights.may_publish else set()
    merged = merge(listing, known.before, said, sent, wins=row.version is not None, waiting=waiting)
    if merged.contested:
        return Plan(
            row,
            refused(
                row.place,
                "conflict",
                contested_faults(merged.contested),
                contested=merged.contested,
                listing=listing,
                record=known.record,
            ),
            known=known,
        )
    is_proposal = listing.is_public and not rights.may_publish
    plan = _planned(row, known, merged.wanted, merged, is_proposal=is_proposal)
    plan.sent = {**_without_withdrawal(known.record.sent), **row.said}
    if plan.edit is not None and not rights.reaches(area_of(plan.edit.listing)):
        return Plan(
            row, refused(row.place, "outside_area", listing=listing, record=known.record), known=known
        )
    return plan


def _without_withdrawal(sent: Snapshot) -> Snapshot:
    """Return what a source said before, without that it took the row back: whoever sends a row means it."""
    is_back = sent.get("state") == State.ARCHIVED
    return {name: value for name, value in sent.items() if not (is_back and name in STATUS)}


def is_withdrawal(revision: Revision) -> bool:
    """Say whether a source took its row back by this version, itself or with an office's consent."""
    return revision.channel == Channel.PARTNER


def _planned(row: Row, known: Known, wanted: Snapshot, merged: Merged, *, is_proposal: bool) -> Plan:
    """Return a checked edit, or what is wrong with it."""
    listing = known.listing
    result = Result(row.place, UNCHANGED, listing=listing, record=known.record, kept=merged.kept)
    wanted = {key: value for key, value in wanted.items() if known.before.get(key) != value}
    if not wanted:
        return Plan(row, result, known=known)
    tried = copy.copy(listing)
    try:
        _check_move(listing, wanted)
        rows = check_snapshot(tried, wanted, in_memory=True)
    except ValidationError as error:
        faults = faults_by_field(error)
        return Plan(
            row, refused(row.place, "invalid_body", faults, listing=listing, record=known.record), known=known
        )
    names = (*tried.editable_fields(), *STATUS)
    fields = [name for name in names if field_value(tried, name) != known.before[name]]
    result.outcome = PROPOSED if is_proposal else CHANGED
    edit = Edit(tried, known.before, wanted, fields, rows, is_proposal)
    return Plan(row, result, edit=edit, known=known)


def _check_move(listing: Listing, wanted: Snapshot) -> None:
    """Raise ValidationError for a move that no office could make either."""
    state, to = listing.state, wanted.get("state", listing.state)
    allowed = MOVES[State.DRAFT] + (State.DRAFT,) if state == State.ARCHIVED else MOVES[State(state)]
    if to != state and to not in allowed:
        told = format_lazy(CANNOT_MOVE, state=State(state).label, to=State(to).label)
        raise ValidationError({"state": ValidationError(told, code="state")})


def faults_by_field(error: ValidationError) -> list[Fault]:
    """Return a snapshot's faults by the names of the body."""
    found: dict[str, list[Fault]] = {}
    for name, errors in error.error_dict.items():
        place = POSITION if name in SPOT else "" if name == NON_FIELD_ERRORS else name
        found.setdefault(place, []).extend(
            fault for single in errors for fault in faults_of(place, ValidationError([single]))
        )
    return [fault for faults in found.values() for fault in faults]


def area_of(listing: Listing) -> str:
    """Return the area of a listing that may not be stored yet."""
    return listing.community_id or listing.street_id or listing.district_id or ""


def current(listing: Listing) -> Snapshot:
    """Return what stands, status included."""
    return read_snapshot(listing, with_status=True)
