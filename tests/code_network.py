"""A guard's phone that uploads what waits on it through a bad network: answers and requests get lost, come twice, late."""

import http.client
import json
import random
import threading
from collections import Counter
from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from typing import Any

from tests.code_server import PATIENCE_S, Server

Row = dict[str, Any]
LANES = 3
#: What becomes of a request, each as likely as it is often here.
FATES = ("fine", "fine", "fine", "lost", "unanswered", "twice", "late")
#: An answer for a row after which the phone forgets it; a quarantined row stays on its screen until acknowledged.
KEPT = {"created", "duplicate", "amended"}


@dataclass
class BadNetwork:
    """Three lanes at once between a phone and a server; what the dice say is about the same in every run."""

    server: Server
    secret: str
    dice: random.Random = field(default_factory=lambda: random.Random(4))
    waiting: dict[str, Row] = field(default_factory=dict)
    refused: dict[str, list[str]] = field(default_factory=dict)
    outcomes: Counter = field(default_factory=Counter)
    fates: Counter = field(default_factory=Counter)
    broken: int = 0
    _late: list[list[Row]] = field(default_factory=list)
    _lock: threading.RLock = field(default_factory=threading.RLock)
    _sent: threading.Event = field(default_factory=threading.Event)
    _up: threading.Event = field(default_factory=threading.Event)

    def upload(self, rows: Iterable[Row], *, at_once: int, kills: int) -> None:
        """Send until every row has its answer, then what came late; kill the server meanwhile and start it again."""
        self.waiting = {row["id"]: row for row in rows}
        self._up.set()
        killer = threading.Thread(target=self._kill, args=(kills,))
        killer.start()
        with ThreadPoolExecutor(LANES) as lanes:
            while self.waiting or killer.is_alive():
                list(lanes.map(self._deliver, [self._draw(at_once) for _lane in range(LANES)]))
            list(lanes.map(self.post, self._late))
        killer.join()

    def post(self, rows: list[Row]) -> list[Row] | None:
        """Return the answers for some rows; None when the server went away meanwhile."""
        body = json.dumps({"rows": rows, "waiting": len(self.waiting)}).encode()
        headers = {"Content-Type": "application/json", "X-Nuanxin": "1", "Cookie": f"nx_device={self.secret}"}
        wire = http.client.HTTPConnection("127.0.0.1", self.server.port, timeout=PATIENCE_S)
        try:
            wire.request("POST", "/guard/passes/", body, headers)
            self._sent.set()
            answer = wire.getresponse()
            said = json.loads(answer.read())
        except (OSError, http.client.HTTPException, json.JSONDecodeError):
            self.broken += 1
            return None
        finally:
            wire.close()
        assert answer.status == 200, said
        return said["answers"]

    def _draw(self, at_once: int) -> list[Row]:
        """Return some of what waits, in no order; nothing at last, while the server is still to be killed."""
        with self._lock:
            names = list(self.waiting)
            return [self.waiting[name] for name in self.dice.sample(names, min(at_once, len(names)))]

    def _deliver(self, rows: list[Row]) -> None:
        self._up.wait(PATIENCE_S)
        with self._lock:
            fate = self.dice.choice(FATES)
            self.fates[fate] += 1
        if fate == "late":
            self._late.append(rows)
        if fate in {"late", "lost"}:
            return
        if fate in {"twice", "unanswered"}:
            self.post(rows)
        if fate != "unanswered":
            self._forget(self.post(rows))

    def _forget(self, answers: list[Row] | None) -> None:
        """Take a row off the phone on an answer for that row only."""
        with self._lock:
            for answer in answers or ():
                self.outcomes[answer["outcome"]] += 1
                if answer["outcome"] not in KEPT:
                    self.refused[answer["id"]] = answer["reasons"]
                self.waiting.pop(answer["id"], None)

    def _kill(self, times: int) -> None:
        """Kill the server while requests are under way: as soon as one was sent, or a little later."""
        for _time in range(times):
            self._sent.clear()
            self._sent.wait(PATIENCE_S)
            threading.Event().wait(self.dice.random() * 0.15)
            self._up.clear()
            self.server.kill()
            self.server.start()
            self._up.set()
