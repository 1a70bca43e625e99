"""What a source may say of a listing of a kind, derived from the kind: fields, groups of rows, a position.

It is the snapshot's own vocabulary, but for positions, which name their datum, and for pictures, which offices keep.
"""

from dataclasses import dataclass
from functools import cache
from typing import Any

from django.db import models

from portal.listings.models import Listing, State

POSITION = "position"
#: What a position says in a snapshot; in a body `position` stands for all of it.
SPOT = ("lat", "lng", "entered_datum", "accuracy")
REGION = ("district", "street", "community")
STATUS = ("state", "pause_reason", "pause_reason_en", "paused_until")
STATES = (State.DRAFT, State.IN_REVIEW, State.PUBLISHED, State.PAUSED)
#: The groups that no source writes.
KEPT_BY_OFFICES = ("photos",)


@dataclass(frozen=True)
class Relation:
    """The rows of one table of a group; `has_position` when a row lies somewhere by itself."""

    model: type[models.Model]
    fields: dict[str, Any]
    names: tuple[str, ...]
    has_position: bool


@dataclass(frozen=True)
class Vocabulary:
    """What may be said of a kind: name → field, group → relation → its rows."""

    fields: dict[str, Any]
    groups: dict[str, dict[str, Relation]]
    status: dict[str, Any]

    @property
    def names(self) -> tuple[str, ...]:
        """Return every key of a body, in the order of the form."""
        return (*self.fields, POSITION, *self.groups, *self.status)


@cache
def vocabulary_of(model: type[Listing]) -> Vocabulary:
    """Return what a source may say of listings of a kind."""
    named = [name for name in model.editable_fields() if name not in SPOT]
    groups = {
        name: {relation: _relation(model, relation, names) for relation, names in group.relations.items()}
        for name, group in model.groups.items()
        if name not in KEPT_BY_OFFICES
    }
    return Vocabulary(
        {name: model._meta.get_field(name) for name in named},
        groups,
        {name: model._meta.get_field(name) for name in STATUS},
    )


def _relation(model: type[Listing], relation: str, names: tuple[str, ...]) -> Relation:
    related: Any = model._meta.get_field(relation)
    rows = related.related_model
    has_position = {"lat", "lng"} <= set(names)
    fields = {
        name: rows._meta.get_field(name) for name in names if not (has_position and name in ("lat", "lng"))
    }
    return Relation(rows, fields, names, has_position)
