"""What a turnstile asks of the portal's API, over one connection that is kept."""

from typing import Any

import httpx

PATIENCE_S = 8.0


class Away(Exception):
    """The portal cannot be reached now, or asks for patience: go on by yourself and try again later."""


class Refused(Exception):
    """The portal refuses this device or this request; the text is the problem's code and sentence."""


class Portal:
    """The API of one portal with one key."""

    def __init__(self, address: str, key: str, transport: Any = None) -> None:
        self._client = httpx.Client(
            base_url=address.rstrip("/"),
            headers={"Authorization": f"Bearer {key}"},
            timeout=PATIENCE_S,
            transport=transport,
        )

    def sync(self, cursor: str, waiting: int) -> dict[str, Any]:
        """Return keys, list, terms and the server's time."""
        return self._ask("GET", "/api/v1/gates/sync/", params={"cursor": cursor, "waiting": waiting})

    def verify(self, scan: dict[str, Any]) -> dict[str, Any]:
        """Return the server's verdict on a code."""
        return self._ask("POST", "/api/v1/passes/", json=scan)

    def upload(self, rows: list[dict[str, Any]], waiting: int) -> list[dict[str, Any]]:
        """Return the answers for passes that waited."""
        body = {"rows": rows, "waiting": waiting}
        return self._ask("POST", "/api/v1/passes/batch/", json=body)["answers"]

    def close(self) -> None:
        """Close the connection."""
        self._client.close()

    def _ask(self, method: str, path: str, **more: Any) -> dict[str, Any]:
        try:
            answer = self._client.request(method, path, **more)
        except httpx.HTTPError as error:
            raise Away(str(error)) from error
        if answer.status_code == 429 or answer.status_code >= 500:
            raise Away(f"{answer.status_code}")
        try:
            body = answer.json()
        except ValueError as error:
            raise Away(f"{answer.status_code} without JSON") from error
        if answer.status_code != 200:
            raise Refused(f"{body.get('code', answer.status_code)}: {body.get('detail', '')}")
        return body
