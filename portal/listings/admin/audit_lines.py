"""The rows of the timeline as a reader sees them."""

import datetime as dt
from dataclasses import dataclass
from typing import Any

from django.utils.translation import gettext as _

from portal.audit.models import Action, Event
from portal.audit.wording import changes_of, kind_name
from portal.listings.admin.wording import key_label
from portal.listings.kinds import listing_model
from portal.listings.models import Confirmation, Listing, Retraction, Revision
from portal.listings.timeline import Source, said

MOST_NAMES = 5
TONES = {
    Action.SIGN_IN_FAILED: "stop",
    Action.DELETED: "stop",
    Action.FACTOR_RESET: "soon",
    Action.FACTOR_REMOVED: "soon",
    Action.PASSWORD_TAKEN: "soon",
    Action.PERMISSIONS_CHANGED: "soon",
    Action.LINK_MADE: "soon",
    Action.POST_GIVEN: "soon",
    Action.KEY_ISSUED: "soon",
    Action.KEY_ROTATED: "soon",
}


@dataclass(slots=True)
class Line:
    """One row: when, who for which post, what, of which thing, and in a few words how."""

    source: str
    pk: int
    moment: dt.datetime
    person: int | None
    who: str
    post: str
    what: str
    kind: str
    title: str
    summary: str
    channel: str = ""
    tone: str = "quiet"


def line_of(source: Source, row: Any) -> Line:
    """Return a row of any source as a line."""
    if isinstance(row, Event):
        return _of_event(row)
    kept = said(row)
    listing = kept.listing
    what, summary, tone = _of_listing(row, listing)
    return Line(
        source.name,
        row.pk,
        getattr(row, source.moment),
        row.actor_id,
        row.actor_label,
        kept.post_label,
        what,
        kind_name(listing_model(listing.kind)._meta.label_lower),
        listing.name,
        summary,
        kept.get_channel_display(),
        tone,
    )


def _of_listing(row: Any, listing: Listing) -> tuple[str, str, str]:
    if isinstance(row, Confirmation):
        return _("confirmed"), row.get_fact_group_display(), "open"
    if isinstance(row, Retraction):
        return _("took a confirmation back"), row.confirmation.get_fact_group_display(), "soon"
    revision: Revision = row
    model = listing_model(listing.kind)
    first = (
        _("first version")
        if not revision.before
        else names([key_label(model, key) for key in revision.after])
    )
    return _("version %(number)s") % {"number": revision.number}, f"{first} {revision.note}".strip(), "quiet"


def _of_event(event: Event) -> Line:
    changes = changes_of(event)
    told = names([change.label for change in changes])
    if event.action in {Action.SIGNED_IN, Action.SIGN_IN_FAILED, Action.PROVED}:
        told = "、".join(word for change in changes for word in change.new)
    return Line(
        "event",
        event.pk,
        event.made_at,
        event.actor_id,
        _("somebody unknown") if event.action == Action.SIGN_IN_FAILED else event.actor_label,
        event.post_label,
        event.get_action_display(),
        kind_name(event.object_kind),
        event.object_label,
        " ".join(part for part in (told, event.note) if part),
        tone=TONES.get(Action(event.action), "quiet"),
    )


def names(labels: list[str]) -> str:
    """Return the first few names of a list, and whether there are more."""
    return "、".join(labels[:MOST_NAMES]) + ("…" if len(labels) > MOST_NAMES else "")
