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
    """One line of the table: the portal's figure, what stands beside it, and their ratio.

    `sense` says what the goal is: ">=" at least, "<=" at most, "" for a figure that is only shown for comparison.
    """

    name: str
    ours: float
    beside: float
    ratio: float
    goal: float
    sense: str = ">="
    unit: str = "ms"

    @property
    def holds(self) -> bool:
        """Say whether the goal is reached."""
        return {">=": self.ratio >= self.goal, "<=": self.ratio <= self.goal, "": True}[self.sense]

    @property
    def verdict(self) -> str:
        """Return the last column."""
        return ("holds" if self.holds else "MISSED") if self.sense else "compare"

    def as_json(self) -> dict[str, Any]:
        """Return what latest.json holds of it."""
        return {"name": self.name, "ratio": round(self.ratio, 3), "goal": self.goal, "holds": self.holds}

    def as_values(self) -> dict[str, Any]:
        """Return every field, to hand a row from one process to another."""
        return asdict(self)


def table(rows: list[Row], absent: list[str]) -> str:
    """Return the rows as text, and under them what could not be measured and why."""
    width = max((len(row.name) for row in rows), default=0)
    lines = [f"{'':<{width}}  {'portal':>12}  {'beside it':>12}  {'ratio':>7}  {'goal':>8}"]
    for row in rows:
        ours, beside = (f"{value:.2f} {row.unit}".rstrip() for value in (row.ours, row.beside))
        goal = f"{row.sense} {row.goal:g}" if row.sense else ""
        lines.append(
            f"{row.name:<{width}}  {ours:>12}  {beside:>12}  {row.ratio:7.2f}  {goal:>8}  {row.verdict}"
        )
    return "\n".join([*lines, *(f"not measured: {reason}" for reason in absent)])


class Caller:
    """A WSGI server without a socket."""

    def __init__(self) -> None:
        from django.core.wsgi import get_wsgi_application

        self.application = get_wsgi_application()

    def get(self, path: str, query: str = "", **headers: str) -> tuple[int, dict[str, str], bytes]:
        """Return status, headers and body."""
        return self.call(path, b"", REQUEST_METHOD="GET", QUERY_STRING=query, **headers)

    def post(self, path: str, body: bytes, **headers: str) -> tuple[int, dict[str, str], bytes]:
        """Send JSON; return status, headers and body."""
        described = {"CONTENT_TYPE": "application/json", "CONTENT_LENGTH": str(len(body))}
        return self.call(path, body, REQUEST_METHOD="POST", QUERY_STRING="", **described, **headers)

    def call(self, path: str, sent: bytes, **headers: str) -> tuple[int, dict[str, str], bytes]:
        """Return status, headers and body."""
        environ = {
            "PATH_INFO": path,
            "SERVER_NAME": "localhost",
            "SERVER_PORT": "80",
            "SERVER_PROTOCOL": "HTTP/1.1",
            "REMOTE_ADDR": "127.0.0.1",
            "wsgi.input": io.BytesIO(sent),
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


def compare(
    calls: list[Callable[[], Any]],
    rounds: int = 15,
    batch: int = 10,
    clock: Callable[[], float] = time.process_time,
) -> list[float]:
    """Return the median milliseconds of each call, taken in turns so that noise falls on all alike."""
    for call in calls:
        call()
    taken: list[list[float]] = [[] for _call in calls]
    for _round in range(rounds):
        for index, call in enumerate(calls):
            started = clock()
            for _number in range(batch):
                call()
            taken[index].append((clock() - started) / batch * 1000)
    return [statistics.median(found) for found in taken]
