"""Bring the database up to date, then run the portal, its tick and its worker until Ctrl-C.

Read from the environment: PORT (8000), HOST (127.0.0.1), SCALE (small or city, only for an empty database), HTTPS (1:
over TLS and for phones on the local network, which need it for their cameras). Every step may run again: a second
start changes nothing that people have entered.
"""

import contextlib
import ctypes
import datetime
import io
import os
import secrets
import signal
import socket
import subprocess
import sys
import time
import unicodedata
from dataclasses import dataclass, field
from pathlib import Path
from types import FrameType
from typing import Any

from scripts import catalog, certificate

ROOT = Path(__file__).resolve().parent.parent
REGIONS = "portal/regions/data/hangzhou/regions.csv"
NICKNAMES = "portal/regions/data/hangzhou/nicknames.csv"
#: A child that has ended is started again at most this often, in seconds.
RESTART_SECONDS = 10.0
#: The demo people of `load_demo` for whom sign-in links are printed.
PEOPLE = {
    "13800000001": "courier",
    "13800000002": "clerk of 康桥街道",
    "13800000003": "clerk of 闸弄口街道",
    "13800000004": "city admin",
    "13800000008": "property manager",
    "13800000009": "partner",
}
#: The property manager whose compound's guard is printed a link.
PROPERTY_MANAGER = "13800000008"


def main() -> int:
    """Prepare, start, print the links, wait; return the exit status."""
    is_https = os.environ.get("HTTPS", "") not in {"", "0"}
    port, host = os.environ.get("PORT", "8000"), os.environ.get("HOST", "127.0.0.1")
    if is_https and host == "127.0.0.1":
        host = "0.0.0.0"  # noqa: S104
    if not port.isdecimal() or not 0 < int(port) < 65536:
        return _refuse(f"PORT is a number from 1 to 65535, not {port!r}.")
    if os.environ.get("SCALE", "small") not in {"small", "city"}:
        return _refuse("SCALE is small or city.")
    if not _is_free(host, int(port)):
        return _refuse(f"Port {port} is taken. Choose another: make run PORT={int(port) + 1}")
    os.chdir(ROOT)
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "portal.settings")
    address = certificate.local_address() if is_https else "localhost"
    os.environ.setdefault("PUBLIC_BASE_URL", f"{'https' if is_https else 'http'}://{address}:{port}")
    if "DEBUG" not in os.environ:
        as_a_visitor_sees_it(host)
    catalog.compile_catalog()
    (ROOT / "staticfiles").mkdir(exist_ok=True)

    import django

    django.setup()
    prepare(os.environ.get("SCALE", "small"))
    tls = certificate.ensure(ROOT / "var" / "tls", address) if is_https else None
    return serve(host, port, tls)


def as_a_visitor_sees_it(host: str) -> None:
    """Show the portal's own error pages: debug off, with what a plain address on this machine needs instead."""
    hosts = {"localhost", "127.0.0.1", "[::1]", host}
    plain = {
        "DEBUG": "0",
        "SECRET_KEY": secret_key(),
        "ALLOWED_HOSTS": "*" if host in {"0.0.0.0", "::", ""} else ",".join(sorted(hosts)),  # noqa: S104
        "SECURE_SSL_REDIRECT": "0",
        "SECURE_HSTS_SECONDS": "0",
        "STAFF_SECOND_FACTOR": "0",
        "STATIC_BUILT": "0",
        "LOG_FORMAT": "line",
        "CODE_KEYS_DIR": str(ROOT / "var" / "keys"),
    }
    for name, value in plain.items():
        os.environ.setdefault(name, value)


def secret_key() -> str:
    """Return this checkout's own key, made at the first run and kept in var/."""
    path = ROOT / "var" / "secret_key"
    if not path.exists():
        path.parent.mkdir(parents=True, exist_ok=True)
        path.touch(mode=0o600)
        path.write_text(secrets.token_urlsafe(50), encoding="utf-8")
    return path.read_text(encoding="utf-8")


def prepare(scale: str) -> None:
    """Migrate and load what the portal needs; the demo city only where there are no listings yet."""
    from django.conf import settings
    from django.db import connections

    database = settings.DATABASES["default"]
    if database["ENGINE"].endswith("sqlite3"):
        Path(database["NAME"]).parent.mkdir(parents=True, exist_ok=True)
    command("migrate", interactive=False, verbosity=0)
    load_regions()
    year = datetime.date.today().year
    command("load_calendar", str(year), missing=True, confirm=True)
    # Next year counts once staff have held it against the State Council's notice.
    command("load_calendar", str(year + 1), missing=True)
    command("ensure_groups")
    command("rotate_code_keys", missing=True)
    from portal.listings.models import Listing

    if Listing.objects.exists():
        print(
            f"The database holds {Listing.objects.count()} listings already; nothing was loaded.", flush=True
        )
    else:
        command("load_demo", scale=scale)
        command("load_rights")
    connections.close_all()


def load_regions() -> None:
    """Load the tables of regions and of their nicknames, and renew what is found by a name that has changed."""
    from portal.regions.management.commands.load_regions import REPUBLISH

    told = command("load_regions", REGIONS) + command("load_nicknames", NICKNAMES)
    if REPUBLISH in told:
        command("republish")


def command(name: str, *arguments: str, **options: Any) -> str:
    """Run a management command in this process, say how long it took, and return what it printed."""
    from django.core.management import call_command

    started = time.monotonic()
    output = io.StringIO()
    call_command(name, *arguments, stdout=output, **options)
    print(f"{name:<18}{time.monotonic() - started:6.1f} s", flush=True)
    return output.getvalue()


def serve(host: str, port: str, tls: tuple[Path, Path] | None = None) -> int:
    """Run granian, the tick and the worker until one signal ends both; `tls` is a certificate and its key."""
    granian = [Path(sys.executable).parent / "granian", "--interface", "wsgi", "--host", host, "--port", port]
    granian += ["--workers", "1", "--blocking-threads", "4", "--log-level", "warning"]
    if tls:
        granian += ["--ssl-certificate", tls[0], "--ssl-keyfile", tls[1]]
    stopping = False

    def stop(_signal: int, _frame: FrameType | None) -> None:
        nonlocal stopping
        stopping = True

    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, stop)
    server = _start([*granian, "portal.wsgi:application"])
    kept = [
        Kept("tick", [sys.executable, "manage.py", "tick", "--loop"]),
        Kept("worker", [sys.executable, "manage.py", "db_worker", "--no-reload", "-v", "0"]),
    ]
    try:
        while not stopping and server.poll() is None and _is_free(host, int(port)):
            time.sleep(0.1)
        if not stopping and server.poll() is None:
            print_links()
        while not stopping and server.poll() is None:
            for child in kept:
                child.look()
            time.sleep(0.2)
    finally:
        for process in (server, *(child.process for child in kept)):
            _stop(process)
    return 0 if stopping else (server.returncode or 1)


@dataclass
class Kept:
    """A child that is started again when it has ended."""

    name: str
    arguments: list[Any]
    process: subprocess.Popen = field(init=False)
    started: float = field(init=False)

    def __post_init__(self) -> None:
        self._begin()

    def look(self) -> None:
        """Start the child again when it has ended and its last start was long enough ago."""
        if self.process.poll() is not None and time.monotonic() - self.started >= RESTART_SECONDS:
            print(
                f"The {self.name} has ended with {self.process.returncode} and is started again.", flush=True
            )
            self._begin()

    def _begin(self) -> None:
        self.process, self.started = _start(self.arguments), time.monotonic()


def print_links() -> None:
    """Print the portal's address, one sign-in link per demo person, and a fresh API key."""
    from django.conf import settings
    from django.core.management import CommandError, call_command

    lines = [("portal", settings.PUBLIC_BASE_URL)]
    wishes = [(label, ("login_link", phone)) for phone, label in PEOPLE.items()]
    wishes.append(("guard's phone", ("guard_link", PROPERTY_MANAGER)))
    wishes.append(("API key", ("issue_key", "--demo")))
    for label, arguments in wishes:
        output = io.StringIO()
        with contextlib.suppress(CommandError):
            call_command(*arguments, stdout=output)
        lines.append((label, output.getvalue().strip() or "none: the database holds other people"))
    print("\nSign-in links work once and for five minutes; `manage.py login_link PHONE` prints another.\n")
    for label, text in lines:
        width = sum(2 if unicodedata.east_asian_width(character) in "WF" else 1 for character in label)
        print(f"  {label}{' ' * (24 - width)}{text}")
    if settings.PUBLIC_BASE_URL.startswith("https://"):
        print("\nThe certificate is this checkout's own: a phone warns once; choose to go on.")
    print("\nCtrl-C ends the portal.", flush=True)


def _start(arguments: list[Any]) -> subprocess.Popen:
    """Start a child in a session of its own, so that Ctrl-C reaches it only through us; it ends when we die."""
    return subprocess.Popen(
        arguments, cwd=ROOT, stdin=subprocess.DEVNULL, start_new_session=True, preexec_fn=_end_with_parent
    )


def _end_with_parent() -> None:
    """Ask Linux for SIGTERM should the parent be killed outright; elsewhere do nothing."""
    with contextlib.suppress(OSError, AttributeError):
        ctypes.CDLL(None).prctl(1, signal.SIGTERM)


def _stop(process: subprocess.Popen) -> None:
    if process.poll() is None:
        process.terminate()
        try:
            process.wait(timeout=8)
        except subprocess.TimeoutExpired:
            with contextlib.suppress(ProcessLookupError):
                os.killpg(process.pid, signal.SIGKILL)
            process.wait()


def _is_free(host: str, port: int) -> bool:
    address = "127.0.0.1" if host in {"0.0.0.0", "::", ""} else host  # noqa: S104
    try:
        with socket.create_connection((address, port), timeout=1):
            return False
    except OSError:
        return True


def _refuse(sentence: str) -> int:
    print(sentence, file=sys.stderr)
    return 2


if __name__ == "__main__":
    sys.exit(main())
