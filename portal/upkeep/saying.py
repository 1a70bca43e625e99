"""What the public reads around corrections: what can be said, what others said already, what came of it."""

import datetime as dt
import math
import uuid
from dataclasses import dataclass
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from portal.upkeep import times, waiting, words
from portal.upkeep.correcting import kinds_for
from portal.upkeep.models import Correction

Kind, State = Correction.Kind, Correction.State
STREET = 9
CHOICES: dict[str, Any] = {
    Kind.CLOSED: gettext_lazy("It is closed"),
    Kind.SOLD_OUT: gettext_lazy("Sold out"),
    Kind.WRONG_PRICE: gettext_lazy("The price is wrong"),
    Kind.NOT_HERE: gettext_lazy("It is not here"),
    Kind.OTHER: gettext_lazy("Something else"),
}


@dataclass(frozen=True, slots=True)
class Choice:
    """One thing that can be said, and how many said it since when and nobody has answered yet."""

    kind: str
    label: str
    count: int = 0
    since: dt.datetime | None = None


@dataclass(frozen=True, slots=True)
class Asked:
    """What a reader is asked about one listing."""

    public_id: str
    choices: list[Choice]
    usual: str
    client_id: str

    @property
    def has_others(self) -> bool:
        """Say whether somebody said something already."""
        return any(choice.count for choice in self.choices)


@dataclass(frozen=True, slots=True)
class Outcome:
    """How a case stands in the reader's words: a tone for the tag, the word in it, a sentence."""

    tone: str
    word: str
    sentence: str


def asked_about(listing_pk: int, public_id: str, kind: str, area_code: str) -> Asked:
    """Return what can be said about a listing, and what others said; both are mostly known to the cache."""
    known = waiting.said_about(listing_pk)
    choices = [Choice(one, str(CHOICES[one]), *known.get(one, (0, None))) for one in kinds_for(kind)]
    return Asked(public_id, choices, usual_time(area_code), str(uuid.uuid4()))


def usual_time(area_code: str) -> str:
    """Return how long the street's office usually takes, in words; "" where too little is known."""
    span = times.median_to_fix(area_code[:STREET]) if len(area_code) >= STREET else None
    return in_words(span) if span else ""


def in_words(span: dt.timedelta) -> str:
    """Return a span rounded up: in hours up to two days, then in days."""
    hours = max(1, math.ceil(span.total_seconds() / 3600))
    if hours <= 48:
        return ngettext("%(count)d hour", "%(count)d hours", hours) % {"count": hours}
    days = math.ceil(hours / 24)
    return ngettext("%(count)d day", "%(count)d days", days) % {"count": days}


def outcome_of(case: Correction) -> Outcome:
    """Return how a case stands."""
    if case.is_open:
        taken = case.state == State.TAKEN
        word = _("Being looked at") if taken else _("Waiting for the office")
        usual = usual_time(case.area_code)
        sentence = (
            _("The street office looks into it; it usually takes up to %(time)s.") % {"time": usual}
            if usual
            else _("The street office looks into it and answers here.")
        )
        return Outcome("soon", word, sentence)
    found = {
        State.FIXED: ("unknown", _("Corrected")),
        State.NOT_SO: ("unknown", _("Right as it is")),
        State.CANNOT_TELL: ("unknown", _("Could not be found out")),
    }
    return Outcome(*found[State(case.state)], words.answer_of(case))
