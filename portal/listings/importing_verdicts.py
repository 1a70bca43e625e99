"""What becomes of the rows of a file: verdicts with their reasons, said in both languages."""

from collections import Counter
from dataclasses import dataclass, field
from typing import Any

from django.utils.translation import gettext_lazy as _
from django.utils.translation import override

from portal.listings.models import Listing
from portal.listings.snapshots import Snapshot

NEW, CHANGED, UNCHANGED, REFUSED = "new", "changed", "unchanged", "refused"
#: A place that the whole list of an area does not name.
ARCHIVED = "archived"
VERDICTS = {
    NEW: _("new"),
    CHANGED: _("changed"),
    UNCHANGED: _("unchanged"),
    REFUSED: _("refused"),
    ARCHIVED: _("archived"),
}
ALREADY_THERE = _("There is already one with this name and address: give its number to change it.")
MOVED_ON = _("Somebody changed this listing while the file was being checked. Try again.")
LANGUAGES = ("zh-hans", "en")


def in_both(said: Any) -> dict[str, str]:
    """Return a lazy sentence in both languages, as it is kept."""
    found = {}
    for language in LANGUAGES:
        with override(language):
            found[language] = str(said)
    return found


@dataclass(frozen=True, slots=True)
class Reason:
    """Why a row is refused: the column's label ("" for the row as a whole) and a lazy sentence."""

    column: Any
    message: Any

    def __str__(self) -> str:
        column = str(self.column)
        return f"{column}: {self.message}" if column else str(self.message)

    def said(self, language: str) -> str:
        """Return the sentence, with its column, in a language."""
        return in_both(self)[language]


@dataclass
class RowVerdict:
    """What becomes of one row of the file; `near` are places that may be the same (see `ImportRow`)."""

    row: int
    name: str
    verdict: str = UNCHANGED
    reasons: list[Reason] = field(default_factory=list)
    changes: Snapshot = field(default_factory=dict)
    labels: list[Any] = field(default_factory=list)
    listing: Listing | None = None
    is_proposal: bool = False
    near: list[dict[str, Any]] = field(default_factory=list)

    def refuse(self, column: Any, message: Any) -> "RowVerdict":
        """Refuse the row for one more reason."""
        self.verdict = REFUSED
        self.reasons.append(Reason(column, message))
        return self

    def as_json(self) -> dict[str, Any]:
        """Return the row's part of the report."""
        return {
            "row": self.row,
            "verdict": self.verdict,
            "reasons": [reason.said("zh-hans") for reason in self.reasons],
            "reasons_en": [reason.said("en") for reason in self.reasons],
            "name": self.name,
            "id": self.listing.public_id if self.listing else None,
            "changes": [in_both(label)["zh-hans"] for label in self.labels],
            "proposal": self.is_proposal,
            "near": self.near,
        }


@dataclass
class Report:
    """The verdicts of a file's rows."""

    rows: list[RowVerdict]
    unknown_columns: list[str] = field(default_factory=list)

    @property
    def counts(self) -> dict[str, int]:
        """Return how many rows each verdict has."""
        found = Counter(row.verdict for row in self.rows)
        return {verdict: found[verdict] for verdict in VERDICTS}

    def as_json(self) -> dict[str, Any]:
        """Return the whole report, as of a file of which nothing was written."""
        return {
            "rows": [row.as_json() for row in self.rows],
            "counts": self.counts,
            "unknown_columns": self.unknown_columns,
            "written": False,
        }
