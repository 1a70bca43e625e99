"""Calling the portal in this process and measuring processor time, interleaved, as medians."""

import io
import statistics
import sys
import time
from collections.abc import Callable
from dataclasses import asdict, dataclass
from typing import Any


@dataclass(frozen=True)
class Row:
    """One line of the table; `ratio` is how many times cheaper the portal is, unless the name says otherwise."""

    name: str
    ours_ms: float
    peer_ms: float
    ratio: float
    goal: float
    holds: bool

    def as_json(self) -> dict[str, Any]:
        found = asdict(self)
        return {"name": found["name"], "ratio": round(self.ratio, 3), "goal": self.goal, "holds": self.holds}


class Caller:
    """A WSGI server without a socket."""

    def __init__(self) -> None:
        from django.core.wsgi import get_wsgi_application

        self.application = get_wsgi_application()

    def get(self, path: str, query: str = "", **headers: str) -> tuple[int, dict[str, str], bytes]:
        environ = {
            "REQUEST_METHOD": "GET",
            "PATH_INFO": path,
            "QUERY_STRING": query,
            "SERVER_NAME": "localhost",
            "SERVER_PORT": "80",
            "SERVER_PROTOCOL": "HTTP/1.1",
            "REMOTE_ADDR": "127.0.0.1",
            "wsgi.input": io.BytesIO(),
            "wsgi.errors": sys.stderr,
            "wsgi.url_scheme": "http",
            **headers,
        }
        answered: dict[str, Any] = {}

        def start(status: str, headers: list[tuple[str, str]], exc_info: Any = None) -> None:
            answered.update(status=int(status[:3]), headers=dict(headers))

        response = self.application(environ, start)
        body = b"".join(response)
        response.close()
        return answered["status"], answered["headers"], body


def compare(calls: list[Callable[[], Any]], rounds: int = 15, batch: int = 10) -> list[float]:
    """Return the median processor milliseconds of each call, taken in turns so that noise falls on all alike."""
    for call in calls:
        call()
    taken: list[list[float]] = [[] for _call in calls]
    for _round in range(rounds):
        for index, call in enumerate(calls):
            started = time.process_time()
            for _number in range(batch):
                call()
            taken[index].append((time.process_time() - started) / batch * 1000)
    return [statistics.median(found) for found in taken]
