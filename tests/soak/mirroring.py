"""One mirror: follows the feed over HTTP through servers that vanish, and remembers what it was told."""

import time
from typing import Any

import httpx


class Mirror:
    """A partner's copy; `held` is id → row, `last` the number of the last item read."""

    def __init__(self, base: str, question: str) -> None:
        self.base, self.question = base, question
        self.next = f"{base}/api/v1/changes/?{question}"
        self.held: dict[str, dict[str, Any]] = {}
        self.pages = self.broken = 0
        self.last = 0
        self.faults: list[str] = []
        self.client = httpx.Client(timeout=5)

    def page(self) -> bool:
        """Read a page; return whether the copy is current. A server that is away is asked again."""
        try:
            answer = self.client.get(self.next)
        except httpx.HTTPError:
            self.broken += 1
            time.sleep(0.1)
            return False
        if answer.status_code in {429, 502, 503}:
            self.broken += 1
            time.sleep(0.2)
            return False
        answer.raise_for_status()
        body = answer.json()
        for item in body["items"]:
            self.apply(item)
        self.pages += 1
        is_current = not body["items"] and body["next"] == self.next
        self.next = body["next"]
        return is_current

    def apply(self, item: dict[str, Any]) -> None:
        """Take an item into the copy; note one that comes out of order."""
        if item["seq"] <= self.last:
            self.faults.append(f"{item['seq']} came after {self.last}")
        self.last = item["seq"]
        if item["state"] == "deleted":
            self.held.pop(item["id"], None)
        else:
            self.held[item["id"]] = item["data"]

    def follow(self, seconds: float) -> None:
        """Follow for so many seconds, without a pause while there is something to read."""
        until = time.monotonic() + seconds
        while time.monotonic() < until:
            if self.page():
                time.sleep(0.02)

    def catch_up(self) -> None:
        """Read until the copy is current."""
        until = time.monotonic() + 60
        while not self.page():
            if time.monotonic() > until:
                self.faults.append("the feed never ended")
                return
