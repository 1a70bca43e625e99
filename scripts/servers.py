"""Find a PostgreSQL, a Redis and a Chromium for the tests, or start throw-away servers.

A found server is only ever used under names of this run; nothing on it is flushed or dropped that the run did not make.
"""

import getpass
import os
import pwd
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import quote, urlsplit, urlunsplit

import psycopg
import redis
from psycopg import sql

#: Django 5.2 wants PostgreSQL 14 or newer.
OLDEST_POSTGRESQL = 140000


class Unusable(Exception):
    """A server that was named in the environment cannot be used; the text says why."""


@dataclass(frozen=True)
class Server:
    """A server to test on; `origin` says where it came from, for the person who reads the output."""

    url: str
    origin: str


def in_ci() -> bool:
    """Say whether CI is set: then a test that cannot run here fails instead of being skipped."""
    return os.environ.get("CI", "").lower() in {"1", "true", "yes"}


def chromium() -> str | None:
    """Return the machine's own Chromium, or None."""
    return shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")


def free_port() -> int:
    """Return a loopback port that nobody listens on right now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def is_free(port: int) -> bool:
    """Say whether nobody listens on this loopback port right now."""
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except (OSError, OverflowError):
            return False
    return True


@contextmanager
def postgresql() -> Iterator[Server | None]:
    """Yield the PostgreSQL of DATABASE_URL, else one found on loopback, else a throw-away one, else None.

    Raise Unusable when DATABASE_URL names a PostgreSQL that does not answer or may not create databases.
    """
    named = os.environ.get("DATABASE_URL", "")
    if named.startswith(("postgres", "psql", "pgsql")):
        url = urlunsplit(urlsplit(named)._replace(scheme="postgresql"))
        if reason := _postgresql_fault(url):
            raise Unusable(f"DATABASE_URL: {reason}")
        yield Server(url, "DATABASE_URL")
        return
    for url in _postgresql_candidates():
        if not _postgresql_fault(url):
            yield Server(url, "found on loopback")
            return
    with ExitStack() as stack:
        yield stack.enter_context(_own_postgresql()) if postgresql_binaries() else None


def _postgresql_candidates() -> list[str]:
    """Return the loopback addresses at which a developer's or a CI's PostgreSQL usually answers."""
    port = os.environ.get("PGPORT", "5432")
    password = os.environ.get("PGPASSWORD", "")
    users = dict.fromkeys([os.environ.get("PGUSER", "postgres"), "postgres", getpass.getuser()])
    logins = [f"{quote(user)}:{quote(password)}" if password else quote(user) for user in users]
    logins.append("postgres:postgres")
    return [f"postgresql://{login}@127.0.0.1:{port}/postgres" for login in logins]


def _postgresql_fault(url: str) -> str:
    """Return why the tests cannot use the server at `url`, or an empty string."""
    try:
        with psycopg.connect(url, connect_timeout=3) as connection:
            row = connection.execute(
                "SELECT rolcreatedb OR rolsuper FROM pg_roles WHERE rolname = current_user"
            ).fetchone()
            if not row or not row[0]:
                return "this user may not create databases, and the tests need one of their own."
            if connection.info.server_version < OLDEST_POSTGRESQL:
                return "PostgreSQL 14 or newer is needed."
    except (psycopg.Error, UnicodeError) as error:
        return str(error).strip() or type(error).__name__
    return ""


def postgresql_binaries() -> Path | None:
    """Return the newest folder that holds initdb and postgres, or None."""
    folders = sorted(
        Path("/usr/lib/postgresql").glob("*/bin"), key=lambda path: float(path.parent.name), reverse=True
    )
    folders += [Path("/usr/pgsql/bin"), Path("/opt/homebrew/opt/postgresql/bin")]
    if found := shutil.which("initdb"):
        folders.append(Path(found).resolve().parent)
    for folder in folders:
        if (folder / "initdb").exists() and (folder / "postgres").exists():
            return folder
    return None


@contextmanager
def _own_postgresql() -> Iterator[Server]:
    """Start a PostgreSQL in a temporary folder, as another user when we are root, and remove it at the end."""
    binaries = postgresql_binaries()
    assert binaries is not None  # noqa: S101
    identity = unprivileged()
    folder = Path(
        tempfile.mkdtemp(prefix="nuanxin-pg-", dir=None if not identity else open_temporary_folder())
    )
    data, log, port = folder / "data", folder / "log", free_port()
    if identity:
        os.chown(folder, identity["user"], identity["group"])
    options: dict[str, Any] = {
        "cwd": folder,
        "env": {"PATH": f"{binaries}:/usr/bin:/bin", "LC_ALL": "C.UTF-8", "HOME": str(folder)},
        "stdin": subprocess.DEVNULL,
        "stdout": subprocess.PIPE,
        "stderr": subprocess.STDOUT,
        **identity,
    }
    server = None
    try:
        initdb: list[str | Path] = [
            binaries / "initdb",
            "-D",
            data,
            "-U",
            "nuanxin",
            "-A",
            "trust",
            "-E",
            "UTF8",
            "--no-sync",
        ]
        made = subprocess.run([*initdb, "--locale=C.UTF-8"], text=True, **options)
        if made.returncode:
            shutil.rmtree(data, ignore_errors=True)
            made = subprocess.run([*initdb, "--no-locale"], text=True, **options)
        if made.returncode:
            raise Unusable(f"initdb failed: {made.stdout}")
        settings = {
            "port": port,
            "listen_addresses": "127.0.0.1",
            "unix_socket_directories": "",
            "fsync": "off",
            "full_page_writes": "off",
            "synchronous_commit": "off",
            "shared_buffers": "128MB",
            "max_connections": 200,
        }
        arguments = [part for name, value in settings.items() for part in ("-c", f"{name}={value}")]
        with log.open("wb") as output:
            server = subprocess.Popen(
                [binaries / "postgres", "-D", data, *arguments],
                start_new_session=True,
                **{**options, "stdout": output},
            )
        url = f"postgresql://nuanxin@127.0.0.1:{port}/postgres"
        _wait(lambda: not _postgresql_fault(url), server, log)
        yield Server(url, f"throw-away, from {binaries}")
    finally:
        _stop(server)
        shutil.rmtree(folder, ignore_errors=True)


def unprivileged() -> dict[str, Any]:
    """Return subprocess arguments for a user who may run PostgreSQL; empty unless we are root."""
    if os.geteuid() != 0:
        return {}
    for name in ("postgres", "nobody"):
        try:
            entry = pwd.getpwnam(name)
        except KeyError:
            continue
        return {"user": entry.pw_uid, "group": entry.pw_gid, "extra_groups": []}
    raise Unusable("PostgreSQL does not start as root, and neither postgres nor nobody exists to run it.")


def open_temporary_folder() -> str:
    """Return a temporary folder that other users can enter."""
    wanted = Path(tempfile.gettempdir())
    if all(folder.stat().st_mode & 0o001 for folder in [wanted, *wanted.parents]):
        return str(wanted)
    return "/var/tmp"  # noqa: S108


@contextmanager
def redis_server() -> Iterator[Server | None]:
    """Yield the Redis of REDIS_URL, else one found on loopback, else a throw-away one, else None.

    Raise Unusable when REDIS_URL does not answer.
    """
    if named := os.environ.get("REDIS_URL", ""):
        if not redis_answers(named):
            raise Unusable("REDIS_URL: no Redis answers there.")
        yield Server(named, "REDIS_URL")
        return
    usual = "redis://127.0.0.1:6379/0"
    if redis_answers(usual):
        yield Server(usual, "found on loopback")
        return
    binary = shutil.which("redis-server") or shutil.which("valkey-server")
    if binary is None:
        yield None
        return
    port = free_port()
    folder = Path(tempfile.mkdtemp(prefix="nuanxin-redis-"))
    url = f"redis://127.0.0.1:{port}/0"
    process = None
    try:
        with (folder / "log").open("wb") as output:
            process = subprocess.Popen(
                [binary, "--port", str(port), "--bind", "127.0.0.1", "--save", "", "--appendonly", "no"],
                cwd=folder,
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )
        _wait(lambda: redis_answers(url), process, folder / "log")
        yield Server(url, f"throw-away, from {binary}")
    finally:
        _stop(process)
        shutil.rmtree(folder, ignore_errors=True)


def redis_answers(url: str) -> bool:
    """Say whether a Redis answers at `url`."""
    try:
        with redis.Redis.from_url(url, socket_connect_timeout=2) as client:
            return bool(client.ping())
    except (redis.RedisError, ValueError, OSError):
        return False


def forget_databases(url: str, prefix: str) -> None:
    """Drop what an interrupted run left under its own `prefix`; what cannot be dropped is named, not raised."""
    try:
        with psycopg.connect(url, autocommit=True) as connection:
            rows = connection.execute(
                "SELECT datname FROM pg_database WHERE starts_with(datname, %s)", [prefix]
            )
            for (name,) in rows.fetchall():
                drop = sql.SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)").format(sql.Identifier(name))
                connection.execute(drop)
    except psycopg.Error as error:
        print(f"Test databases {prefix}* may be left over: {error}", file=sys.stderr)


def forget_keys(url: str, prefix: str) -> None:
    """Delete the keys that this run wrote."""
    try:
        with redis.Redis.from_url(url) as client:
            for key in client.scan_iter(match=f"{prefix}*", count=1000):
                client.delete(key)
    except redis.RedisError as error:
        print(f"Test keys {prefix}* may be left over: {error}", file=sys.stderr)


def _wait(ready: Callable[[], bool], process: subprocess.Popen, log: Path) -> None:
    """Wait up to 30 seconds until `ready()`; raise Unusable with the end of the log if the server does not come up."""
    for _attempt in range(150):
        if ready():
            return
        if process.poll() is not None:
            break
        time.sleep(0.2)
    raise Unusable(f"The throw-away server did not start: {log.read_text(errors='replace')[-800:]}")


def _stop(process: subprocess.Popen | None) -> None:
    """End a server, first kindly (SIGINT is PostgreSQL's fast shutdown)."""
    if process is None or process.poll() is not None:
        return
    process.send_signal(signal.SIGINT)
    try:
        process.wait(timeout=15)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()
