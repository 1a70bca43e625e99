"""People under whom things break: readers, and one clerk who writes until it is written."""

import contextlib
import itertools
import threading
import time
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import httpx

from tests.admin_form import fields_of

ADD = "/admin/canteens/canteen/add/"


@dataclass
class Tally:
    """What came of the requests since the last step."""

    requests: int = 0
    failed: int = 0
    slowest: float = 0.0
    written: int = 0
    repeated: int = 0
    faults: Counter[str] = field(default_factory=Counter)


class Crowd:
    """Threads that read pages, the API and pictures, and write; every answer is counted."""

    def __init__(self, address: str, session: str, paths: list[str]) -> None:
        self.address, self.session, self.paths = address, session, paths
        self.lock, self.over = threading.Lock(), threading.Event()
        self.tally = Tally()
        #: Names of listings that were acknowledged, and those that were tried.
        self.acknowledged: list[str] = []
        self.tried: list[str] = []
        self.last_write = time.monotonic()
        works: list[Callable[[], None]] = [self._read, self._read, self._read_signed_in, self._write]
        self.threads = [threading.Thread(target=work, daemon=True) for work in works]

    def __enter__(self) -> "Crowd":
        for thread in self.threads:
            thread.start()
        return self

    def __exit__(self, *_error: Any) -> None:
        self.over.set()
        for thread in self.threads:
            thread.join(20)

    def take(self) -> Tally:
        """Return what was counted since the last time."""
        with self.lock:
            taken, self.tally = self.tally, Tally()
        return taken

    def client(self, **options: Any) -> httpx.Client:
        """Return a client of the city's address, whose certificate nobody signed."""
        return httpx.Client(base_url=self.address, verify=False, timeout=15, **options)  # noqa: S501

    def _count(self, started: float, fault: str) -> None:
        with self.lock:
            self.tally.requests += 1
            self.tally.slowest = max(self.tally.slowest, time.monotonic() - started)
            if fault:
                self.tally.failed += 1
                self.tally.faults[fault] += 1

    def _get(self, client: httpx.Client, path: str, says: str = "") -> None:
        started = time.monotonic()
        try:
            answer = client.get(path)
            fault = "" if answer.status_code == 200 else f"{answer.status_code} {path}"
            if not fault and says and says not in answer.text:
                fault = f"{path} does not say {says}"
        except httpx.HTTPError as error:
            fault = f"{type(error).__name__} {path}"
        self._count(started, fault)

    def _read(self) -> None:
        paths = itertools.cycle(self.paths)
        with self.client() as client:
            while not self.over.wait(0.05):
                self._get(client, next(paths))

    def _read_signed_in(self) -> None:
        with self.client(cookies={"sessionid": self.session}) as client:
            while not self.over.wait(0.1):
                self._get(client, "/me/", "康桥")

    def _write(self) -> None:
        with self.client(cookies={"sessionid": self.session}, headers={"Referer": self.address}) as client:
            for number in itertools.count(1):
                if self.over.wait(0.1):
                    return
                form = self._form(client)
                if form is not None:
                    self._send(client, {**form, "name": f"演练食堂{number}"})

    def _form(self, client: httpx.Client) -> dict[str, Any] | None:
        while not self.over.is_set():
            with contextlib.suppress(httpx.HTTPError):
                answer = client.get(ADD)
                if answer.status_code == 200:
                    return fields_of(answer.text)
            time.sleep(0.1)
        return None

    def _send(self, client: httpx.Client, form: dict[str, Any]) -> None:
        """Send the same form until it is acknowledged, as a person presses "save" again."""
        self.tried.append(form["name"])
        for attempt in itertools.count():
            if self.over.is_set():
                return
            with contextlib.suppress(httpx.HTTPError):
                answer = client.post(ADD, data=form)
                if answer.status_code == 302:
                    self.last_write = time.monotonic()
                    self.acknowledged.append(form["name"])
                    with self.lock:
                        self.tally.written += 1
                        self.tally.repeated += attempt
                    return
            time.sleep(0.1)
