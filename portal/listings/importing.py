"""Importing listings of a kind: every row's verdict first, then one transaction that only compares and writes."""

import copy
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from django.core.exceptions import NON_FIELD_ERRORS, PermissionDenied, ValidationError
from django.db import transaction
from django.utils.text import format_lazy
from django.utils.translation import gettext_lazy as _
from django.utils.translation import override

from portal.accounts.scope import covers
from portal.listings.bulk import Built, NewListing, insert
from portal.listings.bulk_editing import Edit, edit_many, lock_unmoved
from portal.listings.columns import KEY, STATE, Part, Refused, column_headers, key_column, parts_of
from portal.listings.importing_cells import Formula, chinese, plain
from portal.listings.importing_tables import Table, TableError
from portal.listings.models import Channel, Listing
from portal.listings.snapshots import (
    Rows,
    Said,
    Snapshot,
    check_snapshot,
    field_value,
    read_snapshot,
)

if TYPE_CHECKING:
    from portal.accounts.models import User

NEW, CHANGED, UNCHANGED, REFUSED = "new", "changed", "unchanged", "refused"
VERDICTS = {NEW: _("new"), CHANGED: _("changed"), UNCHANGED: _("unchanged"), REFUSED: _("refused")}
CHUNK = 200
ALREADY_THERE = _("There is already one with this name and address: give its number to change it.")


@dataclass(frozen=True, slots=True)
class Reason:
    """Why a row is refused: the column's label ("" for the row as a whole) and a lazy sentence."""

    column: Any
    message: Any

    def said(self, language: str) -> str:
        """Return the sentence, with its column, in a language."""
        with override(language):
            return f"{self.column}: {self.message}" if str(self.column) else str(self.message)


@dataclass
class RowVerdict:
    """What becomes of one row of the file; `built` or `edit` is what an import then writes."""

    row: int
    name: str
    verdict: str = UNCHANGED
    reasons: list[Reason] = field(default_factory=list)
    changes: Snapshot = field(default_factory=dict)
    labels: list[Any] = field(default_factory=list)
    listing: Listing | None = None
    is_proposal: bool = False
    built: Built | None = None
    edit: Edit | None = None

    def refuse(self, column: Any, message: Any) -> "RowVerdict":
        """Refuse the row for one more reason."""
        self.verdict = REFUSED
        self.reasons.append(Reason(column, message))
        return self

    @property
    def label(self) -> Any:
        """Return the verdict in words."""
        return VERDICTS[self.verdict]

    def as_json(self) -> dict[str, Any]:
        """Return the row's part of the report."""
        return {
            "row": self.row,
            "verdict": self.verdict,
            "reasons": [reason.said("zh-hans") for reason in self.reasons],
            "reasons_en": [reason.said("en") for reason in self.reasons],
            "name": self.name,
            "id": self.listing.public_id if self.listing else None,
            "changes": [chinese(label) for label in self.labels],
            "proposal": self.is_proposal,
        }


@dataclass
class Report:
    """The verdicts of a file's rows."""

    rows: list[RowVerdict]
    unknown_columns: list[str] = field(default_factory=list)
    is_written: bool = False

    @property
    def counts(self) -> dict[str, int]:
        """Return how many rows each verdict has."""
        found = Counter(row.verdict for row in self.rows)
        return {verdict: found[verdict] for verdict in VERDICTS}

    @property
    def has_refused(self) -> bool:
        """Say whether any row is refused."""
        return any(row.verdict == REFUSED for row in self.rows)

    def as_json(self) -> dict[str, Any]:
        """Return the whole report."""
        return {
            "rows": [row.as_json() for row in self.rows],
            "counts": self.counts,
            "unknown_columns": self.unknown_columns,
            "written": self.is_written,
        }


class RowsRefused(Exception):
    """Nothing was written, because rows were refused; `report` says which and why."""

    def __init__(self, report: Report) -> None:
        super().__init__(report.counts)
        self.report = report


def may_import(model: type[Listing], user: Any) -> bool:
    """Say whether a person may import listings of this kind."""
    meta = model._meta
    return user.has_perm("listings.import_listing") and user.has_perm(
        f"{meta.app_label}.change_{meta.model_name}"
    )


def check_rows(model: type[Listing], table: Table, user: "User") -> Report:
    """Return what an import of the table would do; writes nothing.

    Raises PermissionDenied, and TableError when the table lacks the column of names.
    """
    if not may_import(model, user):
        raise PermissionDenied
    return _Check(model, table, user).report()


def import_rows(model: type[Listing], table: Table, user: "User", *, skip_refused: bool = False) -> Report:
    """Import the table and return the report; raises RowsRefused unless told to skip those rows.

    New rows become drafts. Rows of public listings become proposals for somebody who may not publish them.
    """
    report = check_rows(model, table, user)
    write(model, report, user, skip_refused=skip_refused)
    return report


def write(model: type[Listing], report: Report, user: "User", *, skip_refused: bool = False) -> None:
    """Write what `check_rows` found, in one transaction; raises RowsRefused as `import_rows` does.

    Under the lock only versions are compared: a listing that has moved on since it was checked is refused.
    """
    if report.has_refused and not skip_refused:
        raise RowsRefused(report)
    with transaction.atomic():
        _refuse_moved(model, report, user)
        if report.has_refused and not skip_refused:
            raise RowsRefused(report)
        new = [row for row in report.rows if row.verdict == NEW and row.built]
        built = [row.built for row in new if row.built]
        edits = [row.edit for row in report.rows if row.verdict == CHANGED and row.edit]
        insert(built, user, Channel.IMPORT)
        edit_many(edits=edits, actor=user, channel=Channel.IMPORT)
    for row, made in zip(new, built, strict=True):
        row.listing = made.listing
    report.is_written = True


def _refuse_moved(model: type[Listing], report: Report, user: "User") -> None:
    """Lock the rows; refuse those that somebody changed, and the new ones that somebody added, since the check."""
    changed = {
        row.listing.pk: row.listing.revision_number
        for row in report.rows
        if row.verdict == CHANGED and row.listing is not None
    }
    unmoved = lock_unmoved(changed) if changed else set()
    new = [row for row in report.rows if row.verdict == NEW]
    places = places_of(model, user, {row.changes["name"] for row in new}) if new else set()
    for row in report.rows:
        if row.verdict == CHANGED and row.listing is not None and row.listing.pk not in unmoved:
            row.refuse("", _("Somebody changed this listing while the file was being checked. Try again."))
        elif row.verdict == NEW and place_of(row.changes) in places:
            row.refuse(key_column(model).label, ALREADY_THERE)


def place_of(changes: Snapshot) -> tuple[str, str, str]:
    """Return name, street and address of a new row, by which it is known to be there already."""
    return changes.get("name", ""), changes.get("street") or "", changes.get("address", "")


def places_of(
    model: type[Listing], user: "User", names: Iterable[str] | None = None
) -> set[tuple[str, str, str]]:
    """Return name, street and address of what this person sees; only those with one of `names` if given."""
    rows = model.objects.visible_to(user).exclude(state="archived")
    if names is not None:
        rows = rows.filter(name__in=names)
    return {
        (name, street or "", address)
        for name, street, address in rows.values_list("name", "street", "address")
    }


def is_said(part: Part, given: dict[str, str], before: Snapshot) -> bool:
    """Say whether the cells still say what the listing says; then nothing of them is read."""
    current = part.write(before)
    return all(current[name] == text for name, text in given.items())


class _Check:
    """Check the rows of one table."""

    def __init__(self, model: type[Listing], table: Table, user: "User") -> None:
        self.model, self.table, self.user = model, table, user
        self.parts = parts_of(model)
        known = column_headers(model)
        self.names = [known.get(header.lower(), "") for header in table.header]
        self.unknown = [
            header for header, name in zip(table.header, self.names, strict=True) if header and not name
        ]
        twice = [name for name in self.names if name and self.names.count(name) > 1]
        if twice:
            header = table.header[self.names.index(twice[0])]
            raise TableError(format_lazy(_("The column “{name}” is there twice."), name=header))
        if "name" not in self.names and KEY not in self.names:
            raise TableError(
                _("The first row must hold the column names. Download the template and use its headers.")
            )
        meta = model._meta
        self.may_add = user.has_perm(f"{meta.app_label}.add_{meta.model_name}")
        self.waiting: set[int] = set()
        self.labels = {column.name: column.label for part in self.parts for column in part.columns}

    def report(self) -> Report:
        """Return the verdicts."""
        texts = [(number, self._texts(cells)) for number, cells in self.table.rows]
        known = self._known(row.get(KEY, "").upper() for _number, row in texts)
        places = places_of(self.model, self.user)
        seen: dict[Any, int] = {}
        rows = []
        for number, row in texts:
            verdict = self._row(number, row, known)
            self._refuse_repeated(verdict, row, seen, places)
            rows.append(verdict)
        return Report(rows, self.unknown)

    def _texts(self, cells: list[str]) -> dict[str, str]:
        padded = [*cells, *[""] * (len(self.names) - len(cells))]
        return {name: text for name, text in zip(self.names, padded, strict=True) if name}

    def _known(self, keys: Iterable[str]) -> dict[str, Listing]:
        """Return the listings that the file names and this person may change, by public id."""
        wanted = sorted({key for key in keys if key})
        found: dict[str, Listing] = {}
        for start in range(0, len(wanted), CHUNK):
            rows = self.model.objects.editable_by(self.user).filter(
                public_id__in=wanted[start : start + CHUNK]
            )
            found |= {row.public_id: row for row in rows.with_groups()}
            self.waiting.update(rows.needing_proposal(self.user).values_list("pk", flat=True))
        return found

    def _row(self, number: int, texts: dict[str, str], known: dict[str, Listing]) -> RowVerdict:
        key = plain(texts.get(KEY, "")).upper()
        verdict = RowVerdict(number, str(texts.get("name", "")))
        before: Snapshot | None = None
        if key:
            verdict.listing = known.get(key)
            if verdict.listing is None:
                said = _(
                    "There is no listing with this number that you may change. Leave it empty for a new one."
                )
                return verdict.refuse(key_column(self.model).label, said)
            before = read_snapshot(verdict.listing)
            verdict.name = verdict.name or verdict.listing.name
        elif not self.may_add:
            return verdict.refuse("", _("You may change listings and not add new ones."))
        changes: Snapshot = {}
        for part in self.parts:
            self._read_part(part, texts, before, verdict, changes)
        wanted = {
            name: value for name, value in changes.items() if before is None or before.get(name) != value
        }
        if before is not None and not wanted and not verdict.reasons:
            return verdict
        tried, rows = self._check(verdict, wanted, before)
        verdict.changes = wanted
        verdict.labels = [self._label(name) for name in wanted] if before is not None else []
        if verdict.reasons:
            return verdict
        if before is None:
            verdict.verdict = NEW
            tried.revision_number = 1
            verdict.built = Built(NewListing(self.model, wanted), tried, rows)
        else:
            verdict.verdict = CHANGED
            verdict.is_proposal = tried.pk in self.waiting
            fields = [name for name in tried.editable_fields() if field_value(tried, name) != before[name]]
            verdict.edit = Edit(tried, before, wanted, fields, rows, verdict.is_proposal)
        return verdict

    def _read_part(
        self,
        part: Part,
        texts: dict[str, str],
        before: Snapshot | None,
        verdict: RowVerdict,
        changes: Snapshot,
    ) -> None:
        given = {column.name: texts[column.name] for column in part.columns if column.name in texts}
        if not given:
            return
        formulas = [column for column in part.columns if isinstance(given.get(column.name), Formula)]
        for column in formulas:
            said = _("This cell holds a formula. Copy it and paste it as a value.")
            verdict.refuse(column.label, said)
        if formulas:
            return
        if before is not None and is_said(part, given, before):
            return
        try:
            # A group's positions are written in the datum of its row.
            found = part.read({**given, "entered_datum": texts.get("entered_datum", "")}, before)
        except Refused as error:
            for column, message in error.faults:
                verdict.refuse(column.label, message)
            return
        for name, value in found.items():
            changes[name] = {**changes.get(name, {}), **value} if name in self.model.groups else value

    def _check(self, verdict: RowVerdict, wanted: Snapshot, before: Snapshot | None) -> tuple[Listing, Rows]:
        """Add what the kernel would refuse, and what lies outside the person's reach.

        Return the listing as it would be, unsaved, with the unsaved rows of its changed groups.
        """
        refused = {str(reason.column) for reason in verdict.reasons}
        tried = copy.copy(verdict.listing) if verdict.listing else self.model()
        rows: Rows = {}
        try:
            rows = check_snapshot(tried, wanted)
        except ValidationError as error:
            for name, errors in error.error_dict.items():
                label = self._label(name)
                if str(label) not in refused:
                    for single in errors:
                        verdict.refuse(label, Said(single))
        area = tried.community_id or tried.street_id or tried.district_id or ""
        moved = before is None or any(name in wanted for name in ("district", "street", "community"))
        if moved and not covers(self.user, area):
            street = self._label("street")
            if not area and str(street) not in refused:
                verdict.refuse(street, _("Say in which street it lies."))
            elif area:
                verdict.refuse(street, _("This lies outside your area; you can import only what lies in it."))
        return tried, rows

    def _refuse_repeated(
        self,
        verdict: RowVerdict,
        texts: dict[str, str],
        seen: dict[Any, int],
        places: set[tuple[str, str, str]],
    ) -> None:
        key: Any = plain(texts.get(KEY, "")).upper()
        if not key:
            key = place_of(verdict.changes)
            if verdict.verdict == NEW and key in places:
                verdict.refuse(key_column(self.model).label, ALREADY_THERE)
        if verdict.verdict == REFUSED and not texts.get(KEY):
            return
        if key in seen:
            said = format_lazy(_("Row {number} is about the same place."), number=seen[key])
            verdict.refuse("", said)
        seen.setdefault(key, verdict.row)

    def _label(self, name: str) -> Any:
        """Return how a field or group is called in the file."""
        if name in (NON_FIELD_ERRORS, STATE):
            return ""
        if name in self.labels:
            return self.labels[name]
        if name == "hours":
            return self.labels["weekly_hours"]
        for part in self.parts:
            if getattr(part, "group", None) == name:
                return part.columns[0].label
        meta: Any = self.model._meta
        return meta.get_field(name).verbose_name if _has_field(self.model, name) else name


def _has_field(model: type[Listing], name: str) -> bool:
    return any(found.name == name for found in model._meta.get_fields())
