"""The filters in force, as chips that can be taken away one by one."""

from dataclasses import dataclass
from typing import Any

from django.http import QueryDict
from django.utils.translation import gettext as _

from portal.pages.wording import distance

NOT_FILTERS = {"page", "page_size", "sort", "order", "ordering"}


@dataclass(frozen=True, slots=True)
class Chip:
    """The parameter, what is filtered in words, and the query string without it ("?" when nothing remains)."""

    name: str
    text: str
    without: str


def active_chips(form: Any, query: QueryDict) -> list[Chip]:
    """Return a chip for each valid value of a filter form; several choices of one field are several chips."""
    if form is None or not form.is_bound:
        return []
    form.is_valid()
    found = []
    for name, value in getattr(form, "cleaned_data", {}).items():
        if name in NOT_FILTERS or name not in query or value in (None, "", [], (), False):
            continue
        if name == "radius":
            continue
        for text, single in _texts(form[name], name, value):
            found.append(Chip(name, text, _without(query, name, single)))
    return found


def _texts(field: Any, name: str, value: Any) -> list[tuple[str, str | None]]:
    """Return (words, the one value they stand for or None for the whole field)."""
    if name == "near":
        radius = getattr(value, "radius_m", None)
        text = (
            _("within %(distance)s of you") % {"distance": distance(int(radius))} if radius else _("near you")
        )
        return [(text, None)]
    if value is True:
        return [(str(field.label), None)]
    choices = dict(_flat(getattr(field.field, "choices", ())))
    if isinstance(value, list | tuple | set):
        return [(choices.get(str(item), str(item)), str(item)) for item in value]
    if hasattr(value, "model"):
        return [(str(item), str(item.pk)) for item in value]
    shown = choices.get(str(value), str(value))
    return [(shown if choices or name == "q" or hasattr(value, "pk") else f"{field.label} {shown}", None)]


def _flat(choices: Any) -> list[tuple[str, str]]:
    flat = []
    for key, text in choices:
        if isinstance(text, list | tuple):
            flat += _flat(text)
        else:
            flat.append((str(key), str(text)))
    return flat


def _without(query: QueryDict, name: str, single: str | None) -> str:
    left = query.copy()
    left.pop("page", None)
    values = [value for value in left.pop(name) if single is not None and value != single]
    if values:
        left.setlist(name, values)
    if name == "near":
        left.pop("radius", None)
    return "?" + left.urlencode()
