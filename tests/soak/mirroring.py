"""One mirror: follows the feed over HTTP through servers that vanish, and remembers what it was told."""

import time
from urllib.parse import parse_qsl

import httpx

from portal.listings import mirroring


class Mirror(mirroring.Mirror):
    """A partner's copy that is read page by page; `broken` counts the answers that were lost."""

    def __init__(self, base: str, question: str) -> None:
        super().__init__(httpx.Client(base_url=base, timeout=5), parse_qsl(question))
        self.asked = question
        self.broken = 0

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
        body = answer.raise_for_status().json()
        for item in body["items"]:
            self.apply(item)
        self.report.pages += 1
        is_current = not body["items"] and body["next"] == self.next
        self.next = body["next"]
        return is_current

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
                self.report.faults.append("the feed never ended")
                return
