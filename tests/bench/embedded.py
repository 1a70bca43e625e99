"""The part on SQLite, in one process: processor time for each request."""

from tests.bench import imports, rows, writers
from tests.bench.measuring import Caller, Row

PARTS = ("list", "304", "page", "writers", "imports", "nearest")


def measure(wanted: set[str], scales: tuple[int, ...]) -> tuple[list[Row], list[str]]:
    """Return the rows of the wanted parts, and what could not be measured."""
    caller = Caller()
    makers = {
        "list": lambda: rows.list_rows(caller),
        "304": lambda: rows.conditional_rows(caller),
        "page": lambda: rows.page_rows(caller),
        "writers": writers.writer_rows,
        "imports": imports.import_rows,
        # Last: afterwards the tables are a thousand times as large.
        "nearest": lambda: rows.nearest_rows(scales),
    }
    return [row for part in PARTS if part in wanted for row in makers[part]()], []
