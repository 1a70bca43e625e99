"""How ages, moments, distances and prices are put into words; nothing here reads the database."""

import datetime as dt
from typing import Any

from django.utils import formats, timezone
from django.utils.dateparse import parse_datetime
from django.utils.html import conditional_escape, format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext, ngettext, pgettext_lazy

from portal.listings.english import upper_first
from portal.regions.language import in_english

WALKING_M_PER_MINUTE = 75
RIDING_M_PER_MINUTE = 250
DETOUR = 1.4
WALKABLE_M = 400
WEEKDAYS = tuple(
    pgettext_lazy("short weekday", name) for name in ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")
)


def instant(value: dt.datetime | str | None) -> dt.datetime | None:
    """Return an aware local datetime for an ISO string or datetime, None for nothing."""
    parsed = parse_datetime(value) if isinstance(value, str) else value
    return timezone.localtime(parsed) if parsed else None


def label(value: Any) -> str:
    """Return the text of a coded value `{code, zh, en}` in the page's language; other values as they are."""
    if isinstance(value, dict):
        return str(value.get("en" if in_english() else "zh") or value.get("zh") or value.get("code") or "")
    return "" if value is None else str(value)


def said(row: Any, name: str) -> str:
    """Return a text of staff marked up for the page: as it is in Chinese; in English what there is beside it.

    Without English the Chinese stays, marked as such: it is better than nothing, and a browser can translate it.
    """
    chinese = row.get(name) or ""
    if not in_english() or not chinese:
        return conditional_escape(chinese)
    return conditional_escape(row.get(f"{name}_en")) if row.get(f"{name}_en") else in_chinese(chinese)


def in_chinese(text: str, classes: str = "") -> SafeString:
    """Return a text marked as Chinese."""
    if classes:
        return format_html('<span class="{}" lang="zh-hans">{}</span>', classes, text)
    return format_html('<span lang="zh-hans">{}</span>', text)


def called(row: Any) -> str:
    """Return a name in the language of the page alone, for titles and for who listens."""
    return str(row.get("name_en") or row["name"]) if in_english() else str(row["name"])


def named(row: Any) -> str:
    """Return a name marked up for the page; in English with the Chinese behind it, as signs on the spot show it."""
    if not in_english():
        return conditional_escape(row["name"])
    english = row.get("name_en") or ""
    if not english or english == row["name"]:
        return in_chinese(row["name"])
    return format_html("{} {}", english, in_chinese(row["name"], "soft small"))


def listed(row: Any, name: str, mark: str = "") -> str:
    """Return a list of names in the language of the page, marked up, with a mark between them."""
    if in_english():
        found = row.get(f"{name}_en")
        if found:
            return conditional_escape(upper_first((mark or ", ").join(found)))
        return in_chinese((mark or "、").join(row[name]))
    return conditional_escape((mark or "、").join(row[name]))


def dotted(row: Any, name: str) -> str:
    """Return a list of names as `listed` does, with dots between them."""
    return listed(row, name, " · ")


def short_region(region: Any) -> str:
    """Return a region's name without its English rank: a card has no room for “Subdistrict”."""
    return label(region).removesuffix(" Subdistrict").removesuffix(" District")


def age(at: dt.datetime | str | None, moment: dt.datetime) -> str:
    """Return how long ago something was: just now, minutes, hours, then whole days."""
    then = instant(at)
    if then is None:
        return ""
    seconds = max(0, (moment - then).total_seconds())
    if seconds < 90:
        return gettext("just now")
    if seconds < 3600:
        count = round(seconds / 60)
        return ngettext("%(count)d minute ago", "%(count)d minutes ago", count) % {"count": count}
    if seconds < 86400:
        count = int(seconds // 3600)
        return ngettext("%(count)d hour ago", "%(count)d hours ago", count) % {"count": count}
    count = int(seconds // 86400)
    return ngettext("%(count)d day ago", "%(count)d days ago", count) % {"count": count}


def minutes_between(start: dt.datetime, end: dt.datetime) -> int:
    """Return whole minutes from start to end, at least 1."""
    return max(1, round((end - start).total_seconds() / 60))


def when(at: dt.datetime | str | None, moment: dt.datetime) -> str:
    """Return a moment as a person says it: 16:30, tomorrow 07:00, Wed 07:00, or with the date."""
    then = instant(at)
    if then is None:
        return ""
    clock = then.strftime("%H:%M")
    days = (then.date() - timezone.localtime(moment).date()).days
    if days == 0:
        return clock
    if days == 1 and clock == "00:00":
        return "24:00"
    if days == 1:
        return gettext("tomorrow %(clock)s") % {"clock": clock}
    if 1 < days < 7:
        return f"{weekday(then.date())} {clock}"
    return f"{day(then.date())} {clock}"


def weekday(date: dt.date) -> str:
    """Return the short name of a weekday: 周一, Mon."""
    return str(WEEKDAYS[date.weekday()])


def day(date: dt.date) -> str:
    """Return a date without its year: 10月3日, 3 Oct."""
    return formats.date_format(date, "j M" if in_english() else "n月j日")


def pause_span(pause: Any) -> str:
    """Return from when until when a planned pause shuts a place; a midnight at its edge is told as the day."""
    start, end = instant(pause["starts_at"]), instant(pause["until"])
    if start is None:
        return ""
    midnight = dt.time()
    first = day(start.date()) if start.time() == midnight else f"{day(start.date())} {start:%H:%M}"
    if end is None:
        return gettext("Paused from %(first)s on") % {"first": first}
    if start.time() == end.time() == midnight:
        last = day(end.date() - dt.timedelta(days=1))
    else:
        last = f"{end:%H:%M}" if start.date() == end.date() else f"{day(end.date())} {end:%H:%M}"
    if first == last:
        return gettext("Paused on %(day)s") % {"day": first}
    return gettext("Paused from %(first)s to %(last)s") % {"first": first, "last": last}


def distance(metres: int | None) -> str:
    """Return metres below one kilometre, else kilometres with one decimal."""
    if metres is None:
        return ""
    if metres < 1000:
        return gettext("%(count)d m") % {"count": metres if metres < 100 else round(metres / 10) * 10}
    return gettext("%(count)s km") % {"count": f"{metres / 1000:.1f}"}


def minutes_to(metres: float) -> int:
    """Return about how many minutes it takes: walking up to 400 m straight, else riding; detours counted in."""
    speed = WALKING_M_PER_MINUTE if metres <= WALKABLE_M else RIDING_M_PER_MINUTE
    return max(1, round(metres * DETOUR / speed))


def travel(metres: int | None, by_car: bool = False) -> str:
    """Return `minutes_to` in words."""
    if metres is None:
        return ""
    count = minutes_to(metres)
    if metres <= WALKABLE_M:
        return gettext("about %(count)d min on foot") % {"count": count}
    if count > 90:
        return ""
    if by_car:
        return gettext("about %(count)d min by car") % {"count": count}
    return gettext("about %(count)d min by bike") % {"count": count}
