"""What a form changed, as it is kept: field → old and new value, in words and without secrets."""

import datetime as dt
import decimal
from dataclasses import dataclass, field
from typing import Any

from django.contrib.auth.models import Permission
from django.core.files.base import File
from django.db import models

from portal.audit.masking import masked

#: A record is read by people: of a long list the beginning is told, and how long it is.
MOST_ROWS = 200
MOST_TEXT = 2000
EMPTY: tuple[Any, ...] = (None, "", [], {})


@dataclass(slots=True)
class Changes:
    """The old and new values of what changed; `note` says what no field tells, `public` is masked in nothing."""

    before: dict[str, Any] = field(default_factory=dict)
    after: dict[str, Any] = field(default_factory=dict)
    note: str = ""
    public: tuple[str, ...] = ()

    def add(self, name: str, old: Any, new: Any) -> None:
        """Keep one field's two values, masked where they must be; of two lists only what one lacks."""
        old, new = plain(old), plain(new)
        if old == new or (old in EMPTY and new in EMPTY):
            return
        if isinstance(old, list) and isinstance(new, list):
            old, new = [item for item in old if item not in new], [item for item in new if item not in old]
        if name not in self.public:
            old, new = masked(name, old), masked(name, new)
        self.before[name], self.after[name] = old, new


def plain(value: Any) -> Any:
    """Return a value as JSON holds it; a row is told by its name."""
    if value is None or isinstance(value, bool | int | float):
        return value
    if isinstance(value, dt.datetime | dt.date | dt.time):
        return value.isoformat()
    if isinstance(value, models.QuerySet | list | tuple | set | frozenset):
        rows = [plain(item) for item in value]
        return rows if len(rows) <= MOST_ROWS else [*rows[:MOST_ROWS], f"+{len(rows) - MOST_ROWS}"]
    if isinstance(value, dict):
        return {str(key): masked(str(key), plain(item)) for key, item in value.items()}
    if isinstance(value, Permission):
        return f"{value.content_type.app_label}.{value.codename}"
    if isinstance(value, decimal.Decimal | File | models.Model):
        return str(value)
    return str(value)[:MOST_TEXT]


def of_form(form: Any, formsets: Any, *, is_new: bool, public: tuple[str, ...] = ()) -> Changes:
    """Return what a valid form and its formsets changed; call it after they were saved.

    `public` names the fields that everybody may read, such as the number of a hotline.
    """
    found = Changes(public=public)
    for name in form.changed_data:
        old = None if is_new else _initial(form, name)
        found.add(name, old, form.cleaned_data.get(name))
    for formset in formsets or ():
        name = formset.model._meta.model_name
        forms = {row.instance.pk: row for row in formset.forms if row.instance is not None}
        for row in getattr(formset, "new_objects", ()):
            found.add(f"{name} #{row.pk}", None, _filled(forms.get(row.pk)) or str(row))
        for row, _names in getattr(formset, "changed_objects", ()):
            _changed_row(found, f"{name} #{row.pk}", forms[row.pk])
        for row in getattr(formset, "deleted_objects", ()):
            found.add(f"{name} {row}", str(row), None)
    return found


def of_row(row: models.Model, public: tuple[str, ...] = ()) -> dict[str, Any]:
    """Return the filled columns of a row that is about to be deleted."""
    filled = {}
    for column in row._meta.concrete_fields:
        value = getattr(row, column.name)
        if value not in EMPTY:
            told = plain(value)
            filled[column.name] = told if column.name in public else masked(column.name, told)
    return filled


def _filled(form: Any) -> dict[str, Any]:
    """Return what a new row of a formset holds."""
    if form is None:
        return {}
    skipped = {"id", "DELETE"} | {name for name in form.fields if name == form.instance._meta.pk.name}
    return {
        name: masked(name, plain(value))
        for name, value in form.cleaned_data.items()
        if name not in skipped and value not in (None, "") and name in form.changed_data
    }


def _changed_row(found: Changes, title: str, form: Any) -> None:
    olds, news = {}, {}
    for name in form.changed_data:
        olds[name] = masked(name, plain(_initial(form, name)))
        news[name] = masked(name, plain(form.cleaned_data.get(name)))
    found.add(title, olds, news)


def _initial(form: Any, name: str) -> Any:
    """Return a field's old value; keys of related rows are turned into their names."""
    value = form.get_initial_for_field(form.fields[name], name)
    rows = getattr(form.fields[name], "queryset", None)
    if rows is None or value in (None, "", []):
        return value
    if isinstance(value, list | tuple | models.QuerySet | models.Model):
        return value
    known = rows.model._default_manager.filter(**{form.fields[name].to_field_name or "pk": value})
    return known.first() or value
