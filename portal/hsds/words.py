"""What is told of a place in words: lines in Chinese, then in English."""

import datetime as dt
from collections.abc import Callable
from functools import lru_cache
from typing import Any

import orjson
from django.utils.translation import gettext as _
from django.utils.translation import override

from portal.listings.hours import CITY_TIME, is_shut_at, pause_at, planned_pauses
from portal.listings.kinds import listing_model
from portal.listings.models import FactGroup
from portal.listings.models.listing import ShutReason
from portal.listings.saying import exceptions, in_words

#: What has a place of its own: hours and contact, the price, and what is free, which is true for a day at most.
SAID_ELSEWHERE = (FactGroup.HOURS, FactGroup.CONTACT, FactGroup.PRICE, FactGroup.AVAILABILITY)
#: What of a document may need an alert, beside exceptions of its hours.
ALERTING = ("pause", "shut", "planned_pauses")


def in_both(lines: Callable[[], list[str]]) -> str:
    """Return lines in Chinese, then in English, each said once."""
    found: list[str] = []
    for language in ("zh-hans", "en"):
        with override(language):
            found += lines()
    return "\n".join(dict.fromkeys(found))


@lru_cache(maxsize=4096)
def standing(text: str) -> tuple[str, str]:
    """Return what a stored document says of a place and of its price, whatever the moment."""
    doc = orjson.loads(text)
    prices = listing_model(doc["kind"]).facts_said
    return in_both(lambda: _description(doc)), in_both(lambda: prices(FactGroup.PRICE, doc))


def status(doc: dict[str, Any], moment: dt.datetime) -> str:
    """Return HSDS's word for how a place stands at a moment."""
    return "temporarily closed" if pause_at(doc, moment) is not None else "active"


def alert(doc: dict[str, Any], moment: dt.datetime) -> str:
    """Return what is unusual at a moment or soon: pauses, shut for now, the next exceptions of the hours."""
    may_be = any(map(doc.get, ALERTING)) or doc["hours"]["exceptions"]
    return in_both(lambda: _alerts(doc, moment)) if may_be else ""


def _description(doc: dict[str, Any]) -> list[str]:
    model = listing_model(doc["kind"])
    said = [in_words(doc, "notice")]
    for group in model.fact_groups:
        if group not in SAID_ELSEWHERE:
            said += model.facts_said(group, doc)
    return [line for line in said if line]


def _alerts(doc: dict[str, Any], moment: dt.datetime) -> list[str]:
    found = []
    if (pause := pause_at(doc, moment)) is not None:
        found.append(_span(_("paused"), None, pause.get("until"), in_words(dict(pause), "reason")))
    if is_shut_at(doc, moment):
        shut = doc["shut"]
        found.append(_span(str(ShutReason(shut["reason"]).label), None, shut["until"], ""))
    for start, _end, ahead in planned_pauses(doc):
        if start > moment:
            said = in_words(dict(ahead), "reason")
            found.append(_span(_("paused"), ahead["starts_at"], ahead["until"], said))
    return [*found, *exceptions(doc["hours"], moment.astimezone(CITY_TIME).date())]


def _span(what: str, start: str | None, until: str | None, reason: str) -> str:
    values = {"what": what, "from": _minute(start), "until": _minute(until)}
    if start and until:
        said = _("%(what)s from %(from)s until %(until)s") % values
    elif start:
        said = _("%(what)s from %(from)s on") % values
    elif until:
        said = _("%(what)s until %(until)s") % values
    else:
        said = what
    return f"{said} ({reason})" if reason else said


def _minute(instant: str | None) -> str:
    return instant[:16].replace("T", " ") if instant else ""
