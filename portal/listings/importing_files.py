"""The files of imports: kept with who and when, read again for what was refused, forgotten after a year."""

import datetime as dt
import hashlib
import secrets
from typing import Any

from django.core.files.base import ContentFile
from django.core.files.storage import storages
from django.utils import timezone
from django.utils.translation import get_language, gettext
from django.utils.translation import gettext_lazy as _

from portal.listings.columns import column_headers, why_column
from portal.listings.exporting import write_lines
from portal.listings.importing_cells import Formula
from portal.listings.importing_tables import Table, TableError, read_table
from portal.listings.importing_verdicts import REFUSED, VERDICTS
from portal.listings.kinds import listing_model
from portal.listings.models import ImportBatch, ImportRow

FOLDER = "imports"
KEPT = dt.timedelta(days=366)
#: What a formula leaves behind: a spreadsheet's own sign for a cell without a value, which is refused again.
NO_VALUE = "#N/A"
GONE = _("The file is no longer here. Choose it once more.")


def keep(content: bytes) -> dict[str, Any]:
    """Keep an upload; return its path, digest and size as a batch holds them."""
    path = storages["private"].save(f"{FOLDER}/{secrets.token_hex(16)}", ContentFile(content))
    return {
        "file_path": path,
        "file_digest": hashlib.sha256(content).hexdigest(),
        "file_bytes": len(content),
    }


def content_of(batch: ImportBatch) -> bytes:
    """Return a batch's file. Raises TableError when it is no longer kept."""
    storage = storages["private"]
    if not batch.file_path or not storage.exists(batch.file_path):
        raise TableError(GONE)
    with storage.open(batch.file_path) as file:
        return file.read()


def table_of(batch: ImportBatch) -> Table:
    """Return a batch's table. Raises TableError."""
    known = column_headers(listing_model(batch.kind))
    return read_table(content_of(batch), batch.file_name, known)


def refused_lines(batch: ImportBatch, format_name: str) -> bytes:
    """Return the refused rows as they were, with a column that says why, to be put right and imported again."""
    table = table_of(batch)
    refused = batch.rows.filter(verdict=REFUSED).order_by("row")
    why = {row.row: "\n".join(reasons_of(row)) for row in refused.only("row", "reasons")}
    lines = [
        [*(NO_VALUE if isinstance(text, Formula) else text for text in _padded(texts, table)), why[number]]
        for number, texts in table.rows
        if number in why
    ]
    return write_lines([*table.header, str(why_column().label)], lines, format_name)


def report_lines(batch: ImportBatch, format_name: str) -> bytes:
    """Return what became of every row."""
    header = [
        gettext("Row"),
        gettext("Verdict"),
        gettext("Name of the place"),
        gettext("Reasons and changes"),
    ]
    lines = [
        [
            str(row.row) if row.verdict != "archived" else "",
            str(VERDICTS[row.verdict]),
            row.name,
            "\n".join([*reasons_of(row), *said_here(row.labels)]),
        ]
        for row in batch.rows.order_by("row").iterator(chunk_size=500)
    ]
    return write_lines(header, lines, format_name)


def reasons_of(row: ImportRow) -> list[str]:
    """Return a row's reasons in the active language."""
    return said_here(row.reasons)


def said_here(kept: list[dict[str, str]]) -> list[str]:
    """Return sentences that are kept in both languages in the active one."""
    language = "zh-hans" if (get_language() or "").startswith("zh") else "en"
    return [one[language] for one in kept]


def forget_old() -> None:
    """Delete files and rows of imports that are older than a year; who imported what and when stays."""
    storage = storages["private"]
    old = ImportBatch.objects.filter(made_at__lt=timezone.now() - KEPT).exclude(file_path="")
    for batch in old.order_by("pk")[:100]:
        # First the row: no backup may hold one that names a file which is gone.
        ImportBatch.objects.filter(pk=batch.pk).update(file_path="")
        batch.rows.all().delete()
        storage.delete(batch.file_path)


def _padded(texts: list[str], table: Table) -> list[str]:
    return [*texts, *[""] * (len(table.header) - len(texts))]
