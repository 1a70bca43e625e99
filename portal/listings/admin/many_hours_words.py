"""Hours of a snapshot in words, for who is about to change many."""

import datetime as dt
from collections.abc import Iterable, Mapping
from typing import Any

from django.utils.translation import gettext as _

from portal.listings.hours_wishes import Hours, first_day, last_day
from portal.listings.hours_words import hours_line, stretch_text


def span_text(first: dt.date, last: dt.date) -> str:
    """Return days as 2027-02-05, or 2027-02-05–02-10."""
    if first == last:
        return first.isoformat()
    return f"{first.isoformat()}–{last.strftime('%m-%d') if last.year == first.year else last.isoformat()}"


def week_text(hours: Hours) -> str:
    """Return the week on one line."""
    rows = [_as_document(row) for row in hours["weekly_hours"]]
    return hours_line({"known": bool(rows), "weekly": rows}) or _("Hours unknown")


def exceptions_text(rows: Iterable[Mapping[str, Any]]) -> str:
    """Return exceptions on one line; empty for none."""
    found = []
    for row in rows:
        days = span_text(first_day(dict(row)), last_day(dict(row)))
        reason = _(" (%(reason)s)") % {"reason": row["reason"]} if row["reason"] else ""
        found.append(f"{days} {stretch_text(_as_document(row))}{reason}")
    return _("; ").join(found)


def _as_document(row: Mapping[str, Any]) -> dict[str, Any]:
    return {**row, "open_end": row["is_open_end"], "label": row.get("label", "")}
