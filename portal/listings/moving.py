"""Moving many listings at once: in chunks, each a short transaction that leaves what `states.move` one by one would.

Nobody waits for the whole street: after a chunk others write. What was stopped half-way is started again; what stands
as it was wanted is left as it is.
"""

import datetime as dt
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from django.core.exceptions import ValidationError
from django.db import transaction
from django.db.models import F
from django.utils import timezone
from django.utils.translation import gettext as _

from portal.audit.recording import here
from portal.listings import intervals
from portal.listings.authors import signed
from portal.listings.models import Listing, Revision, State
from portal.listings.publishing import let_others_write, lock_rows, publish, read_kinds
from portal.listings.snapshots import difference, field_value, from_json
from portal.listings.states import MOVES, check_move, values_of

if TYPE_CHECKING:
    from portal.accounts.models import User

CHUNK = 25
#: What a listing becomes: its new status fields, None to leave it; ValidationError says why it cannot.
Decide = Callable[[Listing], dict[str, Any] | None]


@dataclass(slots=True)
class Outcome:
    """What became of many: key → number of what was made, and sentence → names of those left out."""

    done: dict[int, int] = field(default_factory=dict)
    left: dict[str, list[str]] = field(default_factory=lambda: defaultdict(list))

    def leave(self, listing: Listing, error: ValidationError) -> None:
        """Keep why a listing was left out."""
        self.left[" ".join(error.messages)].append(listing.name)


def chunks(pks: Iterable[int]) -> Iterator[list[int]]:
    """Yield keys in order, as many as one short transaction takes, and let others write in between."""
    ordered = sorted(set(pks))
    for start in range(0, len(ordered), CHUNK):
        if start:
            let_others_write()
        yield ordered[start : start + CHUNK]


def locked_rows(pks: Iterable[int]) -> list[Listing]:
    """Lock listings and return them read afresh with their groups; call it in a transaction."""
    pks = list(pks)
    lock_rows(pks)
    return read_kinds(dict(Listing.objects.filter(pk__in=pks).values_list("pk", "kind")))


def move_many(
    *,
    pks: Iterable[int],
    to: str,
    actor: "User",
    channel: str,
    reason: str = "",
    reason_en: str = "",
    until: dt.datetime | None = None,
) -> Outcome:
    """Move listings to another state; scope and permission are the caller's (`publishable_by`).

    `done` holds the number of the version that each got. Raises ValidationError for what no listing could take.
    """
    if until is not None and until <= timezone.now():
        raise ValidationError(_("The end of the pause lies in the past."))

    def decide(listing: Listing) -> dict[str, Any] | None:
        if to == listing.state != State.PAUSED:
            return None
        check_move(listing, listing.state, to, reason)
        return values_of(to, reason, reason_en, until)

    return _each(pks, decide, actor, channel)


def put_back(*, numbers: Mapping[int, int], actor: "User", channel: str) -> Outcome:
    """Give listings (key → version) the status they had before that version, where nothing has changed since."""
    made = {
        revision.listing_id: revision
        for revision in Revision.objects.filter(listing_id__in=numbers)
        if numbers[revision.listing_id] == revision.number
    }

    def decide(listing: Listing) -> dict[str, Any] | None:
        if listing.revision_number != numbers[listing.pk] or listing.pk not in made:
            raise ValidationError(_("It has changed since."))
        before = made[listing.pk].before
        values = {
            name: from_json(listing._meta.get_field(name), value)
            for name, value in before.items()
            if name in listing.status_fields
        }
        state = values.get("state", listing.state)
        check_move(listing, listing.state, state, values.get("pause_reason") or listing.pause_reason)
        until = values.get("paused_until")
        if state == State.PAUSED and until and until <= timezone.now():
            raise ValidationError(_("Its pause has ended meanwhile."))
        return values

    return _each(numbers, decide, actor, channel, note=_("Taken back"))


def can_put_back(to: str, states: Iterable[str]) -> bool:
    """Say whether a move to `to` from each of these states can be taken back by a move of the table."""
    return all(state in MOVES[to] for state in states)


def _each(pks: Iterable[int], decide: Decide, actor: "User", channel: str, note: str = "") -> Outcome:
    outcome = Outcome()
    for chunk in chunks(pks):
        _move(chunk, decide, actor, channel, note, outcome)
    return outcome


@transaction.atomic
def _move(
    pks: Sequence[int], decide: Decide, actor: "User", channel: str, note: str, outcome: Outcome
) -> None:
    changed: list[tuple[Listing, dict[str, Any], dict[str, Any], dict[str, Any]]] = []
    for listing in locked_rows(pks):
        before = _status_of(listing)
        try:
            values = decide(listing)
        except ValidationError as error:
            outcome.leave(listing, error)
            continue
        for name, value in (values or {}).items():
            setattr(listing, name, value)
        old, new = difference(before, _status_of(listing))
        if values and new:
            changed.append((listing, values, old, new))
    rows = [listing for listing, *_rest in changed]
    _store(changed)
    _record(changed, actor, channel, note)
    intervals.rebuild(row for row in rows if row.is_public)
    publish(rows)
    outcome.done.update({row.pk: row.revision_number for row in rows})


def _status_of(listing: Listing) -> dict[str, Any]:
    return {name: field_value(listing, name) for name in listing.status_fields}


def _store(changed: Sequence[tuple[Listing, dict[str, Any], Any, Any]]) -> None:
    """Write what is new, one statement for all that become the same."""
    alike: dict[tuple[tuple[str, Any], ...], list[int]] = defaultdict(list)
    for listing, values, _old, _new in changed:
        alike[tuple(sorted(values.items()))].append(listing.pk)
        listing.revision_number += 1
    for found, pks in alike.items():
        rows = Listing.objects.filter(pk__in=pks)
        rows.update(revision_number=F("revision_number") + 1, **dict(found))


def _record(
    changed: Sequence[tuple[Listing, Any, dict[str, Any], dict[str, Any]]],
    actor: "User",
    channel: str,
    note: str,
) -> None:
    common = {
        "made_at": timezone.now(),
        "channel": channel,
        "note": note,
        "request_id": here(),
        **signed(actor),
    }
    Revision.objects.bulk_create(
        Revision(listing_id=row.pk, number=row.revision_number, before=old, after=new, **common)
        for row, _values, old, new in changed
    )
