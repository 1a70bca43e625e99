"""Snapshots and their differences as a reader sees them: labels instead of codes, rows as lines."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

from django.core.exceptions import FieldDoesNotExist
from django.db import models
from django.utils import formats, timezone
from django.utils.dateparse import parse_datetime
from django.utils.text import capfirst
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from portal.listings.models import Listing
from portal.listings.snapshots import Snapshot

GROUP_NAMES = {
    "hours": gettext_lazy("opening hours"),
    "photos": gettext_lazy("photos"),
}
NOTHING = "—"


@dataclass(slots=True)
class Difference:
    """What changed of one field or group; `old` and `new` are lines, `same` counts a group's untouched rows."""

    key: str
    label: str
    old: list[str]
    new: list[str]
    same: int = 0
    who: str = ""
    verdict: str = ""
    extra: dict[str, Any] = field(default_factory=dict)


def key_label(model: type[Listing], key: str) -> str:
    """Return what a field or group is called."""
    if key == "position":
        return _("position")
    if key == "region":
        return _("area")
    if key in model.groups:
        if key in GROUP_NAMES:
            return str(GROUP_NAMES[key])
        first = next(iter(model.groups[key].relations))
        return str(_row_model(model, first)._meta.verbose_name_plural)
    try:
        db_field: Any = model._meta.get_field(key)
        return str(getattr(db_field, "verbose_name", key))
    except FieldDoesNotExist:
        return key


class Words:
    """Turns values into words; the names of related rows are read once for all snapshots (one query a table)."""

    def __init__(self, snapshots: Iterable[tuple[type[Listing], Snapshot]]) -> None:
        wanted: dict[type[models.Model], set[Any]] = {}
        for model, snapshot in snapshots:
            for row_model, name, value in _values(model, snapshot):
                related = _related(row_model, name)
                if related is not None and value:
                    wanted.setdefault(related, set()).add(value)
        self.names = {related: related._default_manager.in_bulk(keys) for related, keys in wanted.items()}

    def value(self, model: type[models.Model], name: str, value: Any) -> str:
        """Return one value as a reader sees it."""
        if value is None or value == "":
            return NOTHING
        db_field: Any = model._meta.get_field(name)
        related = _related(model, name)
        if related is not None:
            return str(self.names.get(related, {}).get(value, value))
        if db_field.choices:
            return str(dict(db_field.flatchoices).get(value, value))
        if isinstance(value, bool):
            return _("yes") if value else _("no")
        if isinstance(db_field, models.DateTimeField) and (moment := parse_datetime(str(value))):
            return formats.date_format(timezone.localtime(moment), "SHORT_DATETIME_FORMAT")
        if isinstance(value, float):
            return f"{value:.6f}".rstrip("0").rstrip(".")
        return str(value)

    def row(self, model: type[models.Model], row: Snapshot) -> str:
        """Return a group's row on one line."""
        if "rule" in row:
            return self._interval(model, row)
        parts = []
        for number, (name, value) in enumerate(row.items()):
            db_field: Any = model._meta.get_field(name)
            is_silent = value in (None, "") or (value is False and not db_field.null)
            if is_silent or name in {"digest", "width", "height"}:
                continue
            text = self.value(model, name, value)
            label = str(db_field.verbose_name)
            parts.append(label if value is True else text if number == 0 else f"{label} {text}")
        return " · ".join(parts) or NOTHING

    def _interval(self, model: type[models.Model], row: Snapshot) -> str:
        when = (
            self.value(model, "day", row["day"]) if "day" in row else f"{row['starts_on']}–{row['ends_on']}"
        )
        if row["rule"] != "open":
            times = self.value(model, "rule", row["rule"])
        elif row.get("is_open_end"):
            times = f"{row['opens']} {_('until sold out')}"
        else:
            times = f"{row['opens']}–{row['closes']}"
        extra = row.get("label") and self.value(model, "label", row["label"])
        return " ".join(part for part in (when, times, extra, row.get("reason")) if part)

    def lines(self, model: type[Listing], key: str, value: Any) -> list[str]:
        """Return a field's or group's value as lines."""
        if key == "position":
            halves = ["…" if half is None else f"{half:.6f}" for half in value or (None, None)]
            return [NOTHING if set(halves) == {"…"} else f"{', '.join(halves)} (WGS-84)"]
        if key not in model.groups:
            return [self.value(model, key, value)]
        return [
            self.row(_row_model(model, relation), {name: row[name] for name in names if name in row})
            for relation, names in model.groups[key].relations.items()
            for row in (value or {}).get(relation, [])
        ]

    def differences(self, model: type[Listing], before: Snapshot, after: Snapshot) -> list[Difference]:
        """Return the differences of two snapshots, or of the two halves of a revision, in the order of the form."""
        before, after = with_position(before), with_position(after)
        found = []
        order = ["position", *model.editable_fields(), *model.groups, *model.status_fields]
        for key in sorted(after, key=lambda key: order.index(key) if key in order else len(order)):
            old, new = self.lines(model, key, before.get(key)), self.lines(model, key, after[key])
            if not before and new in ([NOTHING], []):
                continue
            same = 0
            if key in model.groups:
                same = len([line for line in new if line in old])
                old, new = (
                    [line for line in old if line not in new],
                    [line for line in new if line not in old],
                )
            label = capfirst(key_label(model, key))
            found.append(Difference(key, label, old if before else [], new, same if before else 0))
        return found


def with_position(snapshot: Snapshot) -> Snapshot:
    """Return the snapshot with latitude and longitude as one value."""
    if not snapshot.keys() & {"lat", "lng"}:
        return snapshot
    joined = {key: value for key, value in snapshot.items() if key not in {"lat", "lng"}}
    return {**joined, "position": (snapshot.get("lat"), snapshot.get("lng"))}


def _values(model: type[Listing], snapshot: Snapshot) -> Iterable[tuple[type[models.Model], str, Any]]:
    for key, value in snapshot.items():
        if key not in model.groups:
            yield model, key, value
            continue
        for relation in model.groups[key].relations:
            row_model = _row_model(model, relation)
            for row in (value or {}).get(relation, []):
                for name, cell in row.items():
                    yield row_model, name, cell


def _row_model(model: type[Listing], relation: str) -> type[models.Model]:
    """Return the model of a group's rows."""
    found: Any = model._meta.get_field(relation).related_model
    return found


def _related(model: type[models.Model], name: str) -> type[models.Model] | None:
    try:
        db_field: Any = model._meta.get_field(name)
    except FieldDoesNotExist:
        return None
    return db_field.related_model if db_field.is_relation else None
