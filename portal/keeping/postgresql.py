"""PostgreSQL: pg_dump from an exported snapshot, and back in one transaction."""

import contextlib
import errno
import os
import re
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from pathlib import Path

from django.db import connection, transaction
from django.utils.translation import gettext_lazy as _

from portal.keeping.facts import LEFT_OUT, Ask
from portal.keeping.words import Refused

#: How long a restore waits for somebody else's transaction.
PATIENCE_SECONDS = 20
#: Every table, view and function of ours, also those that a newer portal added and the backup does not know.
#: A partition goes with its table.
_EMPTY = """
DO $$ DECLARE found record; BEGIN
    FOR found IN
        SELECT c.oid::regclass AS name, CASE c.relkind WHEN 'v' THEN 'VIEW' ELSE 'TABLE' END AS kind
        FROM pg_class c WHERE c.relnamespace = 'public'::regnamespace AND c.relkind IN ('r', 'p', 'v')
        AND NOT c.relispartition
        AND NOT EXISTS (SELECT FROM pg_depend d WHERE d.objid = c.oid AND d.deptype = 'e')
    LOOP
        EXECUTE format('DROP %s IF EXISTS %s CASCADE', found.kind, found.name);
    END LOOP;
    FOR found IN SELECT p.oid::regprocedure AS name FROM pg_proc p
        WHERE p.pronamespace = 'public'::regnamespace
        AND NOT EXISTS (SELECT FROM pg_depend d WHERE d.objid = p.oid AND d.deptype = 'e')
    LOOP
        EXECUTE format('DROP ROUTINE IF EXISTS %s CASCADE', found.name);
    END LOOP;
END $$;
"""


class Postgresql:
    """The database of a city."""

    name = "postgresql"
    file = "database.dump"

    @property
    def version(self) -> str:
        """Return the server's version."""
        with connection.cursor() as cursor:
            cursor.execute("SHOW server_version")
            return str(cursor.fetchone()[0])

    def tables(self, ask: Ask) -> list[str]:
        """Return the names of all tables; a partition's rows are counted with its table's."""
        question = (
            "SELECT relname FROM pg_class WHERE relnamespace = 'public'::regnamespace "
            "AND relkind IN ('r', 'p') AND NOT relispartition"
        )
        return sorted(name for (name,) in ask(question))

    @contextlib.contextmanager
    def snapshot(self, target: Path) -> Iterator[Ask]:
        """Dump one moment to `target` and yield a way to ask that same moment."""
        with transaction.atomic():
            with connection.cursor() as cursor:
                cursor.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY")
                cursor.execute("SET LOCAL idle_in_transaction_session_timeout = 0")
                cursor.execute("SET LOCAL statement_timeout = 0")
                cursor.execute("SELECT pg_export_snapshot()")
                snapshot = cursor.fetchone()[0]
            program = self._program("pg_dump")
            options = ["--format=custom", "--no-owner", "--no-privileges", "--no-comments", "--no-password"]
            options += [f"--exclude-table-data=public.{table}" for table in LEFT_OUT]
            command = [program, *options, f"--snapshot={snapshot}", f"--file={target}", *self._where()]
            _run(command, self._secrets())
            yield _ask

    @contextlib.contextmanager
    def asking(self) -> Iterator[Ask]:
        """Yield a way to ask the portal's own database."""
        with transaction.atomic():
            yield _ask

    def restore(self, source: Path) -> None:
        """Empty the database and fill it from a backup in one transaction: whole, or as it was."""
        options = ["--no-owner", "--no-privileges", "--no-comments", "--file=-"]
        reading = [self._program("pg_restore"), *options, str(source)]
        writing = [self._program("psql"), "--no-psqlrc", "--quiet", "--set=ON_ERROR_STOP=1", "--no-password"]
        writing += ["--output=/dev/null", *self._where()]
        connection.close()
        with tempfile.TemporaryFile() as said, tempfile.TemporaryFile() as told:
            psql = subprocess.Popen(  # noqa: S603
                writing,
                env=self._secrets(),
                stdin=subprocess.PIPE,
                stdout=said,
                stderr=said,
            )
            assert psql.stdin is not None  # noqa: S101
            with contextlib.suppress(BrokenPipeError), psql.stdin as script:
                script.write(f"BEGIN; SET LOCAL lock_timeout = '{PATIENCE_SECONDS}s';\n{_EMPTY}".encode())
                with subprocess.Popen(reading, stdout=subprocess.PIPE, stderr=told) as restoring:  # noqa: S603
                    assert restoring.stdout is not None  # noqa: S101
                    shutil.copyfileobj(restoring.stdout, script, 1 << 20)
                if restoring.returncode == 0:  # Without this line psql leaves everything as it was.
                    script.write(b"\nCOMMIT;\n")
            if psql.wait() or restoring.returncode:
                said.seek(0)
                told.seek(0)
                error = (told.read() + said.read()).decode(errors="replace").strip()[-800:]
                raise Refused(
                    _("The database could not be written, and is as it was. Stop the portal first. {error}"),
                    error=error,
                )

    def settle(self) -> None:
        """Do what restoring leaves undone: PostgreSQL plans without statistics until it has them."""
        with connection.cursor() as cursor:
            cursor.execute("ANALYZE")

    def _program(self, name: str) -> str:
        """Return where a program of PostgreSQL is. Raises Refused when it is not here or too old for the server."""
        found = shutil.which(name)
        if found is None:
            raise Refused(
                _(
                    "{program} is not on this machine. Install PostgreSQL's client programs (postgresql-client)."
                ),
                program=name,
            )
        said = subprocess.run([found, "--version"], capture_output=True, text=True, check=False).stdout  # noqa: S603
        version = re.search(r"\) (\d+)", said)
        with connection.cursor() as cursor:
            cursor.execute("SHOW server_version_num")
            server = int(cursor.fetchone()[0]) // 10000
        if version is None or int(version.group(1)) < server:
            raise Refused(
                _(
                    "{program} here is of version {version}, but the server is PostgreSQL {server}. "
                    "Install client programs of version {server}."
                ),
                program=name,
                version=version.group(1) if version else "?",
                server=server,
            )
        return found

    def _where(self) -> list[str]:
        """Return the arguments that name server, user and database, the same for all three programs."""
        connection.ensure_connection()
        server = (
            connection.connection.info
        )  # Of several hosts, the one that takes writes and knows the snapshot.
        place = {**connection.settings_dict, "HOST": server.host, "PORT": server.port}
        arguments, _env = connection.client.settings_to_cmd_args_env(place, [])
        *options, database = arguments[1:]
        return [*options, f"--dbname={database}"]

    def _secrets(self) -> dict[str, str]:
        """Return the environment that carries the password: nobody reads it in a list of processes."""
        _args, env = connection.client.settings_to_cmd_args_env(connection.settings_dict, [])
        return {**os.environ, **(env or {}), "PGCLIENTENCODING": "UTF8"}


def _ask(question: str) -> Iterator[tuple]:
    with connection.chunked_cursor() as cursor:
        cursor.execute(question)
        while rows := cursor.fetchmany(500):
            yield from rows


def _run(command: list[str], env: dict[str, str]) -> None:
    result = subprocess.run(  # noqa: S603
        command, env=env, stdin=subprocess.DEVNULL, capture_output=True, text=True, check=False
    )
    if "No space left" in result.stderr:
        raise OSError(errno.ENOSPC, "No space left on device")
    if result.returncode:
        raise Refused(_("pg_dump failed: {error}"), error=result.stderr.strip()[-800:])
