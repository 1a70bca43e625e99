"""Events as a reader sees them: names of fields and tables instead of codes, values as lines."""

from dataclasses import dataclass
from typing import Any

from django.apps import apps
from django.core.exceptions import FieldDoesNotExist
from django.db import models
from django.utils import formats, timezone
from django.utils.dateparse import parse_datetime
from django.utils.text import capfirst
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from portal.audit.masking import HIDDEN
from portal.audit.models import Event

#: What an event's own keys are called, which are no columns.
NAMES = {
    "by": gettext_lazy("by"),
    "permissions": gettext_lazy("permissions"),
    "count": gettext_lazy("rows"),
    "file": gettext_lazy("file"),
}
#: The words of what an event holds as a code.
WAYS = {
    "code": gettext_lazy("code by text message"),
    "password": gettext_lazy("password"),
    "link": gettext_lazy("sign-in link"),
    "mfa": gettext_lazy("second factor"),
    "totp": gettext_lazy("authenticator app"),
    "webauthn": gettext_lazy("security key"),
    "recovery_codes": gettext_lazy("recovery code"),
}
NOTHING = "—"


@dataclass(frozen=True, slots=True)
class Change:
    """One field of an event: old and new value as lines."""

    label: str
    old: list[str]
    new: list[str]


def model_of(kind: str) -> type[models.Model] | None:
    """Return the table that an event is about; None when there is none, or none any more."""
    try:
        return apps.get_model(kind) if kind else None
    except (LookupError, ValueError):
        return None


def kind_name(kind: str) -> str:
    """Return what a table's rows are called."""
    model = model_of(kind)
    return str(model._meta.verbose_name) if model is not None else kind


def changes_of(event: Event) -> list[Change]:
    """Return what an event changed, in words."""
    model = model_of(event.object_kind)
    keys = [*event.before, *(key for key in event.after if key not in event.before)]
    return [
        Change(
            capfirst(_label(model, key)),
            _lines(model, key, event.before.get(key)),
            _lines(model, key, event.after.get(key)),
        )
        for key in keys
    ]


def _field(model: type[models.Model] | None, key: str) -> Any:
    try:
        return model._meta.get_field(key) if model is not None else None
    except FieldDoesNotExist:
        return None


def _label(model: type[models.Model] | None, key: str) -> str:
    if key in NAMES:
        return str(NAMES[key])
    field = _field(model, key)
    if field is not None and hasattr(field, "verbose_name"):
        return str(field.verbose_name)
    return _child_label(model, key)


def _child_label(model: type[models.Model] | None, key: str) -> str:
    """Return the name of a row of an inline, kept as "calendarday #3"."""
    name, _space, rest = key.partition(" ")
    for relation in model._meta.related_objects if model is not None else ():
        if relation.related_model._meta.model_name == name:
            return f"{relation.related_model._meta.verbose_name} {rest}"
    return key


def _lines(model: type[models.Model] | None, key: str, value: Any) -> list[str]:
    if value is None or value == "":
        return []
    if isinstance(value, list):
        return [_word(model, key, item) for item in value]
    if isinstance(value, dict):
        return [f"{_label(model, name)}: {_word(model, name, item)}" for name, item in value.items()]
    return [_word(model, key, value)]


def _word(model: type[models.Model] | None, key: str, value: Any) -> str:
    if value is None or value == "":
        return NOTHING
    if value == HIDDEN:
        return _("(not shown)")
    if isinstance(value, bool):
        return _("yes") if value else _("no")
    if key == "by":
        return str(WAYS.get(str(value), value))
    field = _field(model, key)
    if field is not None and getattr(field, "choices", None):
        return str(dict(field.flatchoices).get(value, value))
    if isinstance(field, models.DateTimeField) and (moment := parse_datetime(str(value))):
        return formats.date_format(timezone.localtime(moment), "SHORT_DATETIME_FORMAT")
    return str(value)
