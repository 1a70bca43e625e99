"""Exporting listings of a kind as a table that imports back without a change, and the empty template."""

import csv
import io
from collections.abc import Iterable, Iterator, Sequence
from typing import Any

from django.core.exceptions import PermissionDenied
from django.utils.translation import gettext as _

from portal.accounts.scope import area_of
from portal.audit.models import Action
from portal.audit.recording import record
from portal.listings.columns import Column, key_column, parts_of, state_column
from portal.listings.importing_cells import chinese, neutralised
from portal.listings.models import Listing, State
from portal.listings.snapshots import read_snapshot

FORMATS = {
    "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    "csv": "text/csv; charset=utf-8",
}
WIDTHS = {"name": 28, "address": 36, "weekly_hours": 60, "hours_exceptions": 36}


def export(rows: Any, format_name: str, user: Any) -> bytes:
    """Return the listings of one kind that this person may see as xlsx or csv; the audit keeps who took how many.

    Raises PermissionDenied.
    """
    if not user.has_perm("listings.export_listing"):
        raise PermissionDenied
    model: Any = rows.model
    seen = rows.filter(pk__in=model.objects.visible_to(user).order_by().values("pk"))
    columns = columns_of(model)
    count = 0

    def counted() -> Iterator[list[str]]:
        nonlocal count
        for line in _lines(model, seen, columns):
            count += 1
            yield line

    content = write(columns, counted(), format_name)
    record(
        Action.EXPORTED,
        by=user,
        area_code=area_of(user) or "",
        label=chinese(model._meta.verbose_name_plural),
        after={"kind": model.kind_name, "rows": count, "format": format_name},
    )
    return content


def _lines(model: type[Listing], rows: Any, columns: list[Column]) -> Iterator[list[str]]:
    """Yield one line for each listing; some hundred are held at a time."""
    parts = parts_of(model)
    for listing in rows.with_groups().order_by("pk").iterator(chunk_size=200):
        snapshot = read_snapshot(listing)
        texts = {"public_id": listing.public_id, "state": chinese(State(listing.state).label)}
        for part in parts:
            texts |= part.write(snapshot)
        yield [texts[column.name] for column in columns]


def template(model: type[Listing], format_name: str) -> bytes:
    """Return an empty table with the kind's columns; in xlsx a second sheet explains them."""
    columns = [column for column in columns_of(model) if column.name != "state"]
    return write(columns, [], format_name)


def columns_of(model: type[Listing]) -> list[Column]:
    """Return the columns in order: number, state, then the facts."""
    return [key_column(model), state_column(model), *(c for part in parts_of(model) for c in part.columns)]


def write(columns: list[Column], lines: Iterable[list[str]], format_name: str) -> bytes:
    """Return a table as bytes; in xlsx a second sheet says how to fill in the columns."""
    header = [f"{column.label}{'*' if column.required else ''}" for column in columns]
    widths = [WIDTHS.get(column.name, 18) for column in columns]
    notes = [
        [_("Column"), _("How to fill it in")],
        *([title, str(column.note) or "—"] for column, title in zip(columns, header, strict=True)),
        ["", _("Several rows in one cell stand one below the other; their fields stand between bars: |")],
    ]
    return write_lines(header, lines, format_name, widths, notes)


def write_lines(
    header: list[str],
    lines: Iterable[list[str]],
    format_name: str,
    widths: Sequence[int] = (),
    notes: Sequence[list[str]] = (),
) -> bytes:
    """Return texts as xlsx, or as csv in UTF-8 with the mark by which Excel knows it; none can run as a formula."""
    safe = ([neutralised(text) for text in line] for line in lines)
    if format_name == "csv":
        text = io.StringIO(newline="")
        csv.writer(text).writerows([header, *safe])
        return text.getvalue().encode("utf-8-sig")
    return _xlsx(header, safe, widths, notes)


def _xlsx(
    header: list[str], lines: Iterable[list[str]], widths: Sequence[int], notes: Sequence[list[str]]
) -> bytes:
    from openpyxl import Workbook
    from openpyxl.cell import WriteOnlyCell
    from openpyxl.cell.cell import ILLEGAL_CHARACTERS_RE
    from openpyxl.styles import Alignment, Font
    from openpyxl.utils import get_column_letter

    book = Workbook(write_only=True)
    sheet = book.create_sheet(_("Listings"))
    sheet.freeze_panes = "A2"
    for number, width in enumerate(widths, 1):
        sheet.column_dimensions[get_column_letter(number)].width = width
    top, bold = Alignment(wrap_text=True, vertical="top"), Font(bold=True)

    def cell(text: str, *, is_bold: bool = False) -> Any:
        made = WriteOnlyCell(sheet, value=ILLEGAL_CHARACTERS_RE.sub("", text))
        made.data_type, made.number_format, made.alignment = "s", "@", top
        if is_bold:
            made.font = bold
        return made

    sheet.append([cell(text, is_bold=True) for text in header])
    for line in lines:
        sheet.append([cell(text) for text in line])
    if notes:
        told = book.create_sheet(_("Notes"))
        for line in notes:
            told.append([cell(text) for text in line])
    saved = io.BytesIO()
    book.save(saved)
    return saved.getvalue()
