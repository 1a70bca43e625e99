"""Reading the query strictly: what is unknown or cannot be read is a 400 that names it."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any
from urllib.parse import unquote_to_bytes

from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils.text import format_lazy
from django.utils.translation import gettext_lazy as _
from rest_framework.request import Request

from portal.listings.api.problems import Problem, form_errors, unknown_parameters
from portal.listings.filters import ListingFilter
from portal.listings.narrowed import narrowed

PAGE_SIZE = 50
MAX_PAGE_SIZE = 200
MOST_PAGE = 999_999_999
PAGING = ("page", "page_size")
FORMATS = ("json", "geojson")


@dataclass(frozen=True, slots=True)
class Page:
    """Which rows of a list are asked for; numbers begin at 1."""

    number: int
    size: int

    @property
    def part(self) -> slice:
        """Return the page as a slice."""
        return slice((self.number - 1) * self.size, self.number * self.size)


def check_text(request: Request | HttpRequest) -> None:
    """Refuse a query that is not UTF-8 or holds a null character; Django would replace what is broken."""
    raw = request.META.get("QUERY_STRING", "")
    if "%" not in raw and raw.isascii():
        return
    for piece in raw.split("&"):
        name, _sep, value = piece.partition("=")
        try:
            text = unquote_to_bytes(value.encode("latin-1")).decode()
            label = unquote_to_bytes(name.encode("latin-1")).decode()
        except UnicodeError:
            shown = "".join(letter for letter in name[:60] if letter.isascii() and letter.isprintable())
            message = _("This is not UTF-8. Encode the text as UTF-8 before percent-encoding it.")
            raise Problem(400, "invalid_query", [(shown, "not_utf8", message)]) from None
        if "\0" in text or "\0" in label:
            message = _("A null character cannot be searched for.")
            raise Problem(400, "invalid_query", [(label.replace("\0", "")[:60], "null_character", message)])


def read_page(request: Request) -> tuple[Page, list[tuple[str, str, Any]]]:
    """Return the page that is asked for, and what is wrong with it."""
    errors = []
    numbers = {"page": 1, "page_size": PAGE_SIZE}
    for name, most in (("page", None), ("page_size", MAX_PAGE_SIZE)):
        text = request.query_params.get(name)
        if text is None:
            continue
        if not (text.isascii() and text.isdigit() and len(text) <= 9 and int(text) >= 1):
            message: Any = _("Give a whole number from 1 on.")
            if most:
                message = format_lazy(_("Give a whole number from 1 to {most}."), most=most)
            errors.append((name, "invalid", message))
        elif most and int(text) > most:
            message = format_lazy(_("At most {most} rows a page. Follow `next` for more."), most=most)
            errors.append((name, "too_large", message))
        else:
            numbers[name] = int(text)
    return Page(numbers["page"], numbers["page_size"]), errors


def read_filters(
    request: Request,
    filterset_class: type[ListingFilter],
    rows: Callable[..., QuerySet],
    also: tuple[str, ...] = (),
) -> tuple[ListingFilter, Page]:
    """Return the filter set, checked, and the page; raise Problem naming everything that is wrong.

    `also` names parameters that the caller reads. `rows(is_own=…)` returns what is filtered; `is_own` says whether one
    of the kind's own filters is asked for.
    """
    query = request.query_params
    known = {*filterset_class.base_filters, *PAGING, "format", *also}
    errors = unknown_parameters([name for name in query if name not in known], known)
    page, page_errors = read_page(request)
    given = frozenset(query).intersection(filterset_class.base_filters)
    kind: Any = filterset_class
    is_own = not given <= ListingFilter.base_filters.keys()
    filterset = narrowed(kind, given)(query, queryset=rows(is_own=is_own))
    if not filterset.is_valid():
        errors += form_errors(filterset.form.errors)
    if errors or page_errors:
        raise Problem(400, "invalid_query", errors + page_errors)
    return filterset, page


def check_names(request: Request, known: set[str]) -> None:
    """Raise Problem for parameters other than `known`."""
    if errors := unknown_parameters([name for name in request.query_params if name not in known], known):
        raise Problem(400, "invalid_query", errors)
