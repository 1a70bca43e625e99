"""Eight writers on one SQLite file: the portal's settings beside Django's own."""

import multiprocessing
import shutil
import sqlite3
from pathlib import Path
from typing import Any

from django.db import OperationalError, connection

from tests.bench.measuring import Row

WRITERS, WRITES = 8, 25


def writer_rows() -> list[Row]:
    """Edits of listings by eight processes at once, and how many met a lock that did not open."""
    ours, plain = _locked({}), _locked_in_a_copy()
    total = WRITERS * WRITES
    name = f"SQLite, {WRITERS} writers, {total} edits: lock errors, beside Django's default settings"
    return [Row(name, ours, plain, ours, 0, "<=", "")]


def _locked_in_a_copy() -> int:
    """Return the lock errors of a copy that is used with Django's default settings."""
    path = Path(str(connection.settings_dict["NAME"]))
    copy = path.with_name("plain.sqlite3")
    with sqlite3.connect(path) as source:
        source.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    shutil.copy(path, copy)
    with sqlite3.connect(copy) as plain:
        plain.execute("PRAGMA journal_mode=DELETE")
    return _locked({"NAME": str(copy), "OPTIONS": {}})


def _locked(settings: dict[str, Any]) -> int:
    """Return how many edits of all writers ended in a lock error; any other error is raised."""
    from canteens.models import Canteen

    keys = list(Canteen.objects.published().order_by("pk").values_list("pk", flat=True)[: WRITERS * WRITES])
    connection.close()
    context = multiprocessing.get_context("fork")
    with context.Pool(WRITERS) as pool:
        parts = [(settings, keys[number::WRITERS]) for number in range(WRITERS)]
        return sum(pool.starmap(_write, parts))


def _write(settings: dict[str, Any], keys: list[int]) -> int:
    from canteens.models import Canteen
    from portal.listings import revising

    connection.close()
    connection.settings_dict.update(settings)
    locked = 0
    for number in range(WRITES):
        pk = keys[number % len(keys)]
        try:
            listing = Canteen.objects.get(pk=pk)
            notice = f"写 {number} {pk} {settings.get('NAME', '')[-12:]}"
            revising.edit(listing=listing, changes={"notice": notice}, actor=None, channel="office")
        except OperationalError as error:
            if "locked" not in str(error):
                raise
            locked += 1
    return locked
