"""What systems reported of a listing, above its form: an office sees what pages show and who says so."""

import datetime as dt
from dataclasses import dataclass
from typing import Any

from django.utils.translation import gettext as _

from portal.listings.availability import facts_of
from portal.listings.kinds import listing_model
from portal.listings.measures import Told, newer
from portal.listings.models import Availability, Listing
from portal.listings.saying import coded_word


@dataclass(frozen=True, slots=True)
class Line:
    """One item: what was said of it, when, until when and by whom.

    `standing` is "" while it counts, else why it does not: it is over, or staff said something later.
    """

    item: str
    said: str
    as_of: dt.datetime
    valid_until: dt.datetime
    by: str
    standing: str


def reported(listing: Listing, moment: dt.datetime) -> list[Line]:
    """Return what was reported of a listing; one query where something of its kind runs out, else none."""
    measure = listing_model(listing.kind).measure
    if measure is None:
        return []
    facts = facts_of(listing.document).told if listing.document else {}
    return [
        _line(row, measure.statuses.get(row.status), facts.get(row.item), moment)
        for row in Availability.objects.filter(listing=listing.pk)
    ]


def _line(row: Availability, status: Any, fact: Told | None, moment: dt.datetime) -> Line:
    told = Told(row.as_of, row.valid_until, row.count, row.status)
    standing = ""
    if newer(fact, told) is not told:
        standing = _("staff said something later")
    elif not told.holds(moment):
        standing = _("over: shown as unknown")
    said = coded_word(status) if status else _("%(count)d left") % {"count": row.count}
    return Line(row.item, said, row.as_of, row.valid_until, row.written_by_label, standing)
