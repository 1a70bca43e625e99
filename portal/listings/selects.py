"""Fields of a filter form, made once: hundreds of options and a dozen templates cost more than the list they narrow.

What is kept is found by everything that it shows, so nothing has to be forgotten when a region changes.
"""

from collections import OrderedDict
from collections.abc import Iterable
from functools import lru_cache
from threading import Lock
from typing import Any

from django import forms
from django.forms.utils import flatatt
from django.utils.html import escape, format_html, format_html_join
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import get_language

#: Kept at most, the oldest going first; a longer value is not kept at all.
MOST_GROUPS = 256
MOST_LETTERS = 60


class LongSelect(forms.Select):
    """A select of hundreds of options, in groups or not; the markup is Django's."""

    def render(self, name: str, value: Any, attrs: Any = None, renderer: Any = None) -> SafeString:
        """Return the select."""
        attributes = flatatt({**self.build_attrs(self.attrs, attrs), "name": name})
        inside = _none_chosen(_as_values(self.choices))
        for chosen in self.format_value(value):
            # A label holds no quotation mark, so this is found in an option's value alone.
            option = f'<option value="{escape(chosen)}"'
            inside = inside.replace(f"{option}>", f"{option} selected>", 1)
        return format_html("<select{}>{}</select>", attributes, mark_safe(inside))  # noqa: S308


def _as_values(choices: Iterable[tuple[Any, Any]]) -> tuple[tuple[Any, Any], ...]:
    """Return choices as values to find them by, in the language of the page."""
    return tuple(
        (value, _as_values(label) if isinstance(label, list | tuple) else str(label))
        for value, label in choices
    )


@lru_cache(maxsize=32)
def _none_chosen(choices: tuple[tuple[Any, Any], ...]) -> str:
    """Return the options of a select of which none is chosen."""
    return str(_inside(choices))


def _inside(choices: Iterable[tuple[Any, Any]]) -> SafeString:
    """Return options, and groups of options where a choice holds others."""
    return format_html_join("", "{}", ((_piece(value, label),) for value, label in choices))


def _piece(value: Any, label: Any) -> SafeString:
    if isinstance(label, list | tuple):
        return format_html('<optgroup label="{}">{}</optgroup>', value, _inside(label))
    return format_html('<option value="{}">{}</option>', "" if value is None else str(value), label)


_groups: OrderedDict[tuple[Any, ...], SafeString] = OrderedDict()
_guard = Lock()


def field_group(owner: type, field: forms.BoundField) -> SafeString:
    """Return label, widget and errors of a field as Django's `as_field_group` does.

    `owner` is the filter set that the field belongs to. Without errors it depends on the value, the language and
    what there is to choose alone, and is kept for other questions that have these in common.
    """
    value = field.value()
    if field.errors or not (value is None or isinstance(value, bool | str)) or len(str(value)) > MOST_LETTERS:
        return field.as_field_group()
    pieces = getattr(getattr(field.field, "choices", None), "pieces", None)
    key = (owner, field.name, value, get_language(), pieces() if pieces else None)
    found = _groups.get(key)
    if found is None:
        found = field.as_field_group()
        with _guard:
            _groups[key] = found
            while len(_groups) > MOST_GROUPS:
                _groups.popitem(last=False)
    return found


def forget() -> None:
    """Drop everything that is kept, for who measures what it costs to make it."""
    _groups.clear()
    _none_chosen.cache_clear()
