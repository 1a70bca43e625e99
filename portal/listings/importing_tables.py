"""Reading a spreadsheet into rows of texts: xlsx, or csv in UTF-8, GB18030 or UTF-16."""

import csv
import io
import re
import zipfile
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from itertools import chain, islice
from types import MappingProxyType
from typing import Any

from django.core.exceptions import ValidationError
from django.utils.text import format_lazy
from django.utils.translation import gettext_lazy as _

from portal.listings.importing_cells import both_labels, cell_text
from portal.listings.importing_headers import SEARCHED, Line, column_names, find_head, without_remarks
from portal.listings.importing_sheets import BROKEN, Sheet, read_sheet, unpacked_bytes

MAX_BYTES = 10 * 1024 * 1024
MAX_UNPACKED_BYTES = 60 * 1024 * 1024
MAX_ROWS = 5000
#: Lines of the sheet, empty ones too: a single cell far below costs a step for every line above it.
MAX_LINES = MAX_ROWS * 2
MAX_COLUMNS = 200
MAX_CELL = 20_000
NOTHING_KNOWN: Mapping[str, str] = MappingProxyType({})
_PASSWORD = _("The file is protected by a password. Take the password off, save it and choose it again.")
_NO_WORKBOOK = _(
    "This is not a readable .xlsx file. Open it, save it again as .xlsx or .csv, and upload that."
)


class TableError(ValidationError):
    """A file that cannot be read at all; the message says what to do."""


@dataclass
class Table:
    """The header's texts and the rows below it: (number in the sheet, texts). Empty rows are left out.

    `notes` say in lazy sentences how the file was read where that is not plain.
    """

    header: list[str]
    rows: list[Line] = field(default_factory=list)
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
        if "EncryptedPackage".encode("utf-16-le") in content:
            raise TableError(_PASSWORD)
        raise TableError(_("This is the old .xls format. Save it as .xlsx or .csv and choose that."))
    if re.match(rb"(?:\xef\xbb\xbf)?\s*<(?:!doctype|html|table|meta|head|body|\?xml)", content[:2000], re.I):
        raise TableError(
            _("This is a web page under the name of a table. Open it, save it as .xlsx and choose that.")
        )
    if content.startswith(b"PK"):
        _refuse_packed(content)


def _refuse_packed(content: bytes) -> None:
    try:
        if any(part.flag_bits & 1 for part in zipfile.ZipFile(io.BytesIO(content)).infolist()):
            raise TableError(_PASSWORD)
        is_large = unpacked_bytes(content) > MAX_UNPACKED_BYTES
    except BROKEN as error:
        raise TableError(_NO_WORKBOOK) from error
    if is_large:
        raise TableError(_("The file is too large once unpacked. Split it."))


def read_table(content: bytes, filename: str = "", known: Mapping[str, str] = NOTHING_KNOWN) -> Table:
    """Return the table in a file; what it is decides its content, not its name. Raises TableError.

    `known` holds the headers that a kind knows (see `column_headers`), in small letters.
    """
    refuse_at_sight(content)
    notes: list[Any] = []
    lines = _xlsx_lines(content, known, notes) if content.startswith(b"PK") else _csv_lines(content)
    texts = _texts(lines)
    begin = list(islice(texts, SEARCHED))
    if not begin:
        raise TableError(_("The file is empty. Download the template and fill it in."))
    head = find_head(begin, known)
    table = Table(_header(head.header), notes=notes)
    if head.has_titles:
        notes.append(_("What stands above the column names is not read."))
    left_out: list[int] = []
    rows = chain(begin[head.lines :], texts)
    for number, row in without_remarks(rows, head, column_names(table.header, known), left_out):
        table.rows.append((number, row[: len(table.header)]))
        if len(table.rows) > MAX_ROWS:
            raise TableError(format_lazy(_("The file has more than {most} rows. Split it."), most=MAX_ROWS))
    if left_out:
        said = _("Rows that are a total, a remark or the column names again are left out: {rows}")
        notes.append(format_lazy(said, rows="、".join(map(str, left_out[:10]))))
    return table


def _texts(lines: Iterator[tuple[int, list[Any]]]) -> Iterator[Line]:
    """Yield the lines that say anything, as texts. Raises TableError when they go on too far."""
    for number, cells in lines:
        if number > MAX_LINES:
            sentence = _(
                "The sheet goes on beyond row {most}. Delete the rows below the last entry, or split it."
            )
            raise TableError(format_lazy(sentence, most=MAX_LINES))
        texts = [cell_text(cell) for cell in cells]
        if any(len(text) > MAX_CELL for text in texts):
            raise TableError(format_lazy(_("Row {number} has a cell with too much text."), number=number))
        if any(texts):
            yield number, texts


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


def _xlsx_lines(
    content: bytes, known: Mapping[str, str], notes: list[Any]
) -> Iterator[tuple[int, list[Any]]]:
    """Yield (number, values) of the sheet that holds the table; formulas come as Formula."""

    def is_table(begin: list[tuple[int, list[Any]]]) -> bool:
        return any("name" in column_names([cell_text(cell) for cell in cells], known) for _n, cells in begin)

    try:
        sheet = read_sheet(content, MAX_COLUMNS + 1, is_table)
        _tell(sheet, notes)
        lines = sheet.lines
    except BROKEN as error:
        raise TableError(_NO_WORKBOOK) from error
    while True:
        try:
            found = next(lines, None)
        except BROKEN as error:
            raise TableError(_NO_WORKBOOK) from error
        if found is None:
            return
        yield found


def _tell(sheet: Sheet, notes: list[Any]) -> None:
    """Say which sheet is read when there are several, and that hidden rows are read too."""
    others = [name for name in sheet.others if name not in _note_sheets()]
    if others:
        said = _("Read: the sheet “{name}”. Not read: {others}")
        notes.append(format_lazy(said, name=sheet.name, others="、".join(others[:10])))
    if sheet.hidden:
        notes.append(format_lazy(_("{count} hidden rows are read too."), count=sheet.hidden))


def _note_sheets() -> set[str]:
    """Return how the sheet of notes in our own template is called."""
    return both_labels(_("Notes"))


def _csv_lines(content: bytes) -> Iterator[tuple[int, list[str]]]:
    """Yield (number, texts) of a csv file."""
    text = decoded(content)
    if "\0" in text:
        raise TableError(_("This is neither .xlsx nor .csv. Use the template."))
    named = re.match(r"sep=(.)\r?\n", text)
    first = text.lstrip("\r\n").split("\n", 1)[0]
    delimiter = named[1] if named else max((",", "\t", ";", "，"), key=first.count)
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, strict=True)
    try:
        yield from islice(enumerate(reader, 1), 1 if named else 0, None)
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
