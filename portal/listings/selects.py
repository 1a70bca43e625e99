"""A select written in one go: Django fills a template for each option, which costs more than the list it narrows."""

from collections.abc import Iterable
from typing import Any

from django import forms
from django.forms.utils import flatatt
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString, mark_safe

SELECTED = mark_safe(" selected")  # noqa: S308


class LongSelect(forms.Select):
    """A select of hundreds of options, in groups or not; the markup is Django's."""

    def render(self, name: str, value: Any, attrs: Any = None, renderer: Any = None) -> SafeString:
        """Return the select."""
        attributes = flatatt({**self.build_attrs(self.attrs, attrs), "name": name})
        return format_html(
            "<select{}>{}</select>", attributes, _inside(self.choices, self.format_value(value))
        )


def _inside(choices: Iterable[tuple[Any, Any]], chosen: list[str]) -> SafeString:
    """Return options, and groups of options where a choice holds others."""
    return format_html_join("", "{}", ((_piece(value, label, chosen),) for value, label in choices))


def _piece(value: Any, label: Any, chosen: list[str]) -> SafeString:
    if isinstance(label, list | tuple):
        return format_html('<optgroup label="{}">{}</optgroup>', value, _inside(label, chosen))
    text = "" if value is None else str(value)
    return format_html('<option value="{}"{}>{}</option>', text, SELECTED if text in chosen else "", label)
