"""Imports for tests, made as people make them: a table as a file, its check, the confirmation, the work."""

import csv
import io
from typing import Any

from portal.listings import importing_batches
from portal.listings.importing_tables import Table
from portal.listings.importing_work import run
from portal.listings.models import ImportBatch


def as_csv(table: Table) -> bytes:
    """Return a table as a csv file."""
    text = io.StringIO()
    csv.writer(text).writerows([table.header, *(texts for _number, texts in table.rows)])
    return text.getvalue().encode()


def checked(
    model: Any, table: Table | bytes, user: Any, *, mode: str = "add", name: str = "x.csv"
) -> ImportBatch:
    """Return the checked import of a table, however long it is."""
    content = table if isinstance(table, bytes) else as_csv(table)
    batch = importing_batches.begin(model=model, content=content, name=name, mode=mode, user=user)
    run(batch.pk)
    batch.refresh_from_db()
    return batch


def written(
    batch: ImportBatch, user: Any, *, skip_refused: bool = False, rest: str = "new", typed: str = ""
) -> ImportBatch:
    """Confirm an import and write it; rows that may be a place that is there are new ones unless `rest` says else."""
    importing_batches.choose(batch=batch, choices={}, rest=rest, user=user)
    importing_batches.confirm(batch=batch, user=user, skip_refused=skip_refused, typed=typed)
    run(batch.pk)
    batch.refresh_from_db()
    return batch


def import_rows(model: Any, table: Table | bytes, user: Any, *, skip_refused: bool = False) -> ImportBatch:
    """Check, confirm and write a table."""
    return written(checked(model, table, user), user, skip_refused=skip_refused)


def undone(batch: ImportBatch, user: Any) -> ImportBatch:
    """Undo an import."""
    importing_batches.undo(batch=batch, user=user)
    run(batch.pk)
    batch.refresh_from_db()
    return batch


def verdicts_of(batch: ImportBatch) -> list[str]:
    """Return the verdicts in the order of the rows."""
    return list(batch.rows.order_by("row").values_list("verdict", flat=True))
