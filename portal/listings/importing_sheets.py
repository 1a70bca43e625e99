"""Reading workbooks: which sheet, merged cells filled down, hidden rows counted, formulas told from values."""

import io
import re
import struct
import zipfile
import zlib
from collections import defaultdict
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from itertools import chain, islice
from typing import Any

from portal.listings.importing_cells import Formula

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
MOST_SHEETS = 20
MOST_MERGED = 20_000
PEEKED = 40
_MERGED = re.compile(
    rb'<(?:\w+:)?mergeCell\s[^>]*?ref="\$?([A-Z]{1,3})\$?(\d{1,7}):\$?[A-Z]{1,3}\$?(\d{1,7})"'
)
_HIDDEN = re.compile(rb'<(?:\w+:)?row\s[^>]*?\bhidden="(?:1|true)"')
Line = tuple[int, list[Any]]


@dataclass
class Sheet:
    """One sheet of a workbook: (number, values) of its lines, how many are hidden, and which other sheets there are."""

    name: str
    lines: Iterator[Line]
    hidden: int = 0
    others: list[str] = field(default_factory=list)


def unpacked_bytes(content: bytes) -> int:
    """Return how large the parts of a zip file are once unpacked. Raises BadZipFile."""
    return sum(part.file_size for part in zipfile.ZipFile(io.BytesIO(content)).infolist())


def read_sheet(content: bytes, most_columns: int, is_table: Callable[[list[Line]], bool]) -> Sheet:
    """Return the first visible sheet that holds a table, else the first that holds anything. Raises one of BROKEN."""
    from openpyxl import load_workbook

    book = load_workbook(io.BytesIO(content), read_only=True)
    shown = [sheet for sheet in book.worksheets if sheet.sheet_state == "visible"] or book.worksheets
    chosen: Sheet | None = None
    names = []
    for sheet in shown[:MOST_SHEETS]:
        found = _sheet(content, sheet, most_columns)
        begin = list(islice(found.lines, PEEKED))
        if not any(value is not None for _number, values in begin for value in values):
            continue
        names.append(found.name)
        found.lines = chain(begin, found.lines)
        if is_table(begin):
            chosen = found
            break
        chosen = chosen or found
    if chosen is None:
        return Sheet("", iter(()))
    chosen.others = [sheet.title for sheet in book.worksheets if sheet.title != chosen.name]
    return chosen


def _sheet(content: bytes, sheet: Any, most_columns: int) -> Sheet:
    with zipfile.ZipFile(io.BytesIO(content)) as packed:
        text = packed.read(sheet._worksheet_path)
    merged: dict[int, list[tuple[int, int]]] = defaultdict(list)
    for found in islice(_MERGED.finditer(text), MOST_MERGED):
        first, last = int(found[2]), int(found[3])
        if last > first:
            merged[first].append((last, _column(found[1])))
    hidden = sum(1 for _found in _HIDDEN.finditer(text))
    return Sheet(sheet.title, filled_down(_lines(sheet, most_columns), merged), hidden)


def _lines(sheet: Any, most_columns: int) -> Iterator[Line]:
    sheet.reset_dimensions()
    for number, row in enumerate(sheet.iter_rows(max_col=most_columns), 1):
        yield number, [Formula(cell.value) if cell.data_type == "f" else cell.value for cell in row]


def _column(letters: bytes) -> int:
    number = 0
    for letter in letters:
        number = number * 26 + letter - 64
    return number - 1


def filled_down(lines: Iterator[Line], merged: dict[int, list[tuple[int, int]]]) -> Iterator[Line]:
    """Yield the lines with what stands in a cell that is merged over several rows in each of them that says anything.

    `merged` holds first row → (last row, column).
    """
    active: dict[int, tuple[int, Any]] = {}
    for number, values in lines:
        active = {column: kept for column, kept in active.items() if kept[0] >= number}
        if any(value is not None for value in values):
            for column, (_last, value) in active.items():
                if column < len(values) and values[column] is None:
                    values[column] = value
        for last, column in merged.get(number, ()):
            active[column] = (last, values[column] if column < len(values) else None)
        yield number, values
