"""Run writers, mirrors and a server that is killed now and then, on a migrated empty database; say what differs."""

import os
import signal
import subprocess
import sys
import threading
import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx

from scripts.servers import free_port
from tests.soak import QUESTIONS, ROOT, WRITERS
from tests.soak.mirroring import Mirror

EXPECTED = {
    QUESTIONS[0]: lambda row: True,
    QUESTIONS[1]: lambda row: row["street"]["code"] == "330105010",
    QUESTIONS[2]: lambda row: row["kind"] == "canteen" and row["state"] == "published",
}


@dataclass
class Outcome:
    """What came of it; it held when `faults` is empty."""

    written: int = 0
    killed: int = 0
    mirrors: list[Mirror] = field(default_factory=list)
    faults: list[str] = field(default_factory=list)

    def __str__(self) -> str:
        told = [f"{self.written} deeds by {WRITERS} writers, {self.killed} processes killed"]
        told += [
            f"mirror {one.asked}: {one.report.pages} pages, {len(one.held)} rows, {one.broken} answers lost"
            for one in self.mirrors
        ]
        return "\n".join([*told, *(self.faults or ["every mirror equals the database"])])


class Server:
    """The portal by granian on a port that stays the same; `kill` ends it as a power cut would."""

    def __init__(self, environment: dict[str, str]) -> None:
        self.environment, self.port = environment, free_port()
        self.base = f"http://127.0.0.1:{self.port}"
        self.start()

    def start(self) -> None:
        """Start, and wait until it answers."""
        binary = Path(sys.executable).parent / "granian"
        options = [
            "--interface",
            "wsgi",
            "--port",
            str(self.port),
            "--workers",
            "1",
            "--blocking-threads",
            "4",
        ]
        self.process = subprocess.Popen(
            [binary, *options, "--log-level", "error", "portal.wsgi:application"],
            cwd=ROOT,
            env=self.environment,
            start_new_session=True,
        )
        until = time.monotonic() + 60
        while time.monotonic() < until:
            try:
                if httpx.get(f"{self.base}/healthz", timeout=2).status_code == 200:
                    return
            except httpx.HTTPError:
                time.sleep(0.1)
        raise RuntimeError("the server did not start")

    def kill(self) -> None:
        """Kill it with all its children."""
        os.killpg(self.process.pid, signal.SIGKILL)
        self.process.wait()


def _writer(environment: dict[str, str], seed: int, seconds: float) -> subprocess.Popen:
    command = [sys.executable, "-m", "tests.soak.part", "write", str(seed), str(seconds)]
    return subprocess.Popen(
        command, cwd=ROOT, env=environment, stdout=subprocess.PIPE, text=True, start_new_session=True
    )


def soak(environment: dict[str, str], seconds: float, kill_every: float) -> Outcome:
    """Fill, write and mirror for so many seconds, then compare each mirror with the browse API."""
    subprocess.run([sys.executable, "-m", "tests.soak.part", "fill"], cwd=ROOT, env=environment, check=True)
    outcome = Outcome()
    server = Server(environment)
    try:
        outcome.mirrors = [Mirror(server.base, question) for question in QUESTIONS]
        ended = time.monotonic() + seconds
        readers = [threading.Thread(target=mirror.follow, args=[seconds]) for mirror in outcome.mirrors]
        writers = {seed: _writer(environment, seed, seconds) for seed in range(WRITERS)}
        for reader in readers:
            reader.start()
        seed = WRITERS
        while (left := ended - time.monotonic()) > 0:
            time.sleep(min(kill_every, left))
            if (left := ended - time.monotonic()) < kill_every / 2:
                break
            server.kill()
            victim = writers.pop(next(iter(writers)))
            os.killpg(victim.pid, signal.SIGKILL)
            victim.communicate()
            outcome.killed += 2
            server.start()
            writers[seed] = _writer(environment, seed, left)
            seed += 1
        for writer in writers.values():
            outcome.written += int((writer.communicate()[0] or "0").strip() or 0)
            if writer.returncode:
                outcome.faults.append(f"a writer ended with {writer.returncode}")
        for reader in readers:
            reader.join()
        compare(server.base, outcome)
    finally:
        server.kill()
    return outcome


def compare(base: str, outcome: Outcome) -> None:
    """Let every mirror catch up and hold it against the browse API."""
    rows = browse(base)
    for mirror in outcome.mirrors:
        mirror.catch_up()
        outcome.faults += mirror.report.faults
        wanted = {id_: row for id_, row in rows.items() if EXPECTED[mirror.asked](row)}
        for id_ in sorted(wanted.keys() | mirror.held.keys()):
            held, there = mirror.held.get(id_), wanted.get(id_)
            if there is None or held is None:
                outcome.faults.append(f"{mirror.asked}: {id_} is {'held' if held else 'missing'}")
            elif any(there.get(key) != value for key, value in held.items()):
                outcome.faults.append(f"{mirror.asked}: {id_} differs")


def browse(base: str) -> dict[str, dict[str, Any]]:
    """Return every row of the browse API by id."""
    found: dict[str, dict[str, Any]] = {}
    url: str | None = f"{base}/api/v1/listings/?page_size=200"
    while url:
        body = httpx.get(url, timeout=20).raise_for_status().json()
        found |= {row["id"]: row for row in body["results"]}
        url = body["next"]
    return found
