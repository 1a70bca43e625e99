"""What a courier should read: messages, notices of conduct, answers of the street, and who looked."""

from datetime import datetime, timedelta
from typing import Any

from django.utils.text import format_lazy
from django.utils.translation import gettext_lazy as _

from portal.listings.hours import CITY_TIME
from services.codes import incidents
from services.codes.models import ConductCase, Holder, LookUp, Refusal

MESSAGES = _("You have a message about a gate. Read it under “Messages”.")
NOTICE = _("You were given a notice. You can appeal until {until}; read it under “Notices”.")
DECIDED = _("A notice to you was decided. Read it under “Notices”.")
ANSWERED = _("The street answered what you reported: {where}.")
LOOKED = _("Somebody looked up who you are. Read under “Who looked” who and why.")

#: What happened is told for so long.
TOLD_FOR = timedelta(days=14)
Notice = tuple[datetime, str, Any]


def news(holder: Holder, now: datetime) -> list[Notice]:
    """Return (moment, kind, lazy sentence) of what happened within two weeks or waits to be read."""
    since = now - TOLD_FOR
    found: list[Notice] = []
    if incidents.unread_by(holder):
        found.append((now, "message", MESSAGES))
    for case in ConductCase.objects.filter(holder=holder).order_by("-noticed_at")[:5]:
        if case.state == ConductCase.State.NOTICE and case.appeal_until > now:
            until = f"{case.appeal_until.astimezone(CITY_TIME):%m-%d %H:%M}"
            found.append((case.noticed_at, "conduct", format_lazy(NOTICE, until=until)))
        elif case.decided_at and case.decided_at > since:
            found.append((case.decided_at, "conduct_decided", DECIDED))
    answered = Refusal.objects.filter(holder=holder, answered_at__gt=since).select_related("listing")
    refusal: Any
    for refusal in answered.only("answered_at", "checkpoint_label", "listing__name")[:3]:
        where = refusal.listing.name if refusal.listing else refusal.checkpoint_label
        found.append((refusal.answered_at, "refusal_answered", format_lazy(ANSWERED, where=where)))
    latest = LookUp.objects.told(now).filter(holder_id=holder.pk, made_at__gt=since).first()
    if latest is not None:
        found.append((latest.made_at, "looked_up", LOOKED))
    return found
