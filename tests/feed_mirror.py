"""A partner's copy of the feed, kept as the documentation says: nothing else is known of the portal."""

from typing import Any

from django.test import Client

HOST = "http://testserver"


class Mirror:
    """Read pages by following `next`; `held` is what the partner has."""

    def __init__(self, question: str = "", **headers: str) -> None:
        self.client, self.headers = Client(), headers
        self.next = f"/api/v1/changes/?{question}"
        self.held: dict[str, dict[str, Any]] = {}
        self.seen: list[int] = []

    def page(self) -> list[dict[str, Any]]:
        """Read one page and apply it; return its items."""
        answer = self.client.get(self.next, headers=self.headers)
        assert answer.status_code == 200, answer.content
        body = answer.json()
        for item in body["items"]:
            self.seen.append(item["seq"])
            if item["state"] == "deleted":
                self.held.pop(item["id"], None)
            else:
                self.held[item["id"]] = item["data"]
        self.is_current = not body["items"] and body["next"].removeprefix(HOST) == self.next
        self.next = body["next"].removeprefix(HOST)
        return body["items"]

    def catch_up(self, most: int = 1000) -> "Mirror":
        """Read on until a page says that the copy is current."""
        for _page in range(most):
            self.page()
            if self.is_current:
                return self
        raise AssertionError("the feed never ended")

    @property
    def names(self) -> set[str]:
        """Return the names of what is held."""
        return {row["name"] for row in self.held.values()}
