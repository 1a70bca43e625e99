"""What became of a row that a source sent."""

from dataclasses import dataclass, field
from typing import Any

from django.utils.translation import gettext_lazy as _

from portal.listings.models import Listing, SourceRecord
from portal.listings.sources.bodies import Fault
from portal.listings.sources.merging import Contested

CREATED, CHANGED, UNCHANGED = "created", "changed", "unchanged"
PROPOSED, WITHDRAWN, REFUSED = "proposed", "withdrawn", "refused"
OUTCOMES = (CREATED, CHANGED, UNCHANGED, PROPOSED, WITHDRAWN, REFUSED)

#: Why a row is refused, and how one row alone is then answered.
STATUSES = {
    "invalid_body": 400,
    "scope_missing": 403,
    "outside_area": 403,
    "not_found": 404,
    "conflict": 409,
    "taken_over": 409,
    "archived": 409,
    "other_kind": 409,
    "repeated": 409,
    "not_stored": 409,
    "version_moved": 412,
}
REPEATED = _("Row {number} of this request is about the same place.")


@dataclass(slots=True)
class Result:
    """What became of one row; `listing` is the row's place, as far as there is one."""

    place: int
    outcome: str
    code: str = ""
    faults: list[Fault] = field(default_factory=list)
    listing: Listing | None = None
    record: SourceRecord | None = None
    kept: list[str] = field(default_factory=list)
    proposed: list[str] = field(default_factory=list)
    contested: list[Contested] = field(default_factory=list)
    near: list[dict[str, Any]] = field(default_factory=list)
    #: Whom to ask: the office that has taken the place over, or archived it, and since when.
    who: str = ""
    at: Any = None


def refused(place: int, code: str, faults: list[Fault] | None = None, **more: Any) -> Result:
    """Return that a row was refused."""
    return Result(place, REFUSED, code, faults or [], **more)
