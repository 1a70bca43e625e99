"""What an office does about a correction: an existing deed for the listing and the answer, in one press."""

import datetime as dt
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import orjson
from django.core.exceptions import PermissionDenied, ValidationError
from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from portal.listings import proposing, revising, states
from portal.listings.calendars import current_calendar
from portal.listings.confirming import confirm
from portal.listings.hours import CITY_TIME, status_at
from portal.listings.models import FactGroup, Listing, Proposal, ShutReason
from portal.listings.models import State as ListingState
from portal.upkeep import correcting, words
from portal.upkeep.models import Correction

Kind, State = Correction.Kind, Correction.State
EDIT, PUBLISH = "editable_by", "publishable_by"
#: What is confirmed when it is right as the page says.
FACTS: dict[str, tuple[str, ...]] = {
    Kind.CLOSED: (FactGroup.HOURS,),
    Kind.SOLD_OUT: (FactGroup.AVAILABILITY, FactGroup.HOURS),
    Kind.WRONG_PRICE: (FactGroup.PRICE,),
    Kind.NOT_HERE: (FactGroup.CONTACT,),
    Kind.OTHER: (),
}
Deed = Callable[[Listing, Any, str, dict[str, Any]], Any]


@dataclass(frozen=True, slots=True)
class Fix:
    """One press: `run(listing, actor, channel, asked)` does something to the listing, then the case ends in `state`."""

    name: str
    label: Any
    state: str
    run: Deed
    kinds: tuple[str, ...] = tuple(Kind.values)
    scope: str = EDIT
    asks: str = ""
    tone: str = "plain"
    needs_public: bool = field(default=False)

    def fits(self, correction: Correction, listing: Listing) -> bool:
        """Say whether it makes sense for a case and its listing as it stands."""
        is_ready = not self.needs_public or listing.state == ListingState.PUBLISHED
        return is_ready and correction.kind in self.kinds


def tonight(now: dt.datetime) -> dt.datetime:
    """Return the end of the day, or in three hours when that is later."""
    local = now.astimezone(CITY_TIME)
    return max(local.replace(hour=23, minute=59, second=0, microsecond=0), local + dt.timedelta(hours=3))


def sold_out_until(listing: Listing, now: dt.datetime) -> dt.datetime:
    """Return when the hours that run now end, else tonight: the next meal is another meal."""
    doc = orjson.loads(listing.document or "{}")
    closes_at = status_at(doc, current_calendar(), now).closes_at if doc else None
    return closes_at if closes_at and closes_at > now else tonight(now)


def _shut(reason: str, until: Callable[[Listing, dt.datetime], dt.datetime]) -> Deed:
    def run(listing: Listing, actor: Any, channel: str, asked: dict[str, Any]) -> Any:
        end = until(listing, timezone.now())
        return states.shut(listing=listing, reason=reason, until=end, actor=actor, channel=channel)

    return run


def _pause(listing: Listing, actor: Any, channel: str, asked: dict[str, Any]) -> Any:
    return states.move(
        listing=listing,
        to=ListingState.PAUSED,
        actor=actor,
        reason=asked["reason"],
        until=asked.get("until"),
        channel=channel,
    )


def _prices(listing: Listing, actor: Any, channel: str, asked: dict[str, Any]) -> Any:
    done = revising.edit(
        listing=listing,
        changes=asked["changes"],
        actor=actor,
        channel=channel,
        base_number=asked["base_number"],
    )
    if done is None:
        raise ValidationError(_("Nothing has changed. Write the right price first."), code="same")
    if not isinstance(done, Proposal):
        confirm(listing=listing, fact_groups=[FactGroup.PRICE], actor=actor, channel=channel)
    return done


def _confirm(listing: Listing, actor: Any, channel: str, asked: dict[str, Any]) -> Any:
    if asked["facts"]:
        confirm(listing=listing, fact_groups=asked["facts"], actor=actor, channel=channel)


def _nothing(listing: Listing, actor: Any, channel: str, asked: dict[str, Any]) -> None:
    return None


FIXES = (
    Fix(
        "sold_out",
        gettext_lazy("Sold out until %(until)s"),
        State.FIXED,
        _shut(ShutReason.SOLD_OUT, sold_out_until),
        kinds=(Kind.SOLD_OUT,),
        tone="main",
        needs_public=True,
    ),
    Fix(
        "shut",
        gettext_lazy("Closed for the rest of today"),
        State.FIXED,
        _shut(ShutReason.OUT_OF_SERVICE, lambda listing, now: tonight(now)),
        kinds=(Kind.CLOSED,),
        tone="main",
        needs_public=True,
    ),
    Fix(
        "price",
        gettext_lazy("These are the right prices"),
        State.FIXED,
        _prices,
        kinds=(Kind.WRONG_PRICE,),
        asks="prices",
        tone="main",
    ),
    Fix(
        "pause",
        gettext_lazy("Pause the place"),
        State.FIXED,
        _pause,
        kinds=(Kind.CLOSED, Kind.NOT_HERE),
        scope=PUBLISH,
        asks="pause",
        needs_public=True,
    ),
    Fix("right", gettext_lazy("It is right as it is"), State.NOT_SO, _confirm),
    Fix("done", gettext_lazy("I have corrected the page"), State.FIXED, _nothing),
    Fix("cannot_tell", gettext_lazy("Cannot be found out"), State.CANNOT_TELL, _nothing),
)


def offered(correction: Correction, listing: Listing, actor: Any) -> list[Fix]:
    """Return what this person may do about a case now."""
    own = Listing.objects.filter(pk=listing.pk)
    may = {EDIT: own.editable_by(actor).exists(), PUBLISH: own.publishable_by(actor).exists()}
    return [fix for fix in FIXES if may[fix.scope] and fix.fits(correction, listing)]


@transaction.atomic
def carry_out(
    *, correction: Correction, fix: Fix, actor: Any, channel: str, asked: dict[str, Any], answer: str = ""
) -> Correction:
    """Do a fix to the listing and close the case with an answer, the ready one without `answer`; return the case.

    A change that needs somebody else's consent leaves the case open, in the actor's hands. Pressed twice is once.
    Raises PermissionDenied out of scope, Conflict and ValidationError with a sentence.
    """
    listing = revising.lock(correction.listing.as_kind)
    held = correcting.locked(correction, actor)
    if not held.is_open and (held.state, held.closed_by_id) == (fix.state, actor.pk):
        return held
    if fix not in offered(held, listing, actor):
        raise PermissionDenied
    if fix.asks == "prices" and proposing.needs_proposal(listing, actor):
        fix.run(listing, actor, channel, asked)
        return correcting.take(correction=held, post=actor.acting_post, actor=actor)
    said = answer or words.kept(words.ready(fix.state, held.kind))
    closed = correcting.close(correction=held, state=fix.state, answer=said, actor=actor)
    facts = [group for group in FACTS[held.kind] if group in listing.fact_groups]
    # Last, for it ends with the counter of changes.
    fix.run(listing, actor, channel, {"facts": facts, **asked})
    return closed
