"""Hours in words, for pages and posters."""

from collections.abc import Mapping
from typing import Any

from django.utils.translation import gettext, pgettext
from django.utils.translation import gettext_lazy as _

from portal.listings.english import upper_first
from portal.listings.models import Weekday

MEALS = {"breakfast": _("breakfast"), "lunch": _("lunch"), "dinner": _("dinner"), "night": _("late meal")}
ORDER = list(Weekday.values)


def stretch_text(row: Mapping[str, Any]) -> str:
    """Return one interval in words: 10:30–13:30, from 11:00 until sold out, 24 hours."""
    if row["rule"] == "all_day":
        return gettext("24 hours")
    if row["rule"] == "closed":
        return pgettext("hours", "closed")
    if row["rule"] == "unknown":
        return pgettext("hours", "unknown")
    if row["open_end"]:
        text = gettext("from %(opens)s until sold out") % {"opens": row["opens"]}
    else:
        closes = "24:00" if row["closes"] == "00:00" else row["closes"]
        if closes <= row["opens"]:
            closes = gettext("%(clock)s next day") % {"clock": closes}
        text = f"{row['opens']}–{closes}"
    meal = MEALS.get(row.get("label", ""))
    return f"{meal} {text}" if meal else text


def pattern(hours: Mapping[str, Any]) -> list[tuple[str, list[str]]]:
    """Return the weekly rows as entered: (days, stretches), neighbouring days with the same stretches joined."""
    by_day: dict[str, list[str]] = {}
    for row in hours["weekly"]:
        by_day.setdefault(row["day"], []).append(stretch_text(row))
    blocks: list[tuple[list[str], list[str]]] = []
    for day in sorted(by_day, key=ORDER.index):
        if blocks and _follows(blocks[-1][0][-1], day) and blocks[-1][1] == by_day[day]:
            blocks[-1][0].append(day)
        else:
            blocks.append(([day], by_day[day]))
    return [(_days(days), texts) for days, texts in blocks]


def hours_line(hours: Mapping[str, Any]) -> str:
    """Return the weekly pattern on one line; empty when nobody knows the hours."""
    if not hours["known"]:
        return ""
    lines = [
        gettext("%(days)s: %(hours)s") % {"days": days, "hours": gettext(", ").join(texts)}
        for days, texts in pattern(hours)
    ]
    return upper_first(gettext("; ").join(lines))


def _follows(day: str, following: str) -> bool:
    """Say whether two days are neighbours in the week, or workdays and rest days, which make up every day."""
    is_next = ORDER.index(following) == ORDER.index(day) + 1
    return is_next and (following in ORDER[:7] or (day, following) == ("workday", "rest_day"))


def _days(days: list[str]) -> str:
    first, last = Weekday(days[0]).label, Weekday(days[-1]).label
    if len(days) == 7 or days == ["workday", "rest_day"]:
        return gettext("every day")
    return str(first) if len(days) == 1 else gettext("%(first)s to %(last)s") % {"first": first, "last": last}
