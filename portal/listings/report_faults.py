"""What can be wrong with a report once the place is known of which it is made."""

import datetime as dt
from typing import TYPE_CHECKING, Any

from django.utils.text import format_lazy
from django.utils.translation import gettext_lazy as _

from portal.listings.availability import Facts
from portal.listings.measures import Measure

if TYPE_CHECKING:
    from portal.listings.reporting import Report

#: (field, code, lazy sentence)
Fault = tuple[str, str, Any]
#: Clocks differ; what lies further ahead is no moment at which anybody counted.
AHEAD = dt.timedelta(minutes=5)
LONGEST = dt.timedelta(hours=48)


def faults(measure: Measure, facts: Facts, report: "Report", now: dt.datetime) -> list[Fault]:
    """Return what is wrong with a report of a place, nothing when it can be taken."""
    return [*_of_the_moments(report, now), *_of_what_is_told(measure, facts, report)]


def _of_the_moments(report: "Report", now: dt.datetime) -> list[Fault]:
    found: list[Fault] = []
    if report.as_of > now + AHEAD:
        found.append(("as_of", "in_future", _("as_of lies in the future. Check the system's clock.")))
    if report.valid_until <= report.as_of:
        found.append(("valid_until", "not_after", _("valid_until lies after as_of.")))
    elif report.valid_until - report.as_of > LONGEST:
        found.append(("valid_until", "too_far", _("valid_until is at most 48 hours after as_of.")))
    return found


def _of_what_is_told(measure: Measure, facts: Facts, report: "Report") -> list[Fault]:
    if measure.statuses:
        if report.status in measure.statuses:
            return []
        known = ", ".join(measure.statuses)
        return [("status", "invalid", format_lazy(_("Of this place tell a status: {known}."), known=known))]
    if report.status or not report.counts:
        return [("items", "required", _("Of this place tell counts: a list of items."))]
    items = {item.name: item for item in facts.items}
    found: list[Fault] = []
    for number, (name, count) in enumerate(report.counts.items()):
        item = items.get(name)
        if item is None:
            known = ", ".join(items) or "—"
            said = format_lazy(
                _("There is no such item here, or two of its name. Known are: {known}."), known=known
            )
            found.append((f"items.{number}.item", "unknown_item", said))
        elif item.total is not None and count > item.total:
            said = format_lazy(_("There are only {total} in all."), total=item.total)
            found.append((f"items.{number}.count", "above_total", said))
    return found
