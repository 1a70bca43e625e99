"""The portal that `make lighthouse` measures: the whole demo city at lunch time, served as a city serves it.

Database, pictures and collected static files lie in a folder of their own that is thrown away afterwards.
"""

import contextlib
import datetime as dt
import os
import secrets
import subprocess
import sys
import time
import urllib.request
from collections.abc import Callable, Iterator
from functools import cache
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from scripts.servers import free_port

ROOT = Path(__file__).resolve().parent.parent
BEIJING = ZoneInfo("Asia/Shanghai")
#: The home page is fullest at lunch.
LUNCH = dt.time(11, 42)


def application(environ: dict[str, Any], start_response: Callable[..., Any]) -> Any:
    """Answer a request at lunch time; granian serves this."""
    return _portal()(environ, start_response)


@cache
def _portal() -> Any:
    at_lunch()
    from portal.wsgi import application as portal

    return portal


def at_lunch() -> None:
    """Let the clock of this process go on from lunch time of the present day."""
    import time_machine

    today = dt.datetime.now(BEIJING).date()
    time_machine.travel(dt.datetime.combine(today, LUNCH, BEIJING), tick=True).start()


def prepare() -> None:
    """Load the city and collect the static files (in a child of the script)."""
    at_lunch()
    import django

    from scripts import catalog, serve

    catalog.compile_catalog()
    django.setup()
    serve.prepare("city")
    serve.command("collectstatic", interactive=False, verbosity=0)


@contextlib.contextmanager
def city(place: Path) -> Iterator[str]:
    """Yield the address of the running portal whose files lie in `place`."""
    port = str(free_port())
    address = f"http://localhost:{port}"
    environment = {
        **os.environ,
        "DJANGO_SETTINGS_MODULE": "portal.settings",
        "DEBUG": "0",
        "SECRET_KEY": secrets.token_urlsafe(50),
        "ALLOWED_HOSTS": "localhost",
        "SECURE_SSL_REDIRECT": "0",
        "SECURE_HSTS_SECONDS": "0",
        "STAFF_SECOND_FACTOR": "0",
        "STATIC_BUILT": "1",
        "STATIC_ROOT": str(place / "static"),
        "MEDIA_ROOT": str(place / "media"),
        "CODE_KEYS_DIR": str(place / "keys"),
        "DATABASE_URL": f"sqlite:///{place / 'city.sqlite3'}",
        "PUBLIC_BASE_URL": address,
        "LOG_LEVEL": "WARNING",
    }
    (place / "static").mkdir(exist_ok=True)
    subprocess.run([sys.executable, "-m", "scripts.lighthouse_portal"], cwd=ROOT, env=environment, check=True)
    granian: list[str | Path] = [
        Path(sys.executable).parent / "granian",
        "--interface",
        "wsgi",
        "--port",
        port,
    ]
    granian += ["--workers", "1", "--blocking-threads", "4", "--log-level", "warning"]
    server = subprocess.Popen(
        [*granian, "scripts.lighthouse_portal:application"],
        cwd=ROOT,
        env=environment,
        stdin=subprocess.DEVNULL,
    )
    try:
        _wait_for(address, server)
        yield address
    finally:
        server.terminate()
        server.wait(timeout=20)


def _wait_for(address: str, server: subprocess.Popen) -> None:
    for _attempt in range(120):
        with contextlib.suppress(OSError), urllib.request.urlopen(f"{address}/readyz", timeout=2):  # noqa: S310
            return
        if server.poll() is not None:
            break
        time.sleep(0.5)
    raise SystemExit("The portal did not start; run `make run` to see why.")


if __name__ == "__main__":
    prepare()
