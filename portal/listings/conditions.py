"""Conditions of check constraints, answered in memory: what the database would say of a row, without asking it.

Asking costs three queries for each constraint and row, most of what checking a long file took.
"""

import operator
from collections.abc import Callable, Collection, Iterator
from typing import Any

from django.db import models
from django.db.models import F, Q

_COMPARED: dict[str, Callable[[Any, Any], bool]] = {
    "exact": operator.eq,
    "gt": operator.gt,
    "gte": operator.ge,
    "lt": operator.lt,
    "lte": operator.le,
}


def broken_by(row: models.Model, exclude: Collection[str] = ()) -> Iterator[models.CheckConstraint]:
    """Yield the check constraints that a row breaks; those that look at a field of `exclude` are passed over.

    Unique constraints are the database's. Raises NotImplementedError for a condition that only the database reads.
    """
    for _model, constraints in row.get_constraints():  # type: ignore[attr-defined]
        for constraint in constraints:
            if not isinstance(constraint, models.CheckConstraint):
                continue
            condition: Any = constraint.condition
            if not _names(condition) & set(exclude) and holds(condition, row) is False:
                yield constraint


def holds(condition: Q, row: models.Model) -> bool | None:
    """Say whether a condition holds for a row; None where SQL would say NULL, which no check refuses."""
    said = [_part(child, row) for child in condition.children]
    if condition.connector == Q.AND:
        found = False if False in said else None if None in said else True
    elif condition.connector == Q.OR:
        found = True if True in said else None if None in said else False
    else:
        raise NotImplementedError(condition.connector)
    return None if found is None else found is not condition.negated


def _part(child: Any, row: models.Model) -> bool | None:
    if isinstance(child, Q):
        return holds(child, row)
    if not isinstance(child, tuple):
        raise NotImplementedError(child)
    name, _sep, lookup = child[0].partition("__")
    value, wanted = _value(row, name), child[1]
    if isinstance(wanted, F):
        wanted = _value(row, _named(wanted))
    lookup = lookup or "exact"
    if lookup == "isnull":
        return (value is None) is bool(wanted)
    if lookup == "exact" and child[1] is None:
        return value is None
    if value is None or wanted is None:
        return None
    if lookup == "in":
        return value in wanted
    if lookup not in _COMPARED:
        raise NotImplementedError(lookup)
    return _COMPARED[lookup](value, wanted)


def _value(row: models.Model, name: str) -> Any:
    field: Any = row._meta.get_field(name)
    return getattr(row, field.attname)


def _named(other: Any) -> str:
    """Return the field that an F means."""
    return other.name


def _names(condition: Q) -> set[str]:
    """Return the fields that a condition looks at."""
    found: set[str] = set()
    for child in condition.children:
        if isinstance(child, Q):
            found |= _names(child)
        elif isinstance(child, tuple):
            found.add(child[0].partition("__")[0])
            if isinstance(child[1], F):
                found.add(_named(child[1]))
    return found
