"""A listing's editable state as plain JSON, and back: the one form in which changes are compared and kept."""

import datetime as dt
from decimal import Decimal
from typing import Any

from django.core.exceptions import ValidationError
from django.db import models

from portal.listings.models import Listing

Snapshot = dict[str, Any]


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
    for group_name, group in listing.groups.items():
        snapshot[group_name] = {
            relation: [
                {name: field_value(row, name) for name in fields} for row in getattr(listing, relation).all()
            ]
            for relation, fields in group.relations.items()
        }
    return snapshot


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


def check_snapshot(listing: Listing, changes: Snapshot) -> dict[str, list[models.Model]]:
    """Set fields on the instance and check it; return the unsaved rows of the groups by relation. Saves nothing.

    ValidationError carries every fault, by field or group.
    """
    errors: dict[str, list[Any]] = {}
    for name, value in changes.items():
        if name in listing.groups:
            continue
        field: Any = listing._meta.get_field(name)
        try:
            setattr(listing, field.attname, from_json(field, value))
        except ValidationError as error:
            errors.setdefault(name, []).extend(error.messages)
    try:
        listing.full_clean(exclude=list(errors))
    except ValidationError as error:
        for name, messages in error.message_dict.items():
            errors.setdefault(name, []).extend(messages)
    rows: dict[str, list[models.Model]] = {}
    for name in changes.keys() & listing.groups.keys():
        for relation in listing.groups[name].relations:
            try:
                rows[relation] = build_rows(listing, relation, changes[name].get(relation, []))
            except ValidationError as error:
                errors.setdefault(name, []).extend(error.messages)
    if errors:
        raise ValidationError(errors)
    return rows


def build_rows(
    listing: Listing, relation: str, values: list[Snapshot], *, in_database: bool = False
) -> list[models.Model]:
    """Return unsaved, checked rows of a group; ValidationError names the row.

    With `in_database` keys and constraints are left to the database, which saves several queries a row.
    """
    related: Any = listing._meta.get_field(relation)
    model, link = related.related_model, related.field.name
    rows: list[models.Model] = []
    messages: list[str] = []
    for number, value in enumerate(values, 1):
        row = model()
        try:
            for name, given in value.items():
                field = model._meta.get_field(name)
                setattr(row, field.attname, from_json(field, given))
            keys = {f.name for f in model._meta.fields if f.is_relation} if in_database else {link}
            row.full_clean(exclude=keys | {link}, validate_unique=False, validate_constraints=not in_database)
        except ValidationError as error:
            messages.extend(f"{model._meta.verbose_name} {number}: {message}" for message in error.messages)
        rows.append(row)
    messages.extend(repeated(model, link, rows))
    if messages:
        raise ValidationError(messages)
    return rows


def repeated(model: type[models.Model], link: str, rows: list[models.Model]) -> list[str]:
    """Return a sentence for each row that is there twice by a unique constraint within its listing."""
    messages = []
    for constraint in model._meta.constraints:
        if not isinstance(constraint, models.UniqueConstraint) or link not in constraint.fields:
            continue
        names = [model._meta.get_field(name).attname for name in constraint.fields if name != link]  # type: ignore[union-attr]
        seen = set()
        for number, row in enumerate(rows, 1):
            key = tuple(getattr(row, name) for name in names)
            if key in seen:
                messages.append(
                    f"{model._meta.verbose_name} {number}: {constraint.get_violation_error_message()}"
                )
            seen.add(key)
    return messages
