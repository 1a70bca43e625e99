"""Exporting listings of a kind as a table that imports back without a change, and the empty template."""

import csv
import io
from typing import Any

from django.core.exceptions import PermissionDenied
from django.utils.translation import gettext as _

from portal.listings.columns import Column, key_column, parts_of, state_column
from portal.listings.importing_cells import cell_text, chinese, neutralised
from portal.listings.models import Listing, State
from portal.listings.snapshots import read_snapshot

FORMATS = {
    "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    "csv": "text/csv; charset=utf-8",
}
WIDTHS = {"name": 28, "address": 36, "weekly_hours": 60, "hours_exceptions": 36}


def export(rows: Any, format_name: str, user: Any) -> bytes:
    """Return the listings of one kind that this person may see as xlsx or csv. Raises PermissionDenied."""
    if not user.has_perm("listings.export_listing"):
        raise PermissionDenied
    model: Any = rows.model
    seen = rows.filter(pk__in=model.objects.visible_to(user).order_by().values("pk"))
    parts = parts_of(model)
    columns = columns_of(model)
    lines = []
    for listing in seen.with_groups().order_by("pk").iterator(chunk_size=200):
        snapshot = read_snapshot(listing)
        texts = {"public_id": listing.public_id, "state": chinese(State(listing.state).label)}
        for part in parts:
            texts |= part.write(snapshot)
        lines.append([neutralised(texts[column.name]) for column in columns])
    return write(columns, lines, format_name)


def template(model: type[Listing], format_name: str) -> bytes:
    """Return an empty table with the kind's columns; in xlsx a second sheet explains them."""
    columns = [column for column in columns_of(model) if column.name != "state"]
    return write(columns, [], format_name)


def columns_of(model: type[Listing]) -> list[Column]:
    """Return the columns in order: number, state, then the facts."""
    return [key_column(model), state_column(model), *(c for part in parts_of(model) for c in part.columns)]


def write(columns: list[Column], lines: list[list[str]], format_name: str) -> bytes:
    """Return a table as bytes: xlsx, or csv in UTF-8 with the mark by which Excel knows it."""
    header = [f"{column.label}{'*' if column.required else ''}" for column in columns]
    if format_name == "csv":
        text = io.StringIO(newline="")
        csv.writer(text).writerows([header, *lines])
        return text.getvalue().encode("utf-8-sig")
    return _xlsx(columns, header, lines)


def _xlsx(columns: list[Column], header: list[str], lines: list[list[str]]) -> bytes:
    from openpyxl import Workbook
    from openpyxl.cell import WriteOnlyCell
    from openpyxl.styles import Alignment, Font
    from openpyxl.utils import get_column_letter

    book = Workbook(write_only=True)
    sheet = book.create_sheet(_("Listings"))
    sheet.freeze_panes = "A2"
    for number, column in enumerate(columns, 1):
        sheet.column_dimensions[get_column_letter(number)].width = WIDTHS.get(column.name, 18)

    def cell(text: str, *, is_bold: bool = False) -> Any:
        made = WriteOnlyCell(sheet, value=text)
        made.data_type = "s"
        made.number_format = "@"
        made.alignment = Alignment(wrap_text=True, vertical="top")
        if is_bold:
            made.font = Font(bold=True)
        return made

    sheet.append([cell(text, is_bold=True) for text in header])
    for line in lines:
        sheet.append([cell(text) for text in line])
    notes = book.create_sheet(_("Notes"))
    notes.append([_("Column"), _("How to fill it in")])
    for column, title in zip(columns, header, strict=True):
        notes.append([title, cell_text(str(column.note)) or "—"])
    notes.append(
        ["", _("Several rows in one cell stand one below the other; their fields stand between bars: |")]
    )
    saved = io.BytesIO()
    book.save(saved)
    return saved.getvalue()
