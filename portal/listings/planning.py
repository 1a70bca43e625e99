"""Planned moves: publish, pause or resume at a moment ahead; the clock does them for who planned them.

Whoever plans must be allowed to make the move; that is asked then and not again. Somebody who has left since has
planned for the office, and the office can call it off. Everybody locks the listing before its plans.
"""

import datetime as dt
import logging
from typing import TYPE_CHECKING, Any

from django.core.exceptions import ValidationError
from django.db import connection, transaction
from django.urls import NoReverseMatch, reverse
from django.utils import timezone
from django.utils.translation import gettext as _

from portal.accounts.models import User
from portal.audit.models import Action
from portal.audit.recording import record as record_event
from portal.listings import intervals
from portal.listings.authors import actor_label, signed
from portal.listings.models import Channel, Listing, PlannedMove, State
from portal.listings.publishing import let_others_write, publish
from portal.listings.revising import lock
from portal.listings.states import check_move, move
from portal.notices.telling import tell

if TYPE_CHECKING:
    from collections.abc import Sequence

FARTHEST = dt.timedelta(days=370)
#: Plans that may wait for one place: readers apply each of them.
MOST_WAITING = 12
#: The moves that can be planned.
PLANNED = (State.PUBLISHED, State.PAUSED)
BATCH = 50
logger = logging.getLogger(__name__)


@transaction.atomic
def plan(
    *,
    listing: Listing,
    to: str,
    at: dt.datetime,
    actor: User,
    reason: str = "",
    reason_en: str = "",
    until: dt.datetime | None = None,
    channel: str = Channel.OFFICE,
) -> PlannedMove:
    """Plan a move at a moment ahead; scope and permission are the caller's (`publishable_by`).

    What the public reads of a pause is published at once. The same plan sent twice is made once. Raises
    ValidationError with a sentence.
    """
    listing = lock(listing)
    at, until = at.replace(second=0, microsecond=0), until and until.replace(second=0, microsecond=0)
    waiting = list(PlannedMove.objects.waiting().filter(listing_id=listing.pk).order_by("at", "pk"))
    for found in waiting:
        if (found.to, found.at) == (to, at):
            if (found.reason, found.reason_en, found.until) == (reason, reason_en, until):
                return found
            raise ValidationError(_("This is planned already. Call it off first to plan it otherwise."))
    check_plan(listing, waiting, to=to, at=at, until=until, reason=reason)
    made = PlannedMove.objects.create(
        listing_id=listing.pk,
        to=to,
        at=at,
        reason=reason,
        reason_en=reason_en,
        until=until,
        channel=channel,
        **signed(actor),
    )
    tell_readers([listing])
    after = {"to": to, "at": at.isoformat(), "until": until and until.isoformat(), "reason": reason}
    _keep(Action.ADDED, listing, made, actor, after=after)
    return made


def check_plan(
    listing: Listing,
    waiting: "Sequence[PlannedMove]",
    *,
    to: str,
    at: dt.datetime,
    until: dt.datetime | None,
    reason: str,
) -> None:
    """Raise ValidationError with a sentence unless the listing can move so by then, as `waiting` would have it."""
    now = timezone.now()
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
    check_move(listing, state, to, reason)
    listing.state = to
    listing.full_clean()


def state_by(listing: Listing, waiting: "Sequence[PlannedMove]", at: dt.datetime) -> str:
    """Return the state in which a listing will stand just before a moment, going by the plans given in order."""
    state, until = listing.state, listing.paused_until
    for found in waiting:
        if found.at < at:
            if state == State.PAUSED and until and until <= found.at:
                state = State.PUBLISHED
            state, until = found.to, found.until
    return State.PUBLISHED if state == State.PAUSED and until and until <= at else state


@transaction.atomic
def call_off(*, plan: PlannedMove, actor: User) -> bool:
    """Call a plan off and tell the readers; return False when it is done or called off already."""
    listing = lock(plan.listing.as_kind)
    found = PlannedMove.objects.waiting().select_for_update().filter(pk=plan.pk).first()
    if found is None:
        return False
    found.cancelled_at, found.cancelled_by_label = timezone.now(), actor_label(actor)
    found.save(update_fields=["cancelled_at", "cancelled_by_label"])
    tell_readers([listing])
    _keep(Action.CHANGED, listing, found, actor, after={"cancelled_at": found.cancelled_at.isoformat()})
    return True


def _keep(action: str, listing: Listing, plan: PlannedMove, actor: User, after: dict[str, Any]) -> None:
    """Keep who planned or called off what."""
    record_event(
        action,
        by=actor,
        about=plan,
        area_code=listing.area_code,
        after=after,
        label=f"{listing.name} → {plan.to}",
    )


def tell_readers(listings: "Sequence[Listing]") -> None:
    """Publish what is planned for listings of a kind, rows locked: in their documents and their timetables."""
    public = [listing.pk for listing in listings if listing.is_public]
    if not public:
        return
    model: Any = type(listings[0])
    rows = list(model.objects.with_groups().filter(pk__in=public))
    intervals.rebuild(rows)
    reached = dict(Listing.objects.filter(pk__in=public).values_list("pk", "intervals_until"))
    for row in rows:
        row.intervals_until = reached[row.pk]
    publish(rows)


def do_due(moment: dt.datetime) -> int:
    """Do what is planned for a moment or before, each in a transaction of its own; return how many were handled.

    One that breaks is logged and left for the next run; only a lost database ends this one.
    """
    handled = 0
    for number, pk in enumerate(PlannedMove.objects.due(moment).values_list("pk", flat=True)):
        if number and number % BATCH == 0:
            let_others_write()
        try:
            handled += _do(pk, moment)
        except Exception:
            if not connection.is_usable():
                raise
            logger.exception("The clock left out planned move %s.", pk)
    return handled


@transaction.atomic
def _do(pk: int, moment: dt.datetime) -> bool:
    """Do one plan, or say why it is not done; return False when another clock was faster."""
    found = PlannedMove.objects.due(moment).select_related("listing").filter(pk=pk).first()
    if found is None:
        return False
    listing = lock(found.listing.as_kind)
    plan = PlannedMove.objects.due(moment).select_for_update().filter(pk=pk).first()
    if plan is None:
        return False
    plan.done_at = timezone.now()
    plan.save(update_fields=["done_at"])
    try:
        moved = _make(plan, listing, moment)
    except ValidationError as error:
        moved = None
        plan.failure = " ".join(error.messages)[:200]
        plan.save(update_fields=["failure"])
        _tell_planner(plan, listing)
    if moved is None:
        tell_readers([lock(listing)])
    return True


def _make(plan: PlannedMove, listing: Listing, moment: dt.datetime) -> Any:
    """Make the move; return its version, None when nothing is left to do. Raises ValidationError as `move` does."""
    if plan.to == State.PAUSED and listing.state == State.PAUSED:
        if listing.paused_until is None and plan.until is not None:
            raise ValidationError(_("It is paused already, until somebody resumes it."))
        if listing.paused_until and plan.until and listing.paused_until >= plan.until:
            return None
    if plan.to == State.PAUSED and listing.is_public and plan.until and plan.until <= moment:
        return None  # The clock comes after its end: readers have applied it on their own.
    note = _("Planned by %(who)s, %(post)s") if plan.post_label else _("Planned by %(who)s")
    return move(
        listing=listing,
        to=plan.to,
        actor=None,
        reason=plan.reason,
        reason_en=plan.reason_en,
        until=plan.until,
        channel=Channel.CLOCK,
        note=note % {"who": plan.actor_label, "post": plan.post_label},
    )


def _tell_planner(plan: PlannedMove, listing: Listing) -> None:
    """Tell whoever planned it, as long as they have an account."""
    planner = User.objects.filter(pk=plan.actor_id, is_active=True).first()
    if planner is None:
        return
    try:
        url = reverse("admin:listings_plannedmove_change", args=[plan.pk])
    except NoReverseMatch:
        url = ""
    tell(
        user=planner,
        kind="plan_failed",
        key=str(plan.pk),
        params={"name": listing.name, "failure": plan.failure},
        url=url,
    )
