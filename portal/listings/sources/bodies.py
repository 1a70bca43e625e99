"""Reading what a source sends of a row: into a snapshot, with every fault by its place in the body."""

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from django.core.exceptions import ValidationError
from django.db import models
from django.utils.text import format_lazy
from django.utils.translation import gettext_lazy as _

from portal.listings.kinds import kind_names, listing_model
from portal.listings.models import Listing, State
from portal.listings.snapshots import Said, Snapshot, field_value, singles
from portal.listings.sources.naming import external_id_of
from portal.listings.sources.values import read_position, read_value
from portal.listings.sources.vocabulary import (
    KEPT_BY_OFFICES,
    POSITION,
    STATES,
    Relation,
    Vocabulary,
    vocabulary_of,
)

#: (place in the body, code, sentence in either language)
Fault = tuple[str, str, Any]
#: How many rows one table of a group may have.
MOST_ROWS = 300
#: What the rows of a batch say beside the body.
OF_THE_ROW = ("kind", "external_id", "withdraw", "version")
LARGEST_VERSION = 2**31 - 1

UNKNOWN = _("There is no “{name}” here. Known are: {known}.")
PICTURES = _("Offices keep the pictures; leave this out.")
AN_OBJECT = _("This is an object.")
A_LIST = _("This is a list of at most {most} objects.")
WHOLE_GROUP = _("A group is written whole: send this list too, be it empty.")
NO_KEY = _("There is no “{key}”.")
A_KIND = _("This is one of: {known}.")
A_NUMBER_THERE = _("A row's own number: 1 to 120 visible characters, no space and no slash.")
A_VERSION = _("This is a version as an answer gave it.")
A_STATE = _("A source says draft, in_review, published or paused; `withdraw` takes a row back.")
WITHDRAWN_ALONE = _("A row that is withdrawn says nothing else.")
ONLY_PAUSED = _("Only a paused place has this: send `state` with it.")


@dataclass
class Row:
    """A row as it was sent: what it says (`changes`, and `status` by `state`), or that it is withdrawn.

    `version` is the one that the sender has seen and means to replace; `place` where it stood in the request.
    """

    place: int
    model: type[Listing] | None = None
    external_id: str = ""
    changes: Snapshot = field(default_factory=dict)
    status: Snapshot = field(default_factory=dict)
    version: int | None = None
    is_withdrawn: bool = False
    faults: list[Fault] = field(default_factory=list)

    @property
    def said(self) -> Snapshot:
        """Return everything that the row says."""
        return {**self.changes, **self.status}


def read_row(place: int, value: Any) -> Row:
    """Return a row of a batch; what is wrong with it stands in its `faults`."""
    row = Row(place)
    if not isinstance(value, dict):
        row.faults.append(("", "invalid", AN_OBJECT))
        return row
    row.external_id = external_id_of(value.get("external_id"))
    if not row.external_id:
        row.faults.append(("external_id", "invalid", A_NUMBER_THERE))
    row.model = _model_of(value.get("kind"), row.faults)
    row.version = _version_of(value.get("version"), row.faults)
    withdraw = value.get("withdraw", False)
    if not isinstance(withdraw, bool):
        row.faults.append(("withdraw", "invalid", _("This is true or false.")))
    row.is_withdrawn = withdraw is True
    body = {name: said for name, said in value.items() if name not in OF_THE_ROW}
    if row.is_withdrawn and body:
        row.faults.append(("withdraw", "withdrawn_alone", WITHDRAWN_ALONE))
    elif row.model is not None:
        read_body(row, row.model, body)
    return row


def read_body(row: Row, model: type[Listing], body: Any) -> None:
    """Read a body into a row."""
    if not isinstance(body, dict):
        row.faults.append(("", "invalid", AN_OBJECT))
        return
    known = vocabulary_of(model)
    for name, value in body.items():
        try:
            _read(row, known, name, value)
        except ValidationError as error:
            row.faults += faults_of(name, error)
    _complete_regions(row.changes)
    _complete_status(row)


def faults_of(place: str, error: ValidationError) -> list[Fault]:
    """Return what a ValidationError says, at a place of the body."""
    return [(place, str(single.code or "invalid"), Said(single)) for single in singles(error)]


def _read(row: Row, known: Vocabulary, name: str, value: Any) -> None:
    if name == POSITION:
        row.changes |= read_position(value, with_accuracy=True)
    elif name in known.fields:
        row.changes[name] = read_value(known.fields[name], value)
    elif name in known.groups:
        row.changes[name] = _group(row, name, known.groups[name], value)
    elif name in known.status:
        row.status[name] = read_value(known.status[name], value)
    else:
        is_kept = name in KEPT_BY_OFFICES
        told = PICTURES if is_kept else format_lazy(UNKNOWN, name=_shown(name), known=", ".join(known.names))
        row.faults.append((_shown(name), "not_yours" if is_kept else "unknown_field", told))


def _group(row: Row, name: str, relations: Mapping[str, Relation], value: Any) -> Snapshot:
    if not isinstance(value, dict):
        raise ValidationError(AN_OBJECT, code="invalid")
    for other in value.keys() - relations.keys():
        told = format_lazy(UNKNOWN, name=_shown(other), known=", ".join(relations))
        row.faults.append((f"{name}.{_shown(other)}", "unknown_field", told))
    found: Snapshot = {}
    for relation, table in relations.items():
        place = f"{name}.{relation}"
        rows = value.get(relation)
        if relation not in value:
            row.faults.append((place, "required", WHOLE_GROUP))
        elif not isinstance(rows, list) or len(rows) > MOST_ROWS:
            row.faults.append((place, "invalid", format_lazy(A_LIST, most=MOST_ROWS)))
        else:
            read = [_child(row, f"{place}[{number}]", table, one) for number, one in enumerate(rows)]
            found[relation] = in_order(table.model, read)
    return found


def _child(row: Row, place: str, table: Relation, value: Any) -> Snapshot:
    """Return one row of a group as a snapshot holds it: what was left out is as a new row has it."""
    made: Any = table.model()
    found = {name: field_value(made, name) for name in table.names}
    if not isinstance(value, dict):
        row.faults.append((place, "invalid", AN_OBJECT))
        return found
    for name, said in value.items():
        try:
            if name in table.fields:
                found[name] = read_value(table.fields[name], said)
            elif name == POSITION and table.has_position:
                spot = read_position(said, with_accuracy=False)
                found |= {"lat": spot["lat"], "lng": spot["lng"]}
            else:
                listed = ", ".join([*table.fields, *([POSITION] if table.has_position else [])])
                told = format_lazy(UNKNOWN, name=_shown(name), known=listed)
                row.faults.append((f"{place}.{_shown(name)}", "unknown_field", told))
        except ValidationError as error:
            row.faults += faults_of(f"{place}.{name}", error)
    return found


def in_order(model: type[models.Model], rows: list[Snapshot]) -> list[Snapshot]:
    """Return a group's rows as they came, or in one fixed order where the database orders them by what they say."""
    ordering = [str(name).lstrip("-") for name in model._meta.ordering or ["id"]]
    return (
        rows if ordering[0] in ("id", "pk") else sorted(rows, key=lambda row: json.dumps(row, sort_keys=True))
    )


def aligned(model: type[Listing], said: Snapshot, stands: Snapshot) -> Snapshot:
    """Return what is said, groups of the same rows in the order in which they stand."""
    found = dict(said)
    for name, relations in vocabulary_of(model).groups.items():
        if name in said and said[name] != stands[name]:
            same = {
                relation: in_order(table.model, stands[name][relation])
                for relation, table in relations.items()
            }
            found[name] = stands[name] if same == said[name] else said[name]
    return found


def _complete_regions(changes: Snapshot) -> None:
    """Say the upper levels where only a lower one was said; codes begin with those above them."""
    if changes.get("community") and "street" not in changes:
        changes["street"] = changes["community"][:9]
    if changes.get("street") and "district" not in changes:
        changes["district"] = changes["street"][:6]


def _complete_status(row: Row) -> None:
    state = row.status.get("state")
    if state is not None and state not in STATES:
        row.faults.append(("state", "invalid", A_STATE))
    others = [name for name, value in row.status.items() if name != "state" and value]
    if state != State.PAUSED:
        row.faults += [(name, "not_paused", ONLY_PAUSED) for name in others]
    elif not row.status.get("pause_reason"):
        told = _("Say why it pauses: couriers read the reason.")
        row.faults.append(("pause_reason", "required", told))
    if state is not None:
        blank = {"pause_reason": "", "pause_reason_en": "", "paused_until": None}
        row.status = {**blank, **row.status}


def _model_of(kind: Any, faults: list[Fault]) -> type[Listing] | None:
    if isinstance(kind, str) and kind in kind_names():
        return listing_model(kind)
    faults.append(("kind", "invalid", format_lazy(A_KIND, known=", ".join(kind_names()))))
    return None


def _version_of(value: Any, faults: list[Fault]) -> int | None:
    if value is None or (type(value) is int and 0 < value <= LARGEST_VERSION):
        return value
    faults.append(("version", "invalid", A_VERSION))
    return None


def _shown(name: Any) -> str:
    """Return a key as an error may repeat it."""
    return "".join(letter if letter.isprintable() else "�" for letter in str(name)[:60])


def check_keys(rows: Iterable[Row]) -> None:
    """Look up every key of another table that rows name, one query a table; add a fault for each that is not there."""
    named = [(row, place, model, key) for row in rows for place, model, key in _keys(row)]
    there: dict[type[models.Model], set[Any]] = {}
    for model in {model for _row, _place, model, _key in named}:
        wanted = {key for _row, _place, other, key in named if other is model}
        there[model] = set(model._default_manager.filter(pk__in=wanted).values_list("pk", flat=True))
    for row, place, model, key in named:
        if key not in there[model]:
            row.faults.append((place, "unknown_key", format_lazy(NO_KEY, key=_shown(key))))


def _keys(row: Row) -> Iterable[tuple[str, type[models.Model], Any]]:
    if row.model is None:
        return
    known = vocabulary_of(row.model)
    for name, value in row.changes.items():
        if name in known.fields and known.fields[name].is_relation and value:
            yield name, known.fields[name].related_model, value
        for relation, rows in value.items() if name in known.groups else ():
            fields = known.groups[name][relation].fields
            keyed = [key for key, found in fields.items() if found.is_relation]
            for number, child in enumerate(rows):
                for key in keyed:
                    if child[key]:
                        yield f"{name}.{relation}[{number}].{key}", fields[key].related_model, child[key]
