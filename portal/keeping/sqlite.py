"""SQLite: copied while people write, by the engine's own backup interface."""

import contextlib
import errno
import sqlite3
import time
from collections.abc import Callable, Iterator
from pathlib import Path

from django.db import connection
from django.utils.translation import gettext_lazy as _

from portal.keeping.facts import LEFT_OUT, Ask
from portal.keeping.words import Refused

#: How long a restore waits for somebody else's transaction.
PATIENCE_SECONDS = 20.0
_LOCKED = (sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED)


class Sqlite:
    """The database of a portal on one box."""

    name = "sqlite"
    file = "database.sqlite3"

    @property
    def version(self) -> str:
        """Return the engine's version."""
        return sqlite3.sqlite_version

    def tables(self, ask: Ask) -> list[str]:
        """Return the names of all tables."""
        question = (
            "SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite\\_%' ESCAPE '\\'"
        )
        return sorted(name for (name,) in ask(question))

    @contextlib.contextmanager
    def snapshot(self, target: Path) -> Iterator[Ask]:
        """Write a copy of one moment to `target` and yield a way to ask that copy.

        All pages are copied in one step, so that a writer neither waits nor makes it begin anew. Raises Refused for a
        damaged database: a copy of it must not push good backups out.
        """
        connection.ensure_connection()
        with contextlib.closing(sqlite3.connect(target, isolation_level=None)) as copy:
            try:
                connection.connection.backup(copy)
            except sqlite3.OperationalError as error:
                if error.sqlite_errorcode == sqlite3.SQLITE_FULL:
                    raise OSError(errno.ENOSPC, str(error)) from None
                raise
            copy.execute("PRAGMA journal_mode = DELETE")
            copy.execute("PRAGMA secure_delete = ON")
            for table in set(self.tables(copy.execute)) & set(LEFT_OUT):
                copy.execute(f'DELETE FROM "{table}"')  # noqa: S608
            if fault := next((said for (said,) in copy.execute("PRAGMA quick_check(1)") if said != "ok"), ""):
                raise Refused(
                    _("The database itself is damaged, so nothing was backed up: {fault}"), fault=fault
                )
            yield copy.execute

    @contextlib.contextmanager
    def asking(self) -> Iterator[Ask]:
        """Yield a way to ask the portal's own database."""
        Path(connection.settings_dict["NAME"]).parent.mkdir(parents=True, exist_ok=True)
        connection.ensure_connection()
        yield connection.connection.execute

    def restore(self, source: Path) -> None:
        """Write a backup over the portal's database, whole or not at all."""
        connection.ensure_connection()
        try:
            with contextlib.closing(
                sqlite3.connect(f"{source.resolve().as_uri()}?mode=ro", uri=True)
            ) as backup:
                backup.backup(connection.connection, progress=_patience())
        except sqlite3.Error as error:
            raise Refused(
                _("The database could not be written, and is as it was. Stop the portal first. {error}"),
                error=error,
            ) from None
        finally:
            connection.close()

    def settle(self) -> None:
        """Do what restoring leaves undone: nothing, SQLite's statistics are in the copy."""


def _patience() -> Callable[[int, int, int], None]:
    """Return what is called after each try to copy, and gives up: Python itself would try for ever."""
    until = time.monotonic() + PATIENCE_SECONDS

    def look(status: int, _remaining: int, _total: int) -> None:
        if status in _LOCKED and time.monotonic() > until:
            raise sqlite3.OperationalError("database is locked")

    return look
