"""What the facts of a listing are now, group by group, in a few short lines: for whoever says that they still hold."""

import datetime as dt
from typing import Any

from django.utils import timezone
from django.utils.translation import gettext as _

from portal.listings.hours_words import hours_line, stretch_text
from portal.listings.kinds import listing_model
from portal.listings.models import FactGroup
from portal.regions.language import in_english

#: Exceptions that are shown: the next ones.
MOST_EXCEPTIONS = 2


def facts_said(doc: dict[str, Any], group: str, today: dt.date | None = None) -> list[str]:
    """Return the facts of a group as a stored document holds them, in the active language; never empty."""
    return _lines(doc, group, today or timezone.localdate()) or [_("nothing is entered yet")]


def _lines(doc: dict[str, Any], group: str, today: dt.date) -> list[str]:
    if group == FactGroup.HOURS:
        return [line for line in (hours_line(doc["hours"]), *exceptions(doc["hours"], today)) if line]
    if group == FactGroup.CONTACT:
        return [line for line in (doc["address"], doc["phone"]) if line]
    return listing_model(doc["kind"]).facts_said(group, doc)


def exceptions(hours: dict[str, Any], today: dt.date) -> list[str]:
    """Return the next dated exceptions in words."""
    ahead = sorted(
        (row for row in hours["exceptions"] if row["ends_on"] >= today.isoformat()),
        key=lambda row: row["starts_on"],
    )
    return [_exception(row) for row in ahead[:MOST_EXCEPTIONS]]


def _exception(row: dict[str, Any]) -> str:
    first, last = row["starts_on"], row["ends_on"]
    days = first if first == last else f"{first}–{last}"
    reason = in_words(row, "reason")
    return " ".join(part for part in (days, stretch_text(row), reason) if part)


def in_words(row: dict[str, Any], name: str) -> str:
    """Return a text of a document in the active language; without English the Chinese."""
    return str((in_english() and row.get(f"{name}_en")) or row.get(name) or "")


def coded_word(value: dict[str, Any] | None) -> str:
    """Return the word of a coded value {code, zh, en} in the active language, "" for none."""
    return str(value["en" if in_english() else "zh"]) if value else ""
