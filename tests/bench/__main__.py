"""Measure the portal beside its peers, print one table and write latest.json.

`python -m tests.bench [--only list,nearest] [--places 1000,1000000]`. One part runs on SQLite in a temporary folder, one
on PostgreSQL and Redis with servers on loopback; both are made for the run and taken away. Ratios within one run count.
"""

import argparse
import json
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import psycopg
from psycopg import sql

from scripts import servers
from tests.bench import PARTS
from tests.bench.measuring import Row, table

LATEST = Path(__file__).resolve().parent / "latest.json"
ROOT = LATEST.parents[2]
SETTINGS = "tests.bench.settings"


def main() -> int:
    """Run and return the exit status: 0 even where a goal is missed, since a shared machine is noisy."""
    every = [name for names in PARTS.values() for name in names]
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--places", default="1000,100000,1000000", help="sizes for the nearest twenty")
    parser.add_argument("--only", default=",".join(every), help=f"some of: {', '.join(every)}")
    arguments = parser.parse_args()
    wanted = set(arguments.only.split(","))
    if unknown := wanted - set(every):
        parser.error(f"There is no part {', '.join(sorted(unknown))}. Parts are: {', '.join(every)}.")
    # Ended from outside it takes its databases away all the same.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(1))
    started = time.monotonic()
    rows: list[Row] = []
    absent: list[str] = []
    with tempfile.TemporaryDirectory(prefix="nuanxin-bench-") as name:
        folder = Path(name)
        # nginx gives its rights away; its files must be reachable all the same.
        folder.chmod(0o755)
        if wanted & set(PARTS["embedded"]):
            urls = {"DATABASE_URL": f"sqlite:///{folder / 'bench.sqlite3'}", "REDIS_URL": ""}
            _run("embedded", urls, folder, arguments, rows, absent)
        if wanted & set(PARTS["city"]):
            _on_servers(folder, arguments, rows, absent)
    print(table(rows, absent))
    load = os.getloadavg()[0]
    print(
        f"{time.monotonic() - started:.0f} s; load of the machine at the end {load:.1f}, {os.cpu_count()} cores"
    )
    if wanted == set(every):
        text = json.dumps([row.as_json() for row in rows], ensure_ascii=False, indent=1)
        LATEST.write_text(text + "\n", encoding="utf-8")
    return 0


def _on_servers(folder: Path, arguments: argparse.Namespace, rows: list[Row], absent: list[str]) -> None:
    """Run the part that needs PostgreSQL and Redis, on a database and keys of its own."""
    name = f"nuanxin_bench_{os.getpid()}"
    with servers.postgresql() as database, servers.redis_server() as redis:
        if database is None or redis is None:
            absent.append("everything over a socket: no PostgreSQL or no Redis was found or could be started")
            return
        with psycopg.connect(database.url, autocommit=True) as connection:
            connection.execute(sql.SQL("CREATE DATABASE {}").format(sql.Identifier(name)))
        url = f"{database.url.rpartition('/')[0]}/{name}"
        try:
            urls = {"DATABASE_URL": url, "REDIS_URL": redis.url, "REDIS_PREFIX": name}
            _run("city", urls, folder, arguments, rows, absent)
        finally:
            servers.forget_databases(database.url, name)
            servers.forget_keys(redis.url, name)


def _run(
    part: str,
    urls: dict[str, str],
    folder: Path,
    arguments: argparse.Namespace,
    rows: list[Row],
    absent: list[str],
) -> None:
    """Run a part in a process of its own, since Django holds to one database; add what it found."""
    found = folder / f"{part}.json"
    environment = {
        **{name: value for name, value in os.environ.items() if name not in {"DEBUG", "STATIC_BUILT"}},
        **urls,
        "MEDIA_ROOT": str(folder / f"media-{part}"),
        "CODE_KEYS_DIR": str(folder / f"keys-{part}"),
        "DJANGO_SETTINGS_MODULE": SETTINGS,
        "BENCH_FOLDER": str(folder),
    }
    command = [sys.executable, "-m", "tests.bench.part", part, arguments.only, arguments.places, str(found)]
    ended = subprocess.run(command, cwd=ROOT, env=environment, check=False)
    if ended.returncode or not found.exists():
        absent.append(f"what is left of the part “{part}”: it ended with {ended.returncode}")
    if found.exists():
        told = json.loads(found.read_text(encoding="utf-8"))
        rows += [Row(**values) for values in told["rows"]]
        absent += told["absent"]
    shutil.rmtree(folder / f"media-{part}", ignore_errors=True)


if __name__ == "__main__":
    sys.exit(main())
