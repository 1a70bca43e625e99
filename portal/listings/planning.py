"""Planned moves: publish, pause or resume at a moment ahead; the clock does them for who planned them.

Whoever plans must be allowed to make the move; that is asked then and not again. Somebody who has left since has
planned for the office, and the office can call it off. Everybody locks the listing before its plans.
"""

import datetime as dt
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from portal.accounts.models import User
from portal.audit.models import Action
from portal.audit.recording import record as record_event
from portal.listings import intervals
from portal.listings.authors import actor_label, signed
from portal.listings.models import Channel, Listing, PlannedMove, State
from portal.listings.moving import Outcome, chunks, locked_rows
from portal.listings.publishing import lock_rows, publish, read_kinds
from portal.listings.revising import lock
from portal.listings.snapshots import to_json
from portal.listings.states import check_move

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

FARTHEST = dt.timedelta(days=370)
#: Plans that may wait for one place: readers apply each of them.
MOST_WAITING = 12
#: The moves that can be planned.
PLANNED = (State.PUBLISHED, State.PAUSED)


@dataclass(frozen=True, slots=True)
class Wish:
    """A move that is to be made at a moment ahead, for one place or many; moments are whole minutes."""

    to: str
    at: dt.datetime
    reason: str = ""
    reason_en: str = ""
    until: dt.datetime | None = None

    @property
    def fields(self) -> dict[str, Any]:
        """Return the columns of the plan."""
        until = self.until and self.until.replace(second=0, microsecond=0)
        at = self.at.replace(second=0, microsecond=0)
        return {
            "to": self.to,
            "at": at,
            "until": until,
            "reason": self.reason,
            "reason_en": self.reason_en,
        }


@transaction.atomic
def plan(*, listing: Listing, wish: Wish, actor: User, channel: str = Channel.OFFICE) -> PlannedMove:
    """Plan a move; scope and permission are the caller's (`publishable_by`).

    What the public reads of a pause is published at once. The same plan sent twice is made once. Raises
    ValidationError with a sentence.
    """
    made, refused = _plan([lock(listing)], wish, actor, channel)
    if refused:
        raise refused[0][1]
    return made[0]


def plan_many(*, pks: "Iterable[int]", wish: Wish, actor: User, channel: str = Channel.OFFICE) -> Outcome:
    """Plan a move of many, chunk by chunk; `done` holds the number of each listing's plan."""
    outcome = Outcome()
    for chunk in chunks(pks):
        with transaction.atomic():
            made, refused = _plan(locked_rows(chunk), wish, actor, channel)
        outcome.done.update({found.listing_id: found.pk for found in made})
        for listing, error in refused:
            outcome.leave(listing, error)
    return outcome


def _plan(
    listings: "Sequence[Listing]", wish: Wish, actor: User, channel: str
) -> "tuple[list[PlannedMove], list[tuple[Listing, ValidationError]]]":
    """Plan for locked listings; return the plans, those that waited already too, and who is refused and why."""
    waiting: dict[int, list[PlannedMove]] = {listing.pk: [] for listing in listings}
    for found in PlannedMove.objects.waiting().filter(listing_id__in=waiting).order_by("at", "pk"):
        waiting[found.listing_id].append(found)
    known, new, refused = [], [], []
    for listing in listings:
        try:
            if same := _same(waiting[listing.pk], wish):
                known.append(same)
                continue
            check_plan(listing, waiting[listing.pk], wish)
        except ValidationError as error:
            refused.append((listing, error))
            continue
        new.append(PlannedMove(listing=listing, channel=channel, **wish.fields, **signed(actor)))
    PlannedMove.objects.bulk_create(new)
    if wish.to == State.PAUSED:
        tell_readers(found.listing for found in new)
    for found in new:
        after = {
            "to": found.to,
            "at": to_json(found.at),
            "until": to_json(found.until),
            "reason": found.reason,
        }
        _keep(Action.ADDED, found, actor, after)
    return known + new, refused


def _same(waiting: "Sequence[PlannedMove]", wish: Wish) -> PlannedMove | None:
    """Return the plan that waits already; ValidationError when one for that moment says otherwise."""
    fields = wish.fields
    for found in waiting:
        if (found.to, found.at) == (fields["to"], fields["at"]):
            if all(getattr(found, name) == value for name, value in fields.items()):
                return found
            raise ValidationError(_("This is planned already. Call it off first to plan it otherwise."))
    return None


def check_plan(listing: Listing, waiting: "Sequence[PlannedMove]", wish: Wish) -> None:
    """Raise ValidationError with a sentence unless the listing can move so by then, as `waiting` would have it."""
    now, to = timezone.now(), wish.to
    at, until = wish.fields["at"], wish.fields["until"]
    if to not in PLANNED:
        raise ValidationError(_("Only publishing, pausing and resuming can be planned."))
    if at <= now:
        raise ValidationError(_("Choose a moment that lies ahead."))
    if at > now + FARTHEST or (until and until > now + 2 * FARTHEST):
        raise ValidationError(_("Plan at most a year ahead."))
    if until is not None and until <= at:
        raise ValidationError(_("The pause ends before it begins."))
    if len(waiting) >= MOST_WAITING:
        raise ValidationError(_("So much is planned for this place already. Call something off first."))
    state = state_by(listing, waiting, at)
    if to == state != State.PAUSED:
        raise ValidationError(
            _("“%(name)s” is %(state)s by then anyway.") % {"name": listing.name, "state": State(state).label}
        )
    check_move(listing, state, to, wish.reason)


def state_by(listing: Listing, waiting: "Sequence[PlannedMove]", at: dt.datetime) -> str:
    """Return the state in which a listing will stand just before a moment, going by the plans given in order."""
    state, until = listing.state, listing.paused_until
    for found in waiting:
        if found.at < at:
            if state == State.PAUSED and until and until <= found.at:
                state = State.PUBLISHED
            state, until = found.to, found.until
    return State.PUBLISHED if state == State.PAUSED and until and until <= at else state


def call_off(*, plans: "Iterable[PlannedMove]", actor: User) -> int:
    """Call plans off and tell the readers, chunk by chunk; return how many still waited."""
    by_listing: dict[int, list[int]] = {}
    for found in plans:
        by_listing.setdefault(found.listing_id, []).append(found.pk)
    return sum(
        _call_off(chunk, [pk for listing in chunk for pk in by_listing[listing]], actor)
        for chunk in chunks(by_listing)
    )


@transaction.atomic
def _call_off(listings: list[int], pks: list[int], actor: User) -> int:
    lock_rows(listings)
    waiting = PlannedMove.objects.waiting().filter(pk__in=pks).order_by("pk")
    found = list(waiting.select_for_update(of=("self",)).select_related("listing"))
    now = timezone.now()
    PlannedMove.objects.filter(pk__in=[plan.pk for plan in found]).update(
        cancelled_at=now, cancelled_by_label=actor_label(actor)
    )
    tell_readers(plan.listing for plan in found if plan.to == State.PAUSED)
    for plan in found:
        _keep(Action.CHANGED, plan, actor, {"cancelled_at": to_json(now)})
    return len(found)


def _keep(action: str, plan: PlannedMove, actor: User, after: dict[str, Any]) -> None:
    """Keep who planned or called off what."""
    place = plan.listing
    label = f"{place.name} → {plan.get_to_display()}"
    record_event(action, by=actor, about=plan, area_code=place.area_code, after=after, label=label)


def tell_readers(listings: "Iterable[Listing]") -> None:
    """Publish what is planned for locked listings, in their documents and their timetables."""
    kinds = {listing.pk: listing.kind for listing in listings if listing.is_public}
    if kinds:
        rows = read_kinds(kinds)
        intervals.rebuild(rows)
        publish(rows)
