"""How fresh a fact is, in words: who said so and how long ago."""

import datetime as dt
from dataclasses import dataclass
from typing import Any

from django.utils.translation import gettext, ngettext
from django.utils.translation import gettext_lazy as _

from portal.listings.kinds import listing_model
from portal.listings.models.trust import LIFETIMES, FactGroup
from portal.pages.wording import age, instant

SPEAKERS = {
    "office": _("confirmed %(age)s by the street office"),
    "operator": _("confirmed %(age)s by the operator"),
    "courier": _("confirmed %(age)s by a courier"),
    "partner": _("confirmed %(age)s by a partner"),
}


@dataclass(frozen=True, slots=True)
class Freshness:
    """One fact group's age: its name, the sentence, and whether the fact may be relied on."""

    group: str
    text: str
    is_fresh: bool


def freshness(group: str, confirmation: dict[str, Any] | None, moment: dt.datetime) -> Freshness:
    """Return the sentence for one confirmation `{at, by}`; None was never confirmed."""
    name = str(FactGroup(group).label) if group in FactGroup.values else group
    at = instant(confirmation.get("at")) if confirmation else None
    if confirmation is None or at is None:
        return Freshness(name, gettext("not confirmed yet"), False)
    if moment - at > LIFETIMES.get(group, dt.timedelta(days=30)):
        days = max(1, (moment - at).days)
        text = ngettext("not confirmed for %(count)d day", "not confirmed for %(count)d days", days)
        return Freshness(name, text % {"count": days}, False)
    sentence = SPEAKERS.get(confirmation.get("by", ""), _("confirmed %(age)s"))
    return Freshness(name, str(sentence) % {"age": age(at, moment)}, True)


def leading_freshness(doc: dict[str, Any], moment: dt.datetime) -> Freshness:
    """Return the freshness that a card shows: that of the kind's first fact group."""
    groups = listing_model(doc["kind"]).fact_groups
    confirmations = doc.get("confirmations") or {}
    return freshness(groups[0], confirmations.get(groups[0]), moment)


def all_freshness(doc: dict[str, Any], moment: dt.datetime) -> list[Freshness]:
    """Return the freshness of every fact group in the kind's order."""
    confirmations = doc.get("confirmations") or {}
    return [
        freshness(group, confirmations.get(group), moment) for group in listing_model(doc["kind"]).fact_groups
    ]
