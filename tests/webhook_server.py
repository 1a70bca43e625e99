"""A partner's server for the tests: a real one on loopback, which keeps what it was sent and answers as it is told."""

import ssl
import threading
import time
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from ipaddress import ip_network
from typing import Any, NamedTuple

import pytest

from portal.accounts.models import Organisation
from portal.partners.models import Webhook
from portal.partners.webhooks import signing
from portal.partners.webhooks.nudging import Memo
from portal.partners.webhooks.numbers import feed_number


class Received(NamedTuple):
    """One request as it came."""

    path: str
    headers: dict[str, str]
    body: bytes


class PartnerServer:
    """Keeps every request; `status`, `headers`, `content`, `pause` and `before` say how the next are answered."""

    def __init__(self, tls: ssl.SSLContext | None = None) -> None:
        self.received: list[Received] = []
        self.status, self.headers, self.content, self.pause = 204, {}, b"", 0.0
        self.before: Callable[[], None] = lambda: None
        self.answer: Callable[[Any], None] | None = None
        owner = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["Content-Length"]))
                owner.received.append(Received(self.path, dict(self.headers.items()), body))
                owner.before()
                time.sleep(owner.pause)
                if owner.answer is not None:
                    owner.answer(self)
                    return
                self.send_response(owner.status)
                for name, value in owner.headers.items():
                    self.send_header(name, value)
                self.end_headers()
                self.wfile.write(owner.content)

            def do_GET(self) -> None:
                owner.received.append(Received(self.path, dict(self.headers.items()), b""))
                self.send_response(200)
                self.end_headers()

            def log_message(self, format: str, *args: Any) -> None:
                pass

        class Server(ThreadingHTTPServer):
            daemon_threads = True

            def handle_error(self, request: Any, client_address: Any) -> None:
                pass

        self.server = Server(("127.0.0.1", 0), Handler)
        if tls is not None:
            self.server.socket = tls.wrap_socket(self.server.socket, server_side=True)
        self.port = self.server.server_address[1]
        self.url = f"http://127.0.0.1:{self.port}/hooks"
        threading.Thread(
            target=self.server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True
        ).start()

    def close(self) -> None:
        """Answer nobody any more."""
        self.server.shutdown()
        self.server.server_close()


@pytest.fixture
def loopback(settings: Any) -> None:
    """Let webhooks lie on this machine."""
    settings.WEBHOOK_PRIVATE_ADDRESSES = [ip_network("127.0.0.0/8")]


@pytest.fixture
def partner_server(loopback: None) -> Iterator[PartnerServer]:
    """Return a partner's server to which the portal may speak."""
    server = PartnerServer()
    yield server
    server.close()


@pytest.fixture(autouse=True)
def _nothing_known() -> Iterator[None]:
    """Let every test begin, and end, with a process that knows of no webhook."""
    Memo.forget()
    yield
    Memo.forget()


def organisation(name: str = "地图平台") -> Organisation:
    """Return a partner."""
    return Organisation.objects.get_or_create(kind="platform", name=name)[0]


def make_webhook(url: str, owner: Organisation | None = None, **fields: Any) -> tuple[Webhook, str]:
    """Return a webhook that was told of everything so far, and its secret."""
    secret = signing.new_secret()
    fields.setdefault("told_seq", feed_number())
    row = Webhook.objects.create(
        organisation=owner or organisation(), url=url, secret=signing.sealed(secret), **fields
    )
    return row, secret
