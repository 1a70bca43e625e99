"""`python -m tests.soak [--seconds 600] [--kill-every 20]` on PostgreSQL and Redis found or started on loopback."""

import argparse
import os
import subprocess
import sys
import tempfile

import psycopg
from psycopg import sql

from scripts import servers
from tests.soak import ROOT
from tests.soak.run import soak


def main() -> int:
    """Run and return 0 when every mirror equals the database, 2 where there is no PostgreSQL."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seconds", type=float, default=600)
    parser.add_argument("--kill-every", type=float, default=20)
    arguments = parser.parse_args()
    name = f"nuanxin_soak_{os.getpid()}"
    with (
        servers.postgresql() as database,
        servers.redis_server() as redis,
        tempfile.TemporaryDirectory(prefix="nuanxin-soak-") as folder,
    ):
        if database is None:
            print("No PostgreSQL was found or could be started.", file=sys.stderr)
            return 2
        with psycopg.connect(database.url, autocommit=True) as connection:
            connection.execute(sql.SQL("CREATE DATABASE {}").format(sql.Identifier(name)))
        url = f"{database.url.rpartition('/')[0]}/{name}"
        try:
            outcome = soak(
                environment(url, redis.url if redis else "", name, folder),
                arguments.seconds,
                arguments.kill_every,
            )
        finally:
            servers.forget_databases(database.url, name)
            if redis:
                servers.forget_keys(redis.url, name)
    print(outcome)
    return 1 if outcome.faults else 0


def environment(url: str, redis: str, name: str, folder: str) -> dict[str, str]:
    """Return what the processes of a soak are told, after migrating their database."""
    told = {
        **{key: value for key, value in os.environ.items() if key not in {"STATIC_BUILT"}},
        "DATABASE_URL": url,
        "REDIS_URL": redis,
        "REDIS_PREFIX": name,
        "MEDIA_ROOT": f"{folder}/media",
        "CODE_KEYS_DIR": f"{folder}/keys",
        "DJANGO_SETTINGS_MODULE": "portal.settings",
        "DEBUG": "1",
        "API_ANONYMOUS_PER_MINUTE": "1000000",
        "LOG_FORMAT": "line",
    }
    migrate = [sys.executable, "manage.py", "migrate", "--noinput", "--verbosity=0"]
    subprocess.run(migrate, cwd=ROOT, env=told, check=True)
    return told


if __name__ == "__main__":
    sys.exit(main())
