"""A listing's editable state as plain JSON, and back: the one form in which changes are compared and kept."""

import datetime as dt
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from django.core.exceptions import NON_FIELD_ERRORS, ValidationError
from django.db import models
from django.utils.text import format_lazy

from portal.listings.conditions import broken_by
from portal.listings.models import Listing

Snapshot = dict[str, Any]
Rows = dict[str, list[models.Model]]


@dataclass(frozen=True, slots=True)
class Said:
    """A ValidationError's sentence, in the language that is active when it is read."""

    error: ValidationError

    def __str__(self) -> str:
        return " ".join(str(message) for message in self.error.messages)


def to_json(value: Any) -> Any:
    """Return a field's value as JSON: dates and times as ISO, Decimal as text."""
    if isinstance(value, dt.datetime):
        return value.astimezone(dt.UTC).isoformat()
    if isinstance(value, dt.time):
        return value.strftime("%H:%M")
    if isinstance(value, dt.date):
        return value.isoformat()
    if isinstance(value, Decimal):
        return str(value)
    return value


def from_json(field: Any, value: Any) -> Any:
    """Return the Python value of a field from its JSON form; ValidationError when it cannot be read."""
    return (
        field.target_field.to_python(value)
        if field.is_relation and value is not None
        else field.to_python(value)
    )


def field_value(row: models.Model, name: str) -> Any:
    """Return one field of a row as JSON, a foreign key as its key."""
    field: Any = row._meta.get_field(name)
    value = getattr(row, field.attname)
    if isinstance(field, models.DecimalField) and value is not None:
        value = field.to_python(value).quantize(Decimal(1).scaleb(-field.decimal_places))
    return to_json(value)


def read_snapshot(listing: Listing, *, with_status: bool = False) -> Snapshot:
    """Return field → value and group → relation → rows; with `with_status` also state, pause and shut."""
    names = listing.editable_fields() + (listing.status_fields if with_status else ())
    snapshot: Snapshot = {name: field_value(listing, name) for name in names}
    return snapshot | {name: read_group(listing, name) for name in listing.groups}


def read_group(listing: Listing, name: str) -> Snapshot:
    """Return one group of a listing: relation → rows."""
    return {
        relation: [
            {name: field_value(row, name) for name in fields} for row in getattr(listing, relation).all()
        ]
        for relation, fields in listing.groups[name].relations.items()
    }


def difference(before: Snapshot, after: Snapshot) -> tuple[Snapshot, Snapshot]:
    """Return the parts of both that differ."""
    keys = [key for key in {**before, **after} if before.get(key) != after.get(key)]
    return {key: before.get(key) for key in keys}, {key: after.get(key) for key in keys}


def write_snapshot(listing: Listing, changes: Snapshot) -> None:
    """Set fields on the instance, check and save it, and replace the groups that `changes` names.

    ValidationError carries every fault, by field or group, and then nothing may be committed by the caller.
    """
    rows = check_snapshot(listing, changes)
    listing.save()
    for relation, built in rows.items():
        manager = getattr(listing, relation)
        manager.all().delete()
        for row in built:
            setattr(row, manager.field.name, listing)
        manager.model.objects.bulk_create(built)
    listing.__dict__.pop("_prefetched_objects_cache", None)


def check_snapshot(listing: Listing, changes: Snapshot, *, in_memory: bool = False) -> Rows:
    """Set fields on the instance and check it; return the unsaved rows of the groups by relation. Saves nothing.

    With `in_memory` the database is asked nothing: keys must be known to exist, and what no edit sets is left alone.
    ValidationError carries every fault, by field or group, in the language in which it is read.
    """
    errors: dict[str, list[ValidationError]] = {}
    for name, value in changes.items():
        if name in listing.groups:
            continue
        field: Any = listing._meta.get_field(name)
        try:
            setattr(listing, field.attname, from_json(field, value))
        except ValidationError as error:
            errors.setdefault(name, []).extend(error.error_list)
    try:
        full_clean(listing, list(errors), in_memory=in_memory)
    except ValidationError as error:
        for name, found in error.error_dict.items():
            errors.setdefault(name, []).extend(translatable(listing, found))
    rows: Rows = {}
    for name in changes.keys() & listing.groups.keys():
        for relation in listing.groups[name].relations:
            try:
                values = changes[name].get(relation, [])
                rows[relation] = build_rows(listing, relation, values, in_memory=in_memory)
            except ValidationError as error:
                errors.setdefault(name, []).extend(error.error_list)
    if errors:
        raise ValidationError(errors)
    return rows


def full_clean(row: models.Model, exclude: list[str], *, in_memory: bool) -> None:
    """Check a row as Django does; with `in_memory` without a query: its check constraints are answered here."""
    if not in_memory:
        row.full_clean(exclude=exclude)
        return
    errors: dict[str, list[ValidationError]] = {}
    keys = [field.name for field in row._meta.fields if field.is_relation]
    try:
        row.full_clean(exclude=[*exclude, *keys], validate_unique=False, validate_constraints=False)
    except ValidationError as error:
        errors = error.error_dict
    if constraints := [broken(one) for one in broken_by(row, {*exclude, *errors})]:
        errors.setdefault(NON_FIELD_ERRORS, []).extend(constraints)
    if errors:
        raise ValidationError(errors)


def translatable(row: models.Model, errors: Iterable[ValidationError]) -> Iterator[ValidationError]:
    """Yield the errors of a row with the sentences of its constraints lazy again; Django says them at once."""
    said = {
        constraint.get_violation_error_message(): broken(constraint)
        for _model, constraints in row.get_constraints()  # type: ignore[attr-defined]
        for constraint in constraints
    }
    for error in errors:
        yield said.get(error.message, error) if type(error.message) is str else error


def broken(constraint: Any) -> ValidationError:
    """Return what a constraint says when it is broken, lazy and completed as Django would."""
    return ValidationError(constraint.violation_error_message, params={"name": constraint.name})


def build_rows(
    listing: Listing,
    relation: str,
    values: list[Snapshot],
    *,
    in_database: bool = False,
    in_memory: bool = False,
) -> list[models.Model]:
    """Return unsaved, checked rows of a group; ValidationError names the row.

    With `in_database` keys and constraints are left to the database, which saves several queries a row; with
    `in_memory` keys are known to exist and constraints are answered here.
    """
    related: Any = listing._meta.get_field(relation)
    model, link = related.related_model, related.field.name
    rows: list[models.Model] = []
    faults: list[ValidationError] = []
    for number, value in enumerate(values, 1):
        row = model()
        try:
            for name, given in value.items():
                field = model._meta.get_field(name)
                setattr(row, field.attname, from_json(field, given))
            if in_memory:
                full_clean(row, [link], in_memory=True)
            else:
                keys = {f.name for f in model._meta.fields if f.is_relation} if in_database else {link}
                asked = not in_database
                row.full_clean(exclude=keys | {link}, validate_unique=False, validate_constraints=asked)
        except ValidationError as error:
            faults.extend(of_row(model, number, Said(single)) for single in translatable(row, singles(error)))
        rows.append(row)
    faults.extend(repeated(model, link, rows))
    if faults:
        raise ValidationError(faults)
    return rows


def singles(error: ValidationError) -> list[ValidationError]:
    """Return the single faults of an error, whichever fields they belong to."""
    by_field = getattr(error, "error_dict", None)
    return error.error_list if by_field is None else [one for found in by_field.values() for one in found]


def of_row(model: type[models.Model], number: int, sentence: Any) -> ValidationError:
    """Return a fault of a group's row, with what and which the row is."""
    kind = model._meta.verbose_name
    return ValidationError(format_lazy("{kind} {number}: {said}", kind=kind, number=number, said=sentence))


def repeated(model: type[models.Model], link: str, rows: list[models.Model]) -> list[ValidationError]:
    """Return a fault for each row that is there twice by a unique constraint within its listing."""
    faults = []
    for constraint in model._meta.constraints:
        if not isinstance(constraint, models.UniqueConstraint) or link not in constraint.fields:
            continue
        names = [model._meta.get_field(name).attname for name in constraint.fields if name != link]  # type: ignore[union-attr]
        seen = set()
        for number, row in enumerate(rows, 1):
            key = tuple(getattr(row, name) for name in names)
            if key in seen:
                faults.append(of_row(model, number, Said(broken(constraint))))
            seen.add(key)
    return faults
