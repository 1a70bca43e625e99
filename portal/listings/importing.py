"""Checking a file of listings of a kind: every row's verdict, with a reason for each fault. Nothing here writes."""

import copy
from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING, Any

from django.core.exceptions import NON_FIELD_ERRORS, PermissionDenied, ValidationError
from django.utils.text import format_lazy
from django.utils.translation import gettext_lazy as _

from portal.accounts.scope import covers
from portal.listings.columns import KEY, STATE, Part, Refused, column_headers, key_column, parts_of
from portal.listings.importing_cells import Formula, plain
from portal.listings.importing_headers import column_names, datum_in, is_counting
from portal.listings.importing_near import Neighbourhood, Spot
from portal.listings.importing_tables import Table, TableError
from portal.listings.importing_verdicts import ALREADY_THERE, CHANGED, NEW, REFUSED, Report, RowVerdict
from portal.listings.models import Listing
from portal.listings.registers import source_labels
from portal.listings.snapshots import Said, Snapshot, check_snapshot, read_snapshot

if TYPE_CHECKING:
    from portal.accounts.models import User

CHUNK = 200
#: An office's own numbers have at most so many digits; the portal's have ten signs.
OWN_DIGITS = 6
A_FORMULA = _("This cell holds a formula. Copy it and paste it as a value.")
KEPT_BY_SOURCE = _(
    "“{source}” keeps this place and sends its changes itself: take the place over, or leave its row as it was."
)
NO_VALUE = _("This cell holds an error instead of a value. Write the value itself.")


def may_import(model: type[Listing], user: Any) -> bool:
    """Say whether a person may import listings of this kind."""
    meta = model._meta
    return user.has_perm("listings.import_listing") and user.has_perm(
        f"{meta.app_label}.change_{meta.model_name}"
    )


def check_rows(
    model: type[Listing], table: Table, user: "User", tell: Callable[[int], object] = lambda count: None
) -> Report:
    """Return what an import of the table would do; writes nothing. `tell` hears now and then how many rows are done.

    Raises PermissionDenied, and TableError when the table lacks the column of names.
    """
    if not may_import(model, user):
        raise PermissionDenied
    return _Check(model, table, user).report(tell)


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


def neighbours_of(model: type[Listing], user: "User") -> Neighbourhood:
    """Return the places of a kind that this person sees, archived ones aside, by where they lie."""
    found = Neighbourhood()
    rows = model.objects.visible_to(user).exclude(state="archived").filter(lat__isnull=False)
    named: Any = rows.order_by("pk").values_list("public_id", "name", "lat", "lng")
    for public_id, name, lat, lng in named:
        found.add(Spot({"id": public_id}, name, lat, lng))
    return found


def _look_around(verdict: RowVerdict, neighbours: Neighbourhood) -> None:
    """Note which places may be the same as that of a new row, those of earlier rows among them."""
    lat, lng = verdict.changes.get("lat"), verdict.changes.get("lng")
    if verdict.verdict != NEW or lat is None or lng is None:
        return
    verdict.near = neighbours.near(verdict.name, lat, lng)
    neighbours.add(Spot({"row": verdict.row}, verdict.name, lat, lng))


def is_said(part: Part, given: dict[str, str], before: Snapshot) -> bool:
    """Say whether the cells still say what the listing says; then nothing of them is read."""
    current = part.write(before)
    return all(current[name] == text for name, text in given.items())


class _Check:
    """Check the rows of one table."""

    def __init__(self, model: type[Listing], table: Table, user: "User") -> None:
        self.model, self.table, self.user = model, table, user
        self.parts = parts_of(model)
        self.names = column_names(table.header, column_headers(model))
        named = list(zip(table.header, self.names, strict=True))
        self.unknown = [header for header, name in named if header and not name and not is_counting(header)]
        #: What the headers of a position say of its datum, for rows that say nothing of it.
        self.datum = datum_in([header for header, name in named if name in {"lat", "lng"}])
        self._leave_out_own_numbers()
        self._tell_of_nameless()
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
        self.of_sources: dict[int, str] = {}
        self.labels = {column.name: column.label for part in self.parts for column in part.columns}

    def _leave_out_own_numbers(self) -> None:
        """Take a column of numbers that only count an office's own rows for what it is: no row is known by it."""
        if KEY not in self.names:
            return
        index = self.names.index(KEY)
        keys = [plain(texts[index]) for _number, texts in self.table.rows if index < len(texts)]
        said = [key for key in keys if key]
        if said and all(key.isdecimal() and len(key) <= OWN_DIGITS for key in said):
            self.names[index] = ""
            note = _("The numbers in “{name}” are none of the portal's, so every row is taken for a new one.")
            self.table.notes.append(format_lazy(note, name=self.table.header[index]))

    def _tell_of_nameless(self) -> None:
        """Say which columns hold something and have no name."""
        nameless = [
            str(index + 1)
            for index, header in enumerate(self.table.header)
            if not header and any(index < len(texts) and texts[index] for _number, texts in self.table.rows)
        ]
        if nameless:
            note = _("Columns without a name are left out: {columns}")
            self.table.notes.append(format_lazy(note, columns="、".join(nameless)))

    def report(self, tell: Callable[[int], object]) -> Report:
        """Return the verdicts."""
        texts = [(number, self._texts(cells)) for number, cells in self.table.rows]
        known = self._known(row.get(KEY, "").upper() for _number, row in texts)
        places = places_of(self.model, self.user)
        neighbours = neighbours_of(self.model, self.user)
        seen: dict[Any, int] = {}
        rows = []
        for number, row in texts:
            verdict = self._row(number, row, known)
            self._refuse_repeated(verdict, row, seen, places)
            _look_around(verdict, neighbours)
            rows.append(verdict)
            if len(rows) % CHUNK == 0:
                tell(len(rows))
        return Report(rows, self.unknown)

    def _texts(self, cells: list[str]) -> dict[str, str]:
        padded = [*cells, *[""] * (len(self.names) - len(cells))]
        found = {name: text for name, text in zip(self.names, padded, strict=True) if name}
        if self.datum and found.get("lat") and not found.get("entered_datum"):
            found["entered_datum"] = self.datum
        return found

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
            self.of_sources.update(rows.kept_by_sources().values_list("pk", "source"))
        self.registers = source_labels(self.of_sources.values())
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
        if wanted and verdict.listing is not None and verdict.listing.pk in self.of_sources:
            name = self.of_sources[verdict.listing.pk]
            return verdict.refuse("", format_lazy(KEPT_BY_SOURCE, source=self.registers.get(name, name)))
        self._check(verdict, wanted, before)
        verdict.changes = wanted
        verdict.labels = [self._label(name) for name in wanted] if before is not None else []
        if not verdict.reasons:
            verdict.verdict = NEW if before is None else CHANGED
            verdict.is_proposal = verdict.listing is not None and verdict.listing.pk in self.waiting
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
            verdict.refuse(column.label, NO_VALUE if given[column.name].startswith("#") else A_FORMULA)
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

    def _check(self, verdict: RowVerdict, wanted: Snapshot, before: Snapshot | None) -> None:
        """Add what the kernel would refuse, and what lies outside the person's reach."""
        refused = {str(reason.column) for reason in verdict.reasons}
        tried = copy.copy(verdict.listing) if verdict.listing else self.model()
        try:
            check_snapshot(tried, wanted, in_memory=True)
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
