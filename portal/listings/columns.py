"""The columns in which a kind is exported and imported, derived from its model.

A Part owns one or more columns; it writes them from a snapshot and reads changes from them. Reading is the inverse of
writing, and a part whose cells still say what the listing says changes nothing.
"""

import re
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any

from django.core.exceptions import ValidationError
from django.db import models
from django.utils.text import format_lazy
from django.utils.translation import gettext_lazy as _

from portal.listings import importing_cells as cells
from portal.listings import importing_hours as hours_text
from portal.listings.coordinates import Position, PositionError, from_wgs84, parse_position
from portal.listings.models import Datum, Listing
from portal.listings.snapshots import Said, Snapshot

KEY = "public_id"
STATE = "state"
WHY = "why_refused"
CLOSE_ENOUGH = 5e-7
REGION_ENDS = ("街道", "社区", "镇", "乡", "区", "县", "市", "村")
CELL_SEPARATOR = " | "
DATUM_WORDS = {
    "gcj02": Datum.GCJ02,
    "高德": Datum.GCJ02,
    "腾讯": Datum.GCJ02,
    "bd09": Datum.BD09,
    "百度": Datum.BD09,
    "wgs84": Datum.WGS84,
    "gps": Datum.WGS84,
}


@dataclass(frozen=True, slots=True)
class Column:
    """One column: its stable name, its header as a lazy label, and a note for the template."""

    name: str
    label: Any
    note: Any = ""
    required: bool = False

    def headers(self) -> set[str]:
        """Return every header under which the column is recognised."""
        return {self.name, *cells.both_labels(self.label)}


class Refused(Exception):
    """What is wrong with the cells of one part: (column, lazy message)."""

    def __init__(self, faults: list[tuple[Column, Any]]) -> None:
        super().__init__(faults)
        self.faults = faults


def faults_of(column: Column, error: ValidationError) -> list[tuple[Column, Any]]:
    """Return each fault of an error with its column."""
    return [(column, Said(single)) for single in error.error_list]


class Part:
    """The columns of one fact."""

    columns: tuple[Column, ...] = ()

    def write(self, snapshot: Snapshot) -> dict[str, str]:
        """Return the text of each column."""
        raise NotImplementedError

    def read(self, texts: dict[str, str], before: Snapshot | None) -> Snapshot:
        """Return what the cells say, as changes; `before` is None for a new listing. Raises Refused."""
        raise NotImplementedError


@dataclass
class FieldPart(Part):
    """A field in a cell."""

    field: Any

    def __post_init__(self) -> None:
        required = not self.field.blank and not self.field.has_default()
        note = self.field.help_text
        if self.field.choices:
            note = "、".join(cells.chinese(label) for code, label in self.field.choices if code != "")
        elif isinstance(self.field, models.BooleanField):
            note = "是、否"
        self.columns = (Column(self.field.name, self.field.verbose_name, note, required),)

    def write(self, snapshot: Snapshot) -> dict[str, str]:
        """Return the field's text."""
        return {self.field.name: cells.write_value(self.field, snapshot[self.field.name])}

    def read(self, texts: dict[str, str], before: Snapshot | None) -> Snapshot:
        """Return the field's value; an empty cell empties the field, or leaves what cannot be empty as it is."""
        name, text = self.field.name, texts[self.field.name]
        if not text:
            if self.columns[0].required:
                raise Refused([(self.columns[0], _("This must not be empty."))])
            if not self.field.blank and not self.field.null:
                return {} if before else {name: self.field.get_default()}
            return {name: cells.empty_value(self.field)}
        try:
            return {name: cells.read_value(self.field, text)}
        except ValidationError as error:
            raise Refused(faults_of(self.columns[0], error)) from error


class RegionPart(Part):
    """District, street and community, by name or code."""

    levels = (("district", 6), ("street", 9), ("community", 12))

    def __init__(self, model: type[Listing]) -> None:
        note = _("Name or national statistical code.")
        self.columns = tuple(
            Column(name, _field(model, name).verbose_name, note) for name, _length in self.levels
        )
        self.models = {name: _field(model, name).related_model for name, _length in self.levels}

    @property
    def names(self) -> dict[str, dict[str, str]]:
        """Return level → code → name of every region; read once for each file (see `parts_of`)."""
        if not hasattr(self, "_names"):
            self._names = {
                name: dict(model.objects.values_list("code", "name")) for name, model in self.models.items()
            }
        return self._names

    def write(self, snapshot: Snapshot) -> dict[str, str]:
        """Return the names."""
        return {
            name: self.names[name].get(snapshot[name], str(snapshot[name])) if snapshot[name] else ""
            for name, _length in self.levels
        }

    def read(self, texts: dict[str, str], before: Snapshot | None) -> Snapshot:
        """Return the codes; the upper levels follow from the lower ones."""
        found: dict[str, str | None] = {}
        faults: list[tuple[Column, Any]] = []
        inside = ""
        for column in self.columns:
            if column.name not in texts:
                continue
            text = cells.plain(texts[column.name])
            try:
                found[column.name] = self._find(column.name, text, inside) if text else None
                inside = found[column.name] or inside
            except ValidationError as error:
                faults += faults_of(column, error)
        if faults:
            raise Refused(faults)
        lowest = max((code for code in found.values() if code), key=len, default="")
        for name, length in self.levels:
            if len(lowest) >= length and not found.get(name):
                found[name] = lowest[:length]
        return found

    def _find(self, level: str, text: str, inside: str) -> str:
        known = self.names[level]
        if text in known:
            return text
        inner = {code: name for code, name in known.items() if code.startswith(inside)}
        found = [code for code, name in inner.items() if name == text]
        if not found and text:
            found = [
                code for code, name in inner.items() if text.endswith(name) or _without_end(name) == text
            ]
        if len(found) == 1:
            return found[0]
        if found:
            raise ValidationError(
                format_lazy(
                    _("There are several called “{name}”: give the district or the code."), name=text[:30]
                )
            )
        raise ValidationError(format_lazy(_("“{name}” is not known here."), name=text[:30]))


def _without_end(name: str) -> str:
    """Return a region's name as people shorten it: 康桥 for 康桥街道."""
    return next((name.removesuffix(end) for end in REGION_ENDS if name.endswith(end)), name)


class PositionPart(Part):
    """Latitude, longitude and the datum in which both are written."""

    def __init__(self, model: type[Listing]) -> None:
        meta = model._meta
        self.lat = Column("lat", meta.get_field("lat").verbose_name, _("Degrees, for example 30.285012."))
        self.lng = Column("lng", meta.get_field("lng").verbose_name, _("Degrees, for example 120.190021."))
        labels = "、".join(cells.chinese(label) for _code, label in Datum.choices)
        self.datum = Column("entered_datum", _("datum"), labels)
        self.columns = (self.lat, self.lng, self.datum)

    def write(self, snapshot: Snapshot) -> dict[str, str]:
        """Return the numbers as they were entered."""
        datum = snapshot["entered_datum"]
        texts = {"entered_datum": cells.chinese(Datum(datum).label), "lat": "", "lng": ""}
        if snapshot["lat"] is not None and snapshot["lng"] is not None:
            lat, lng = from_wgs84(snapshot["lat"], snapshot["lng"], datum)
            texts["lat"], texts["lng"] = f"{lat:.7f}", f"{lng:.7f}"
        return texts

    def read(self, texts: dict[str, str], before: Snapshot | None) -> Snapshot:
        """Return WGS-84 and the datum; numbers that mean the place where it already is change nothing."""
        lat, lng = texts.get("lat", ""), texts.get("lng", "")
        if "lat" not in texts or ("lng" not in texts and lat and not in_one_cell(lat)):
            raise Refused([(self.lat, _("Give latitude and longitude together, in degrees."))])
        datum = read_datum(texts, before, self.datum)
        if not lat and not lng:
            return {"lat": None, "lng": None}
        try:
            place = read_pair(lat, datum) if not lng else parse_position(f"{lat}, {lng}", datum)
        except PositionError as error:
            raise Refused([(self.lat, error.message)]) from error
        found = {"lat": place.lat, "lng": place.lng, "entered_datum": str(place.entered_datum)}
        if before and found["entered_datum"] == before["entered_datum"] and near(before, found):
            return {}
        return found


def in_one_cell(text: str) -> bool:
    """Say whether a cell holds both numbers of a position, or a map link."""
    return "://" in text or len(re.findall(r"[0-9]+\.[0-9]+|[0-9]+\s*[°度]", cells.plain(text))) > 1


def read_pair(text: str, datum: str) -> Position:
    """Return the position that one cell holds, in whichever order: offices write the longitude first."""
    try:
        return parse_position(text, datum)
    except PositionError as error:
        numbers = re.split(r"[,;、/\s]+", cells.plain(text))
        if error.code != "swapped" or len(numbers) != 2:  # noqa: PLR2004
            raise
        return parse_position(f"{numbers[1]}, {numbers[0]}", datum)


def read_datum(texts: dict[str, str], before: Snapshot | None, column: Column) -> str:
    """Return the datum that a row is written in: its own column, else the listing's, else GCJ-02."""
    text = texts.get("entered_datum", "")
    if not text:
        return before["entered_datum"] if before else Datum.GCJ02.value
    word = cells.plain(text).lower().replace("-", "").replace(" ", "")
    for start, code in DATUM_WORDS.items():
        if word.startswith(start):
            return code.value
    known = "、".join(cells.chinese(label) for _code, label in Datum.choices)
    raise Refused([(column, format_lazy(_("“{name}” is not one of: {known}."), name=text[:20], known=known))])


def near(one: Snapshot, other: Snapshot) -> bool:
    """Say whether two positions are the same but for rounding (5 cm)."""
    return all(
        one[name] is not None and other[name] is not None and abs(one[name] - other[name]) < CLOSE_ENOUGH
        for name in ("lat", "lng")
    )


class HoursPart(Part):
    """Weekly hours and exceptions: two columns, one group."""

    weekly = Column(
        "weekly_hours",
        _("opening hours"),
        "周一至周五 10:30-13:30(午餐)、16:30-19:00; 周六 休息; 法定节假日 休息 · 24小时 · 11:00起售完为止 · 不详",
    )
    exceptions = Column("hours_exceptions", _("dated exceptions"), "2026-10-01~2026-10-07 休息 国庆")
    columns = (weekly, exceptions)

    def write(self, snapshot: Snapshot) -> dict[str, str]:
        """Return both texts."""
        hours = snapshot["hours"]
        return {
            "weekly_hours": hours_text.write_weekly(hours["weekly_hours"]),
            "hours_exceptions": hours_text.write_exceptions(hours["hours_exceptions"]),
        }

    def read(self, texts: dict[str, str], before: Snapshot | None) -> Snapshot:
        """Return the whole group; a column that the file does not have stays as it is."""
        found = dict(before["hours"]) if before else {"weekly_hours": [], "hours_exceptions": []}
        said = self.write(before) if before else {}
        faults: list[tuple[Column, Any]] = []
        readers: tuple[tuple[Column, Callable[[str], list[Any]]], ...] = (
            (self.weekly, hours_text.read_weekly),
            (self.exceptions, hours_text.read_exceptions),
        )
        for column, reader in readers:
            if column.name not in texts or texts[column.name] == said.get(column.name):
                continue
            try:
                found[column.name] = reader(texts[column.name])
            except ValidationError as error:
                faults += faults_of(column, error)
        if faults:
            raise Refused(faults)
        return {"hours": found}


@dataclass
class GroupPart(Part):
    """A relation of a group: one line a row, its fields between bars."""

    group: str
    relation: str
    model: type[models.Model]
    names: tuple[str, ...]
    whole: tuple[str, ...]
    label: Any
    keys: dict[str, dict[str, Any]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.fields = [_field(self.model, name) for name in self.names]
        self.columns = (Column(self.relation, self.label, self._note()),)

    def _note(self) -> str:
        said = []
        for one in self.fields:
            words = [cells.chinese(label) for code, label in one.choices or () if code != ""]
            said.append(cells.chinese(one.verbose_name) + (f"({'/'.join(words)})" if words else ""))
        return CELL_SEPARATOR.join(said)

    def write(self, snapshot: Snapshot) -> dict[str, str]:
        """Return one line for each row; positions in the row's datum, as entered."""
        datum = snapshot["entered_datum"]
        lines = []
        for row in snapshot[self.group][self.relation]:
            shown = _shifted(row, lambda lat, lng: from_wgs84(lat, lng, datum))
            pieces = [hours_text.escaped(self._write(one, shown[one.name]), "|") for one in self.fields]
            while len(pieces) > 1 and not pieces[-1]:
                pieces.pop()
            lines.append(CELL_SEPARATOR.join(pieces))
        return {self.relation: "\n".join(lines)}

    def read(self, texts: dict[str, str], before: Snapshot | None) -> Snapshot:
        """Return the whole group."""
        column = self.columns[0]
        text = texts[self.relation]
        group = before[self.group] if before else {name: [] for name in self.whole}
        datum = read_datum(texts, before, column) if "lat" in self.names else ""
        rows, faults = [], []
        for number, line in enumerate((line for line in text.split("\n") if line.strip()), 1):
            try:
                rows.append(self._read_line(line, datum, group[self.relation]))
            except ValidationError as error:
                faults += [
                    (column, format_lazy("{line}: {said}", line=number, said=Said(single)))
                    for single in error.error_list
                ]
        if faults:
            raise Refused(faults)
        return {self.group: {**group, self.relation: rows}}

    def _read_line(self, line: str, datum: str, known: list[Snapshot]) -> Snapshot:
        pieces = [hours_text.unescaped(piece.strip()) for piece in hours_text.split(line, "|｜")]
        faults: list[ValidationError] = []
        if len(pieces) > len(self.fields):
            faults.append(
                ValidationError(format_lazy(_("Too many fields; the order is {order}."), order=self._note()))
            )
        pieces += [""] * (len(self.fields) - len(pieces))
        row: Snapshot = {}
        for one, piece in zip(self.fields, pieces, strict=False):
            try:
                row[one.name] = self._read(one, piece)
            except ValidationError as error:
                said = format_lazy("{field}: {said}", field=one.verbose_name, said=Said(error))
                faults.append(ValidationError(said))
        if faults:
            raise ValidationError(faults)
        try:
            row = _shifted(row, lambda lat, lng: tuple(parse_position(f"{lat}, {lng}", datum))[:2])
        except PositionError as error:
            raise ValidationError(error.message) from error
        if row.get("lat") is not None:
            row |= next(({"lat": at["lat"], "lng": at["lng"]} for at in known if near(at, row)), {})
        return row

    def _write(self, one: models.Field, value: Any) -> str:
        if one.is_relation and value is not None:
            return {str(code): name for name, code in reversed(self._keys(one).items())}.get(
                str(value), str(value)
            )
        if one.name in {"lat", "lng"} and value is not None:
            return f"{value:.7f}"
        return cells.write_value(one, value)

    def _read(self, one: models.Field, text: str) -> Any:
        if not text:
            if one.null or one.has_default() or one.blank:
                return cells.empty_value(one)
            raise ValidationError(_("This must not be empty."))
        if one.is_relation:
            keys = self._keys(one)
            if text in keys:
                return keys[text]
            raise ValidationError(format_lazy(_("“{name}” is not known here."), name=text[:30]))
        return cells.read_value(one, text)

    def _keys(self, one: models.Field) -> dict[str, Any]:
        """Return name or code → key of what a foreign key may point at; read once for each file."""
        if one.name not in self.keys:
            model: Any = one.related_model
            names = [name for name in ("name", "name_en") if any(f.name == name for f in model._meta.fields)]
            found: dict[str, Any] = {}
            for row in model.objects.all():
                for name in names:
                    found.setdefault(getattr(row, name), row.pk)
                found.setdefault(str(row.pk), row.pk)
            self.keys[one.name] = found
        return self.keys[one.name]


def _field(model: type[models.Model], name: str) -> Any:
    """Return a model's field; Django's stubs cannot say which kind of field it is."""
    return model._meta.get_field(name)


def _shifted(row: Snapshot, shift: Callable[[Any, Any], tuple[Any, ...]]) -> Snapshot:
    if row.get("lat") is None or row.get("lng") is None:
        return row
    lat, lng = shift(row["lat"], row["lng"])
    return {**row, "lat": lat, "lng": lng}


def parts_of(model: type[Listing]) -> list[Part]:
    """Return the parts of a kind in the order of its columns; make them anew for each file."""
    position = {"lat", "lng", "entered_datum"}
    regions = {name for name, _length in RegionPart.levels}
    parts: list[Part] = []
    for name in model.editable_fields():
        if name == "district":
            parts.append(RegionPart(model))
        elif name == "lat":
            parts.append(PositionPart(model))
        elif name not in position | regions:
            parts.append(FieldPart(_field(model, name)))
    parts.append(HoursPart())
    for group_name, group in model.groups.items():
        if group_name in {"hours", "photos"}:
            continue
        for relation, names in group.relations.items():
            related: Any = model._meta.get_field(relation).related_model
            label = related._meta.verbose_name_plural
            parts.append(GroupPart(group_name, relation, related, names, tuple(group.relations), label))
    return parts


def key_column(model: type[Listing]) -> Column:
    """Return the column that says which listing a row means."""
    return Column(KEY, _field(model, KEY).verbose_name, _("Leave empty for a new one; never change it."))


def state_column(model: type[Listing]) -> Column:
    """Return the column that only informs; an import does not read it."""
    return Column(STATE, _field(model, STATE).verbose_name, _("Only informs; an import does not change it."))


def why_column() -> Column:
    """Return the column that says in a file of refused rows why each was; an import does not read it."""
    return Column(WHY, _("Why it was refused"))


@lru_cache(maxsize=32)
def column_headers(model: type[Listing]) -> dict[str, str]:
    """Return header → column name, in both languages."""
    columns = [
        key_column(model),
        state_column(model),
        why_column(),
        *(c for part in parts_of(model) for c in part.columns),
    ]
    found: dict[str, str] = {}
    for column in columns:
        for header in column.headers():
            found.setdefault(header.strip().lower(), column.name)
    return found
