"""The portal in a process of its own that can be killed like a machine that loses its power, and started again.

granian serves it, as a city does; `CODE_SERVER_CLOCK` (Unix seconds) sets the clock of its process.
"""

import contextlib
import os
import sys
import time
import urllib.request
from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import Any

from scripts.servers import free_port
from tests.databases import Database
from tests.rehearsal.machines import Machine, wait

#: It counts only where a test fails, and machines are busy.
PATIENCE_S = 120
CLOCK = "CODE_SERVER_CLOCK"


def application(environ: dict[str, Any], start_response: Callable[..., Any]) -> Any:
    """Answer a request by the clock that was set; granian serves this."""
    return _portal()(environ, start_response)


@cache
def _portal() -> Any:
    if os.environ.get(CLOCK):
        import time_machine

        # One clock for every start: it goes on from where the first process began.
        ahead = float(os.environ[CLOCK]) - float(os.environ[f"{CLOCK}_SET"])
        time_machine.travel(time.time() + ahead, tick=True).start()
    from portal.wsgi import application as portal

    return portal


class Server:
    """A portal on the database that the tests share; `clock` is what its clock says now, in Unix seconds."""

    def __init__(self, database: Database, folder: Path, *, clock: float | None = None) -> None:
        self.port = free_port()
        self.kills = 0
        own = {
            "DEBUG": "0",
            "SECRET_KEY": "k" * 60,
            "ALLOWED_HOSTS": "localhost,127.0.0.1",
            "SECURE_SSL_REDIRECT": "0",
            "SESSION_COOKIE_SECURE": "0",
            "STATIC_BUILT": "0",
            "PUBLIC_BASE_URL": f"http://localhost:{self.port}",
            "LOG_LEVEL": "WARNING",
        }
        if clock is not None:
            own |= {CLOCK: repr(clock), f"{CLOCK}_SET": repr(time.time())}
        granian = ["--interface", "wsgi", "--host", "127.0.0.1", "--port", str(self.port)]
        granian += ["--workers", "1", "--blocking-threads", "4", "--log-level", "warning"]
        program = Path(sys.executable).parent / "granian"
        self.machine = Machine(
            "server",
            [program, *granian, "tests.code_server:application"],
            folder,
            database.environment(**own),
        )

    def start(self) -> "Server":
        """Start it and wait until it answers."""
        self.machine.start()
        wait(self.answers, PATIENCE_S, "the server")
        return self

    def answers(self) -> bool:
        """Say whether it answers; raise when its process has ended."""
        assert self.machine.runs(), self.machine.log.read_text()
        with (
            contextlib.suppress(OSError),
            urllib.request.urlopen(f"http://127.0.0.1:{self.port}/healthz", timeout=5),
        ):
            return True
        return False

    def kill(self) -> None:
        """Take its power away: SIGKILL to it and its children."""
        self.machine.kill()
        self.kills += 1
