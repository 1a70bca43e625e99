"""Text messages over HTTP, against a server on this machine."""

import json
import threading
import time
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest

from portal.accounts import sms


class Provider(ThreadingHTTPServer):
    """Take messages and answer with the statuses it was told to."""

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.answers: list[int] = []
        self.taken: list[tuple[dict[str, str], str | None]] = []
        self.delay = 0.0


class _Handler(BaseHTTPRequestHandler):
    server: Provider

    def do_POST(self) -> None:
        body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        self.server.taken.append((body, self.headers.get("Authorization")))
        status = self.server.answers.pop(0) if self.server.answers else 202
        time.sleep(self.server.delay)
        try:
            if status:
                self.send_response(status)
                self.send_header("Content-Length", "0")
                self.end_headers()
        except (BrokenPipeError, ConnectionResetError):
            pass

    def log_message(self, *args: Any) -> None:
        """Keep quiet."""


@pytest.fixture
def provider(settings: Any) -> Iterator[Provider]:
    server = Provider()
    threading.Thread(target=server.serve_forever, daemon=True).start()
    settings.SMS_BACKEND = "portal.accounts.sms.HttpBackend"
    settings.SMS_HTTP_URL = f"http://127.0.0.1:{server.server_address[1]}/messages"
    settings.SMS_HTTP_TOKEN = "token-of-the-test"
    yield server
    server.shutdown()
    server.server_close()


def test_a_message_goes_out_once_with_the_token(provider: Provider) -> None:
    sms.send_sms("+8613800000001", "验证码 123456")
    assert provider.taken == [
        ({"phone": "+8613800000001", "text": "验证码 123456"}, "Bearer token-of-the-test")
    ]


def test_a_failing_server_is_tried_once_more(provider: Provider) -> None:
    provider.answers = [503, 200]
    sms.send_sms("+8613800000001", "x")
    assert len(provider.taken) == 2


@pytest.mark.parametrize(("answers", "attempts"), [([500, 500, 200], 2), ([400, 200], 1), ([0, 0, 200], 2)])
def test_a_refusal_is_final_and_repeated_failure_is_told(
    provider: Provider, answers: list[int], attempts: int, caplog: Any
) -> None:
    provider.answers = answers
    with pytest.raises(sms.SmsNotSent):
        sms.send_sms("+8613800000001", "123456")
    assert len(provider.taken) == attempts
    assert "13800000001" not in caplog.text
    assert "123456" not in caplog.text


def test_a_slow_answer_is_given_up_and_not_repeated(provider: Provider, monkeypatch: Any) -> None:
    monkeypatch.setattr(sms, "ANSWER_SECONDS", 0.2)
    provider.delay = 0.6
    with pytest.raises(sms.SmsNotSent):
        sms.send_sms("+8613800000001", "x")
    assert len(provider.taken) == 1


def test_nobody_listening_is_told(settings: Any) -> None:
    settings.SMS_BACKEND, settings.SMS_HTTP_URL = "portal.accounts.sms.HttpBackend", "http://127.0.0.1:9/"
    settings.SMS_HTTP_TOKEN = ""
    with pytest.raises(sms.SmsNotSent):
        sms.send_sms("+8613800000001", "x")
