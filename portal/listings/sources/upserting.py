"""Writing what a source sends: one row or a batch, in one transaction, with an answer for each."""

from collections.abc import Iterable, Sequence
from typing import Any

from django.db import IntegrityError, transaction
from django.utils import timezone
from django.utils.text import format_lazy

from portal.listings.bulk import insert
from portal.listings.bulk_editing import edit_many
from portal.listings.models import Channel, Listing, Proposal, SourceRecord, State
from portal.listings.models.listing import PUBLIC_STATES
from portal.listings.outcomes import finish
from portal.listings.parts import part_of
from portal.listings.publishing import read_kinds
from portal.listings.sources.bodies import Row, aligned
from portal.listings.sources.deciding import Known, Plan, current, decide, stand
from portal.listings.sources.merging import by_part
from portal.listings.sources.neighbours import near_each
from portal.listings.sources.results import REFUSED, REPEATED, UNCHANGED, Result, refused
from portal.listings.sources.rights import Rights, lock_source
from portal.listings.sources.vocabulary import STATUS
from portal.partners.models import ApiKey

#: More would hold the source's row, and on SQLite every writer, for longer than a bulk write may last.
MOST_ROWS = 100
RECORD_FIELDS = ("sent", "sent_number", "sent_at", "sent_by_label", "refused", "refused_at")


@transaction.atomic
def upsert(*, key: ApiKey, source: str, rows: Sequence[Row]) -> list[Result]:
    """Write rows that were read (`bodies`) under a source's name; return what became of each, in order.

    Writers of one source wait for each other. All is stored or, when this raises or the process dies, nothing: whoever
    has no answer sends the same again. Raise SourceMissing and ScopeMissing.
    """
    rights = lock_source(key, source)
    results = _refused_beforehand(rows)
    wanted = [row for row in rows if row.place not in results]
    known = _lock_known(rights, [row.external_id for row in wanted])
    try:
        with transaction.atomic():
            results |= _write(rights, wanted, known)
    except IntegrityError:
        # What only the database refuses concerns one row: the others are written without it.
        results |= _write_singly(rights, wanted)
    return [results[row.place] for row in rows]


def _refused_beforehand(rows: Iterable[Row]) -> dict[int, Result]:
    """Return what cannot be read, and what is there twice in one request."""
    found: dict[int, Result] = {}
    seen: dict[str, int] = {}
    for row in rows:
        if row.faults:
            found[row.place] = refused(row.place, "invalid_body", row.faults)
        elif row.external_id in seen:
            told = format_lazy(REPEATED, number=seen[row.external_id])
            found[row.place] = refused(row.place, "repeated", [("external_id", "repeated", told)])
        else:
            seen[row.external_id] = row.place
    return found


def _lock_known(rights: Rights, external_ids: Sequence[str]) -> dict[str, Known]:
    """Lock the listings of these numbers in the order of their keys; return them as they stand then.

    One that an office has just taken out of the source is not among them: the condition is asked again under the lock.
    """
    rows = Listing.objects.filter(source=rights.source.name, external_id__in=external_ids)
    kinds = dict(rows.select_for_update().order_by("pk").values_list("pk", "kind"))
    records = {one.listing_id: one for one in SourceRecord.objects.filter(listing__in=kinds)}
    waiting = _proposed(kinds) if rights.may_publish else {}
    return {
        listing.external_id: Known(
            listing,
            records.get(listing.pk) or SourceRecord(listing_id=listing.pk),
            current(listing),
            waiting.get(listing.pk, set()),
        )
        for listing in read_kinds(kinds)
    }


def _proposed(pks: Iterable[int]) -> dict[int, set[str]]:
    """Return what a source has proposed, when it could not publish yet, and still waits: the keys by listing."""
    found: dict[int, set[str]] = {}
    for proposal in _own_proposals(pks):
        found.setdefault(proposal.listing_id, set()).update(proposal.undecided)
    return found


def _own_proposals(pks: Iterable[int]) -> Iterable[Proposal]:
    """Return what sources have proposed of these listings and still waits, in the order in which it came."""
    rows = Proposal.objects.waiting().filter(listing_id__in=list(pks), channel=Channel.PARTNER, actor_id=None)
    return rows.order_by("pk")


def _write_singly(rights: Rights, rows: Sequence[Row]) -> dict[int, Result]:
    found: dict[int, Result] = {}
    for row in rows:
        try:
            with transaction.atomic():
                found |= _write(rights, [row], _lock_known(rights, [row.external_id]))
        except IntegrityError:
            found[row.place] = refused(row.place, "not_stored")
    return found


def _write(rights: Rights, rows: Sequence[Row], known: dict[str, Known]) -> dict[int, Result]:
    plans = [decide(row, known.get(row.external_id), rights) for row in rows]
    _hold_back(rights, [plan for plan in plans if plan.built])
    new = [plan for plan in plans if plan.built]
    pks = insert([plan.built for plan in new if plan.built], rights.actor, Channel.PARTNER)
    for plan, pk in zip(new, pks, strict=True):
        plan.result.record = SourceRecord(listing_id=pk)
    if edits := [plan.edit for plan in plans if plan.edit]:
        edit_many(edits=edits, actor=rights.actor, channel=Channel.PARTNER, with_status=True)
    _close_proposals(rights, plans)
    _remember(rights, plans)
    return {plan.row.place: plan.result for plan in plans}


def _hold_back(rights: Rights, plans: Sequence[Plan]) -> None:
    """Keep new places that may be there already from the public until an office has looked."""
    built = [plan.built for plan in plans if plan.built]
    found = near_each([one.listing for one in built], rights.source.name)
    for plan, one, near in zip(plans, built, found, strict=True):
        plan.result.near = near
        if near and one.listing.state in PUBLIC_STATES:
            blank = {"pause_reason": "", "pause_reason_en": "", "paused_until": None}
            stand(one, {"state": State.IN_REVIEW.value, **blank})


def _close_proposals(rights: Rights, plans: Sequence[Plan]) -> None:
    """Close what the source proposed before and has overtaken by now; say of each row what still waits."""
    by_listing = {
        plan.known.listing.pk: plan for plan in plans if plan.known and plan.result.outcome != REFUSED
    }
    closed = []
    for proposal in _own_proposals(by_listing):
        plan = by_listing[proposal.listing_id]
        if proposal.close(_overtaken(plan, proposal), Proposal.Part.REPLACED, by=str(rights.actor)):
            closed.append(proposal)
        waits = by_part(proposal.undecided)
        plan.result.proposed = [*dict.fromkeys([*plan.result.proposed, *waits])]
        plan.result.kept = [part for part in plan.result.kept if part not in waits]
    finish(closed)


def _overtaken(plan: Plan, proposal: Proposal) -> list[str]:
    """Return the keys of a proposal that the source does not propose any more: written, or taken back."""
    changes = plan.edit.changes if plan.edit else {}
    waits = changes if plan.edit and plan.edit.is_proposal else {}
    before = plan.known.before if plan.known else {}
    said = aligned(type(plan.known.listing), plan.row.said, before) if plan.known else {}

    def is_over(key: str) -> bool:
        if key in changes:
            return key not in waits
        if key in STATUS:
            return not plan.row.is_withdrawn
        return key in said and said[key] == before.get(key)

    over = {part_of(key) for key in proposal.undecided if is_over(key)}
    return [key for key in proposal.undecided if part_of(key) in over and key not in waits]


def _remember(rights: Rights, plans: Sequence[Plan]) -> None:
    """Keep what the source said last beside the version that it made or left; complete the answers."""
    records: list[tuple[Plan, Any]] = [(plan, plan.result.record) for plan in plans if plan.result.record]
    pks = [record.listing_id for _plan, record in records]
    stored = {row.pk: row for row in Listing.objects.filter(pk__in=pks).defer("document", "search_text")}
    now = timezone.now()
    changed, repeated = [], []
    for plan, record in records:
        listing = plan.result.listing = stored[record.listing_id]
        if plan.is_refused_write:
            record.refused, record.refused_at = plan.row.said or {"state": State.ARCHIVED.value}, now
            changed.append(record)
        elif plan.sent and plan.sent == record.sent:
            repeated.append(record.pk)
            _correct(plan, listing)
        elif plan.sent:
            record.sent, record.sent_number = plan.sent, listing.revision_number
            record.sent_at, record.sent_by_label = now, rights.key_name[:120]
            changed.append(record)
            _correct(plan, listing)
    SourceRecord.objects.bulk_create([one for one in changed if one.pk is None])
    SourceRecord.objects.bulk_update([one for one in changed if one.pk is not None], RECORD_FIELDS)
    # Most rows of a nightly run say what they said before: one statement for all of them.
    SourceRecord.objects.filter(pk__in=repeated).update(sent_at=now, sent_by_label=rights.key_name[:120])


def _correct(plan: Plan, listing: Listing) -> None:
    """Call a row unchanged that made no version after all."""
    was_written = plan.edit is not None and not plan.edit.is_proposal
    if was_written and plan.known and listing.revision_number == plan.known.listing.revision_number:
        plan.result.outcome = UNCHANGED
