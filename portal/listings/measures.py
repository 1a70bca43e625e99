"""What of a kind is counted or fills up, and how it is told apart from the facts. Pure: no database, no clock."""

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar

if TYPE_CHECKING:
    from portal.listings.models import Listing
    from portal.listings.snapshots import Rows


@dataclass(frozen=True, slots=True)
class Told:
    """How many of something are left, or how full a place is, from one moment to another: one of the two is given."""

    as_of: dt.datetime
    valid_until: dt.datetime
    count: int | None = None
    status: str = ""

    def holds(self, moment: dt.datetime) -> bool:
        """Say whether that is still to be believed; afterwards nobody knows."""
        return moment < self.valid_until

    def agrees(self, other: "Told") -> bool:
        """Say whether both name the same number or status."""
        return (self.count, self.status) == (other.count, other.status)


@dataclass(frozen=True, slots=True)
class Item:
    """Something at a place of which so many are left; `name` is "" for the place as a whole.

    `basis` is what is counted, as a coded value; `total` how many there are in all, None when not known.
    """

    name: str = ""
    name_en: str = ""
    total: int | None = None
    basis: dict[str, str] | None = None


def whole_second(moment: dt.datetime) -> dt.datetime:
    """Return the moment as documents write it."""
    return moment.replace(microsecond=0)


def parsed(text: str | None) -> dt.datetime | None:
    """Return the moment that a document writes."""
    return dt.datetime.fromisoformat(text) if text else None


def newer(fact: Told | None, report: Told | None) -> Told | None:
    """Return which of the two is of the later moment; facts are kept to the second.

    Of one second it is the report, which knows best until when it holds, unless somebody has changed the fact since.
    """
    if fact is None or report is None:
        return fact or report
    reported = whole_second(report.as_of)
    if fact.as_of > reported or (fact.as_of == reported and not fact.agrees(report)):
        return fact
    return report


class Measure:
    """What a kind's places have that runs out or fills up. A kind names its own as `Listing.measure`."""

    #: What it is called in the API.
    name: ClassVar[str] = ""
    #: Code → coded value, where a status is told of the place as a whole; else things are counted.
    statuses: ClassVar[Mapping[str, dict[str, str]]] = {}
    #: Whether the facts say it too, so that they follow what is reported.
    is_fact: ClassVar[bool] = False
    #: The group of facts that is confirmed where all of it was told.
    fact_group: ClassVar[str] = ""

    def items(self, doc: Mapping[str, Any]) -> list[Item]:
        """Return what may be told of by a stored document, each name once."""
        return [Item()]

    def facts(self, doc: Mapping[str, Any]) -> dict[str, Told]:
        """Return what the facts themselves say, by the item's name."""
        return {}

    def shown(self, doc: dict[str, Any], reports: Mapping[str, Told]) -> dict[str, Any]:
        """Return the document as pages show it, with what was reported where that is newer; `doc` is left alone."""
        return doc

    def write(
        self, listing: "Listing", reports: Mapping[str, Told], moment: dt.datetime
    ) -> tuple[list[str], "Rows"]:
        """Set reports on the facts of the unsaved instance; return the fields and the rows of groups to be stored.

        The facts say nothing of most kinds' measures: then it returns nothing.
        """
        return [], {}


def unique_names(rows: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Return the first row of each name, in order."""
    found: dict[str, dict[str, Any]] = {}
    for row in rows:
        found.setdefault(row["name"], row)
    return list(found.values())
