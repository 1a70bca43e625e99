"""Reading a spreadsheet into rows of texts: xlsx, or csv in UTF-8, GB18030 or UTF-16."""

import csv
import io
import struct
import zipfile
import zlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Any

from django.core.exceptions import ValidationError
from django.utils.text import format_lazy
from django.utils.translation import gettext_lazy as _

from portal.listings.importing_cells import Formula, cell_text

MAX_BYTES = 10 * 1024 * 1024
MAX_UNPACKED_BYTES = 60 * 1024 * 1024
MAX_ROWS = 5000
#: Lines of the sheet, empty ones too: a single cell far below costs a step for every line above it.
MAX_LINES = MAX_ROWS * 2
MAX_COLUMNS = 200
MAX_CELL = 20_000


#: What openpyxl raises, depending on which part of a file is broken. Neither memory nor the database is among it.
BROKEN = (
    zipfile.BadZipFile,
    zlib.error,
    struct.error,
    OSError,
    EOFError,
    SyntaxError,
    LookupError,
    ValueError,
    TypeError,
    AttributeError,
    ArithmeticError,
    RuntimeError,
)


NOTHING_KNOWN: Mapping[str, str] = MappingProxyType({})


class TableError(ValidationError):
    """A file that cannot be read at all; the message says what to do."""


@dataclass
class Table:
    """The header's texts and the rows below it: (number in the sheet, texts). Empty rows are left out.

    `notes` say in lazy sentences how the file was read where that is not plain.
    """

    header: list[str]
    rows: list[tuple[int, list[str]]] = field(default_factory=list)
    notes: list[Any] = field(default_factory=list)


def refuse_at_sight(content: bytes) -> None:
    """Raise TableError for what the first bytes and the size show not to be a table that can be read."""
    if len(content) > MAX_BYTES:
        raise TableError(
            format_lazy(_("The file is larger than {most} MB. Split it."), most=MAX_BYTES // 1024 // 1024)
        )
    if not content.strip():
        raise TableError(_("The file is empty. Download the template and fill it in."))
    if content.startswith(b"\xd0\xcf\x11\xe0"):
        raise TableError(
            _("This is the old .xls format, or protected by a password. Save it as .xlsx or .csv.")
        )


def read_table(content: bytes, filename: str = "", known: Mapping[str, str] = NOTHING_KNOWN) -> Table:
    """Return the table in a file; what it is decides its content, not its name. Raises TableError.

    `known` holds the headers that a kind knows (see `column_headers`), in small letters.
    """
    refuse_at_sight(content)
    lines = _xlsx_lines(content) if content.startswith(b"PK") else _csv_lines(content)
    table: Table | None = None
    for number, cells in lines:
        if number > MAX_LINES:
            sentence = _(
                "The sheet goes on beyond row {most}. Delete the rows below the last entry, or split it."
            )
            raise TableError(format_lazy(sentence, most=MAX_LINES))
        texts = [cell_text(cell) for cell in cells]
        if not any(texts):
            continue
        if any(len(text) > MAX_CELL for text in texts):
            raise TableError(format_lazy(_("Row {number} has a cell with too much text."), number=number))
        if table is None:
            table = Table(_header(texts))
            continue
        table.rows.append((number, texts[: len(table.header)]))
        if len(table.rows) > MAX_ROWS:
            raise TableError(format_lazy(_("The file has more than {most} rows. Split it."), most=MAX_ROWS))
    if table is None:
        raise TableError(_("The file is empty. Download the template and fill it in."))
    return table


def _header(texts: list[str]) -> list[str]:
    header = [text.strip().rstrip("*＊ ").strip() for text in texts]
    while header and not header[-1]:
        header.pop()
    if len(header) > MAX_COLUMNS:
        raise TableError(_("The file has too many columns. Use the template."))
    twice = sorted({name for name in header if name and header.count(name) > 1})
    if twice:
        raise TableError(
            format_lazy(_("Two columns are called “{name}”. Rename or delete one."), name="”, “".join(twice))
        )
    return header


def _xlsx_lines(content: bytes) -> Any:
    """Yield (number, values) of the first sheet; formulas come as Formula."""
    lines = _sheet_lines(content)
    while True:
        try:
            found = next(lines, None)
        except BROKEN as error:
            raise TableError(
                _(
                    "This is not a readable .xlsx file. Open it, save it again as .xlsx or .csv, and upload that."
                )
            ) from error
        if found is None:
            return
        yield found


def _sheet_lines(content: bytes) -> Iterator[tuple[int, list[Any]]]:
    from openpyxl import load_workbook

    unpacked = sum(part.file_size for part in zipfile.ZipFile(io.BytesIO(content)).infolist())
    if unpacked > MAX_UNPACKED_BYTES:
        raise TableError(_("The file is too large once unpacked. Split it."))
    sheet = load_workbook(io.BytesIO(content), read_only=True).worksheets[0]
    sheet.reset_dimensions()
    for number, row in enumerate(sheet.iter_rows(max_col=MAX_COLUMNS + 1), 1):
        yield number, [Formula(cell.value) if cell.data_type == "f" else cell.value for cell in row]


def _csv_lines(content: bytes) -> Any:
    """Yield (number, texts) of a csv file."""
    text = decoded(content)
    if "\0" in text:
        raise TableError(_("This is neither .xlsx nor .csv. Use the template."))
    first = text.split("\n", 1)[0]
    delimiter = max((",", "\t", ";"), key=first.count)
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, strict=True)
    try:
        yield from enumerate(reader, 1)
    except csv.Error as error:
        raise TableError(
            format_lazy(
                _("Line {number} of the csv file is broken: a quotation mark is missing."),
                number=reader.line_num,
            )
        ) from error


def decoded(content: bytes) -> str:
    """Return a csv file's text: UTF-16 by its mark, else UTF-8, else GB18030. Raises TableError."""
    encodings = ("utf-16",) if content[:2] in (b"\xff\xfe", b"\xfe\xff") else ("utf-8-sig", "gb18030")
    for encoding in encodings:
        try:
            return content.decode(encoding)
        except UnicodeDecodeError:
            continue
    raise TableError(_("The text is neither UTF-8 nor GB18030. Save it as “CSV UTF-8” or as .xlsx."))
