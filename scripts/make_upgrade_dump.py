"""Write a database of this version for the upgrade test of the next one.

`python -m scripts.make_upgrade_dump` fills a database with the small demo city and a few hand-made rows in every table,
on SQLite and on PostgreSQL, and stores one compressed SQL file for each under `tests/upgrade/<version>/`. The same
version gives the same bytes: the clock stands still and chance is seeded. Run it when a version is released. A
dump of the same version is only written over with `--replace`.
"""

import contextlib
import datetime as dt
import gzip
import os
import random
import re
import secrets
import shutil
import sqlite3
import subprocess
import sys
import tempfile
import tomllib
from collections.abc import Iterator
from pathlib import Path
from unittest import mock
from urllib.parse import urlsplit, urlunsplit

import psycopg
from psycopg import sql

from scripts import catalog, servers

ROOT = Path(__file__).resolve().parent.parent
MOMENT = dt.datetime(2026, 11, 20, 10, 0, tzinfo=dt.timezone(dt.timedelta(hours=8)))
#: Tables that stay empty: sign-ins are no data of the city.
LEFT_EMPTY = {"django_session"}
#: What pg_dump says of itself, of the server and of its own safety differs from run to run.
_NOISE = re.compile(rb"^(--.*|\\(?:un)?restrict .*|SET .*|SELECT pg_catalog\.set_config.*)?$\n", re.M)


def main(arguments: list[str]) -> int:
    """Make both files; return the exit status."""
    version = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]["version"]
    folder = ROOT / "tests" / "upgrade" / version
    if any(folder.glob("*.sql.gz")) and arguments != ["--replace"]:
        print(
            f"A dump of {version} is there already. Raise the version in pyproject.toml, or give --replace.",
            file=sys.stderr,
        )
        return 1
    folder.mkdir(parents=True, exist_ok=True)
    catalog.compile_catalog()
    _write(folder / "sqlite.sql.gz", _of_sqlite())
    with servers.postgresql() as server:
        if server is None:
            print("No PostgreSQL was found, and no binaries to start one.", file=sys.stderr)
            return 1
        _write(folder / "postgresql.sql.gz", _of_postgresql(server.url))
    return 0


def _write(path: Path, script: bytes) -> None:
    path.write_bytes(gzip.compress(script, 9, mtime=0))
    print(f"{path.relative_to(ROOT)}: {path.stat().st_size:,} bytes")


def _of_sqlite() -> bytes:
    with tempfile.TemporaryDirectory(prefix="nuanxin-dump-") as folder:
        path = Path(folder) / "filled.sqlite3"
        _fill_in_a_process(f"sqlite:///{path}", folder)
        with contextlib.closing(sqlite3.connect(path)) as connection:
            return "\n".join(connection.iterdump()).encode() + b"\n"


def _of_postgresql(url: str) -> bytes:
    name = f"nuanxin_dump_{secrets.token_hex(5)}"
    own = urlunsplit(urlsplit(url)._replace(path=f"/{name}"))
    with psycopg.connect(url, autocommit=True) as connection, tempfile.TemporaryDirectory() as folder:
        connection.execute(sql.SQL("CREATE DATABASE {} TEMPLATE template0").format(sql.Identifier(name)))
        try:
            _fill_in_a_process(own, folder)
            command = [shutil.which("pg_dump") or "pg_dump", "--no-owner", "--no-privileges", "--inserts"]
            command += ["--rows-per-insert=200", "--dbname", own]
            return _NOISE.sub(b"", subprocess.run(command, check=True, capture_output=True).stdout)
        finally:
            connection.execute(sql.SQL("DROP DATABASE {} WITH (FORCE)").format(sql.Identifier(name)))


def _fill_in_a_process(url: str, folder: str) -> None:
    """Fill the database at `url` in a process whose settings name it."""
    changes = {"DATABASE_URL": url, "MEDIA_ROOT": f"{folder}/media", "REDIS_URL": "", "PYTHONHASHSEED": "0"}
    subprocess.run(
        [sys.executable, "-m", "scripts.make_upgrade_dump", "fill"],
        cwd=ROOT,
        env={**os.environ, **changes},
        check=True,
    )


@contextlib.contextmanager
def _without_chance() -> Iterator[None]:
    """Let the clock stand and let every random name be drawn from one seed."""
    import time_machine

    rng = random.Random(1)  # noqa: S311
    draws = {
        "choice": rng.choice,
        "token_hex": lambda size=32: f"{rng.getrandbits(size * 8):0{size * 2}x}",
        "token_urlsafe": lambda size=32: f"{rng.getrandbits(size * 8):0{size * 2}x}",
    }
    with time_machine.travel(MOMENT, tick=False), contextlib.ExitStack() as stack:
        for name, draw in draws.items():
            stack.enter_context(mock.patch.object(secrets, name, draw))
        yield


def fill() -> None:
    """Migrate, load the small demo city and add rows to every table; raise when a table stayed empty."""
    import django

    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "portal.settings")
    django.setup()
    from django.core.management import call_command
    from django.db import connection

    from portal.pages.demo.loading import load
    from scripts.upgrade_rows import add_rows

    with _without_chance():
        call_command("migrate", verbosity=0)
        load(scale="small", seed=1, now=MOMENT)
        call_command("load_rights", stdout=open(os.devnull, "w", encoding="utf-8"))  # noqa: SIM115
        add_rows(MOMENT)
    with connection.cursor() as cursor:
        empty = set()
        for table in connection.introspection.table_names(cursor):
            cursor.execute(f"SELECT 1 FROM {connection.ops.quote_name(table)} LIMIT 1")  # noqa: S608
            if cursor.fetchone() is None:
                empty.add(table)
    if empty - LEFT_EMPTY:
        raise SystemExit(
            f"Add rows to scripts/upgrade_rows.py: nothing in {', '.join(sorted(empty - LEFT_EMPTY))}."
        )


if __name__ == "__main__":
    if sys.argv[1:] == ["fill"]:
        fill()
    else:
        sys.exit(main(sys.argv[1:]))
