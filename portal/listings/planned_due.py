"""The clock's part of planned moves: each is made once, in a transaction of its own, or marked with why it is not."""

import datetime as dt
import logging
from typing import Any

from django.core.exceptions import ValidationError
from django.db import connection, transaction
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _

from portal.accounts.models import User
from portal.listings.models import Channel, Listing, PlannedMove, State
from portal.listings.planning import tell_readers
from portal.listings.publishing import let_others_write
from portal.listings.revising import lock
from portal.listings.states import move
from portal.notices.telling import tell

BATCH = 50
logger = logging.getLogger(__name__)


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
    url = reverse("admin:listings_plannedmove_changelist") + f"?q={listing.public_id}"
    tell(
        user=planner,
        kind="plan_failed",
        key=str(plan.pk),
        params={"name": listing.name, "failure": plan.failure},
        url=url,
    )
