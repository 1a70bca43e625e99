"""How a place's state is said on a card: one tone, one word, one note.

Green is only for open, amber only for soon or unsure, grey for unknown and for shut.
"""

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from django.utils.html import format_html
from django.utils.translation import gettext as _
from django.utils.translation import ngettext, pgettext

from portal.listings.doubts import Doubt
from portal.pages.wording import age, instant, minutes_between, said, when

SOON_MINUTES = 45


@dataclass(frozen=True, slots=True)
class Said:
    """What a state tag shows: tone (open, soon, shut, unknown), the word in the tag, the note beside it.

    `until` is when the hours say otherwise, for a reader whose page is older than that.
    """

    tone: str
    word: str
    note: str = ""
    until: dt.datetime | None = None


def say_state(card: Any, moment: dt.datetime) -> Said:
    """Return tone, word and note of a card's state at a moment.

    `card` has `doc` (the public document), `status` (see portal.listings.hours) and `doubt`. A place that is held, or
    that several say is shut, never looks open.
    """
    if card.status.held == "paused":
        return _paused(card.status.pause or {}, moment)
    if card.status.held == "shut":
        return _shut(card.doc.get("shut") or {}, moment)
    if card.doubt and card.status.is_open:
        return _doubted(card.doubt)
    if card.status.is_open is None:
        return Said("unknown", _("Hours unknown"), _("call before you go") if card.doc.get("phone") else "")
    serving = card.doc.get("kind") == "canteen"
    return _open(card.status, moment, serving) if card.status.is_open else _closed(card.status, moment)


def _doubted(doubt: Doubt) -> Said:
    if doubt.said == "sold_out":
        note = ngettext(
            "%(count)d courier says it is sold out", "%(count)d couriers say it is sold out", doubt.count
        )
    else:
        note = ngettext(
            "%(count)d courier says it is closed", "%(count)d couriers say it is closed", doubt.count
        )
    return Said("soon", _("Being checked"), note % {"count": doubt.count})


def _paused(pause: Mapping[str, Any], moment: dt.datetime) -> Said:
    until = instant(pause.get("until"))
    note = said(pause, "reason")
    if until:
        back = _("until %(when)s") % {"when": when(until, moment)}
        note = format_html("{} · {}", note, back) if note else back
    return Said("unknown", _("Paused"), note)


def _shut(shut: dict[str, Any], moment: dt.datetime) -> Said:
    word = _("Sold out") if shut.get("reason") == "sold_out" else _("Out of service")
    since = age(shut.get("since"), moment)
    return Said("unknown", word, _("reported %(age)s") % {"age": since} if since else "")


def _open(status: Any, moment: dt.datetime, serving: bool) -> Said:
    word = _("Serving now") if serving else pgettext("state", "Open now")
    if status.is_open_end:
        return Said("open", word, _("until sold out"))
    closes = instant(status.closes_at)
    if closes is None or closes - moment > dt.timedelta(hours=20):
        return Said("open", word, _("24 hours") if closes is None else "", closes)
    minutes = minutes_between(moment, closes)
    if minutes <= SOON_MINUTES:
        soon = _("Serving ends in %(count)d min") if serving else _("Closes in %(count)d min")
        return Said(
            "soon", soon % {"count": minutes}, _("until %(when)s") % {"when": when(closes, moment)}, closes
        )
    return Said("open", word, _("until %(when)s") % {"when": when(closes, moment)}, closes)


def _closed(status: Any, moment: dt.datetime) -> Said:
    opens = instant(status.opens_next_at)
    if opens is None:
        return Said("shut", _("Closed now"))
    minutes = minutes_between(moment, opens)
    if minutes <= SOON_MINUTES:
        return Said("soon", _("Opens in %(count)d min") % {"count": minutes}, when(opens, moment), opens)
    return Said("shut", _("Closed now"), _("opens %(when)s") % {"when": when(opens, moment)}, opens)
