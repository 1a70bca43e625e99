"""Databases of their own, beside the one that the tests share, on the engine of this half of the tests."""

import contextlib
import os
import sqlite3
import subprocess
import sys
import uuid
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import quote

import psycopg
from django.conf import settings
from django.db import connection
from psycopg import sql

ROOT = Path(__file__).resolve().parent.parent
MAIN = settings.DATABASES["default"]
IS_SQLITE = MAIN["ENGINE"].endswith("sqlite3")
ENGINE = "sqlite" if IS_SQLITE else "postgresql"

Row = dict[str, Any]


class Database:
    """A database read and written as its engine has it, without Django in between."""

    def __init__(self, url: str, folder: Path) -> None:
        self.url = url
        self.folder = folder

    @contextlib.contextmanager
    def connect(self) -> Iterator[Any]:
        """Yield a connection that commits each statement."""
        if IS_SQLITE:
            opened: Any = sqlite3.connect(self.url.removeprefix("sqlite:///"), isolation_level=None)
        else:
            opened = psycopg.connect(self.url, autocommit=True)
        with contextlib.closing(opened):
            yield opened

    def ask(self, question: str) -> list[tuple]:
        """Return the rows of a query."""
        with self.connect() as connection:
            return connection.execute(question).fetchall()

    def run_script(self, script: str) -> None:
        """Run many statements."""
        with self.connect() as connection:
            if IS_SQLITE:
                connection.executescript(script)
            else:
                connection.execute(script)

    def tables(self) -> list[str]:
        """Return the names of all tables."""
        where = (
            "SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite_%' ORDER BY 1"
            if IS_SQLITE
            else "SELECT relname FROM pg_class WHERE relnamespace = 'public'::regnamespace "
            "AND relkind IN ('r', 'p') AND NOT relispartition ORDER BY 1"
        )
        return [name for (name,) in self.ask(where)]

    def key_of(self, table: str) -> list[str]:
        """Return the columns of a table's primary key."""
        if IS_SQLITE:
            return [name for (name,) in self.ask(f"SELECT name FROM pragma_table_info('{table}') WHERE pk")]
        return [
            name
            for (name,) in self.ask(
                "SELECT attname FROM pg_index JOIN pg_attribute ON attrelid = indrelid AND attnum = ANY(indkey) "
                f"WHERE indisprimary AND indrelid = '{table}'::regclass"
            )
        ]

    def rows(self, table: str) -> dict[tuple, Row]:
        """Return every row by its key."""
        key = self.key_of(table)
        with self.connect() as connection:
            cursor = connection.execute(f'SELECT * FROM "{table}"')
            names = [column[0] for column in cursor.description]
            found = [dict(zip(names, values, strict=True)) for values in cursor.fetchall()]
        return {tuple(row[name] for name in key): row for row in found}

    def contents(self) -> dict[str, dict[tuple, Row]]:
        """Return every row of every table."""
        return {table: self.rows(table) for table in self.tables()}

    def counts(self) -> dict[str, int]:
        """Return the number of rows of every table."""
        return {table: self.ask(f'SELECT count(*) FROM "{table}"')[0][0] for table in self.tables()}

    def environment(self, **changes: str) -> dict[str, str]:
        """Return the environment of a portal that stands on this database, with media beside it."""
        own = {
            "DATABASE_URL": self.url,
            "MEDIA_ROOT": str(self.folder / "media"),
            "REDIS_PREFIX": f"{os.environ['REDIS_PREFIX']}-{self.folder.name}",
            "DJANGO_SETTINGS_MODULE": "portal.settings",
            "PYTHONPATH": str(ROOT),
        }
        return {**os.environ, **own, **changes}

    def python(self, *arguments: str, timeout: float = 240, **changes: str) -> subprocess.CompletedProcess:
        """Run Python with arguments on this portal and return what became of it."""
        return subprocess.run(
            [sys.executable, *arguments],
            cwd=ROOT,
            env=self.environment(**changes),
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=timeout,
            check=False,
        )

    def manage(self, *arguments: str, **changes: str) -> subprocess.CompletedProcess:
        """Run a management command on this portal."""
        return self.python("manage.py", *arguments, **changes)


def _server() -> str:
    """Return the address of this half's PostgreSQL, without a database."""
    user, password = MAIN.get("USER", ""), MAIN.get("PASSWORD", "")
    login = quote(user) + (f":{quote(password)}" if password else "")
    return f"postgresql://{login}@{MAIN.get('HOST') or '127.0.0.1'}:{MAIN.get('PORT') or 5432}"


def shared_database(folder: Path) -> Database:
    """Return the database that the tests share, for a process beside them; `folder` is for its files."""
    name = connection.settings_dict["NAME"]
    return Database(f"sqlite:///{name}" if IS_SQLITE else f"{_server()}/{name}", folder)


@contextlib.contextmanager
def fresh_database(folder: Path) -> Iterator[Database]:
    """Yield an empty database of this half's engine, with `folder` (made here) for its files; drop it afterwards."""
    folder.mkdir(parents=True)
    if IS_SQLITE:
        yield Database(f"sqlite:///{folder / 'portal.sqlite3'}", folder)
        return
    prefix = os.environ.get("TEST_DATABASE_NAME", f"test_nuanxin_{os.getpid()}")
    name = f"{prefix}_{uuid.uuid4().hex[:8]}"
    server = _server()
    with psycopg.connect(f"{server}/postgres", autocommit=True) as connection:
        connection.execute(sql.SQL("CREATE DATABASE {} TEMPLATE template0").format(sql.Identifier(name)))
        try:
            yield Database(f"{server}/{name}", folder)
        finally:
            connection.execute(sql.SQL("DROP DATABASE {} WITH (FORCE)").format(sql.Identifier(name)))
