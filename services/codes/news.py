"""What a courier should read beside the code: kinds of notices, and those of them that the page of the code shows."""

import json
from datetime import datetime, timedelta
from typing import Any

from django.db.models import Q
from django.utils.dateparse import parse_datetime
from django.utils.functional import lazy
from django.utils.translation import gettext_lazy as _

from portal.listings.hours import CITY_TIME
from portal.notices.kinds import Kind, Urgency, register, said
from portal.notices.models import Notice
from services.codes.models import Holder

MESSAGE, CONDUCT, DECIDED = "code_message", "code_conduct", "code_conduct_decided"
ANSWERED, LOOKED_UP = "code_refusal_answered", "code_looked_up"
#: What the page of the code calls each kind.
SHOWN = {
    MESSAGE: "message",
    CONDUCT: "conduct",
    DECIDED: "conduct_decided",
    ANSWERED: "refusal_answered",
    LOOKED_UP: "looked_up",
}
#: What happened is told for so long.
TOLD_FOR = timedelta(days=14)
News = tuple[datetime, str, Any]
_SAID = lazy(said, str)


def register_kinds() -> None:
    """Register what couriers are told around the code; nothing of it leaves the portal in its own words."""
    for name, sentence, urgency in (
        (MESSAGE, _("You have a message about a gate. Read it under “Messages”."), Urgency.HERE),
        (
            CONDUCT,
            _("You were given a notice. You can appeal until %(until)s; read it under “Notices”."),
            Urgency.NOW,
        ),
        (DECIDED, _("A notice to you was decided. Read it under “Notices”."), Urgency.HERE),
        (ANSWERED, _("The street answered what you reported: %(where)s."), Urgency.HERE),
        (
            LOOKED_UP,
            _("Somebody looked up who you are. Read under “Who looked” who and why."),
            Urgency.HERE,
        ),
    ):
        register(Kind(name, sentence, urgency, is_sensitive=True))


def appeal_params(until: datetime) -> dict[str, str]:
    """Return what the notice of a measure says: until when one may appeal, for people and for the page."""
    return {"until": f"{until.astimezone(CITY_TIME):%m-%d %H:%M}", "until_at": until.isoformat()}


def news(holder: Holder, now: datetime) -> list[News]:
    """Return (moment, kind, lazy sentence) of what happened within two weeks or waits to be read, each once."""
    rows = Notice.objects.filter(user_id=holder.courier.user_id, kind__in=SHOWN, shown_from__lte=now)
    rows = rows.filter(Q(shown_from__gt=now - TOLD_FOR) & ~Q(kind=MESSAGE) | Q(kind=MESSAGE, read_at=None))
    found: dict[str, News] = {}
    for row in rows.order_by("-shown_from", "-pk")[:60]:
        until = parse_datetime(row.params.get("until_at", ""))
        if until is not None and until <= now:
            continue
        # Who has a message is reminded of it as of something that is so now.
        at = now if row.kind == MESSAGE else row.shown_from
        found.setdefault(
            f"{row.kind} {json.dumps(row.params)}", (at, SHOWN[row.kind], _SAID(row.kind, row.params))
        )
    return list(found.values())


def forget(holder: Holder) -> int:
    """Delete all that a courier was told around the code; return how many notices. Call it in a transaction."""
    count, _by_model = Notice.objects.filter(user_id=holder.courier.user_id, kind__in=SHOWN).delete()
    return count
