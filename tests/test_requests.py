"""What is kept of a request: its number, one line of log without anything personal, and the metrics."""

import json
import logging
import re
import sys
from typing import Any

import pytest
import time_machine
from django.db import IntegrityError
from django.http import HttpResponse
from django.test import Client
from prometheus_client import REGISTRY

from portal.accounts import sms
from portal.accounts.models import User
from portal.running import room
from portal.running.logs import JsonFormatter, RequestNumber, clean, logging_settings
from portal.running.requests import HEADER
from tests.factories import make_canteen

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("regions")]


@pytest.fixture
def lines(monkeypatch: Any, settings: Any, tmp_path: Any) -> Any:
    """Return a function that gives everything written to the JSON log so far."""
    written = tmp_path / "log"
    out = written.open("a+", encoding="utf-8")
    made = logging_settings("json", "INFO", with_requests=True)
    handler = logging.StreamHandler(out)
    options = {key: value for key, value in made["formatters"]["json"].items() if key != "()"}
    handler.setFormatter(JsonFormatter(**options))
    handler.addFilter(RequestNumber())
    root, requests = logging.getLogger(), logging.getLogger("portal.requests")
    root.addHandler(handler)
    before = requests.level, root.level
    requests.setLevel(logging.INFO)
    root.setLevel(logging.INFO)
    settings.LOG_FORMAT = "json"
    monkeypatch.setattr("portal.running.requests._out", out.fileno)
    yield lambda: [json.loads(line) for line in written.read_text(encoding="utf-8").splitlines()]
    root.removeHandler(handler)
    requests.setLevel(before[0])
    root.setLevel(before[1])


def test_every_answer_names_its_number_and_the_log_names_the_same(client: Client, lines: Any) -> None:
    canteen = make_canteen()
    answer = client.get(f"/canteens/{canteen.public_id}/")
    [line] = [row for row in lines() if row["logger"] == "portal.requests"]
    assert line["request_id"] == answer[HEADER]
    assert re.fullmatch("[0-9a-f]{16}", answer[HEADER])
    assert (line["method"], line["route"], line["status"]) == ("GET", "canteens:detail", 200)
    assert line["ms"] > 0
    assert line["bytes"] > 1000
    other = client.get("/nothing/")
    assert other[HEADER] != answer[HEADER]
    assert {row["request_id"] for row in lines()[1:]} == {other[HEADER]}


@pytest.mark.parametrize(
    ("proxies", "given", "is_taken"),
    [(1, "a1b2c3d4e5f6", True), (0, "a1b2c3d4e5f6", False), (1, 'x"\n', False), (1, "a" * 65, False)],
)
def test_a_number_is_taken_only_from_a_trusted_proxy_and_in_its_form(
    client: Client, settings: Any, proxies: int, given: str, is_taken: bool
) -> None:
    settings.PROXIES = proxies
    assert (client.get("/healthz", HTTP_X_REQUEST_ID=given)[HEADER] == given) is is_taken


def test_a_fault_is_logged_under_the_number_that_the_page_shows(lines: Any, monkeypatch: Any) -> None:
    from portal.pages import views

    def fail(*args: Any, **kwargs: Any) -> None:
        raise RuntimeError("boom")

    monkeypatch.setattr(views, "render", fail)
    answer = Client(raise_request_exception=False).get("/rights/")
    assert answer.status_code == 500
    assert answer[HEADER] in answer.content.decode()
    faults = [row for row in lines() if row["level"] == "ERROR"]
    assert {row["request_id"] for row in faults} == {answer[HEADER]}
    assert "boom" in faults[0]["exc_info"]
    assert faults[0]["message"] == "Internal Server Error at rights"


PERSONAL = (
    "13800138000",
    "+8613800138000",
    "外卖小哥",
    "小哥食堂",
    "30.33",
    "120.16",
    "secret-token",
    "654321",
)


def test_the_log_holds_nothing_personal(lines: Any, monkeypatch: Any, partner: Any) -> None:
    from portal.listings.api import views

    client = Client(raise_request_exception=False)
    person = User.objects.create(name="外卖小哥", phone="+8613800138000")
    client.get("/search/", {"q": "小哥食堂"})
    client.get("/canteens/", {"near": "30.33,120.16"})
    client.get("/place/", {"near": "30.33,120.16"})
    client.get("/accounts/link/secret-token/")
    client.post("/accounts/login/", {"login": "13800138000"})
    client.post("/accounts/login/code/confirm/", {"code": "654321"})
    client.force_login(person)
    client.get("/me/")
    client.get("/nothing/外卖小哥/13800138000/")
    Client(headers=partner.headers).get("/api/v1/canteens/", {"q": "小哥食堂"})

    def fail(*args: Any) -> None:
        raise IntegrityError(
            "duplicate key\nDETAIL:  Key (phone)=(+8613800138000) already exists.\nfor 13800138000"
        )

    monkeypatch.setattr(views.rows, "plain_page", fail)
    Client(raise_request_exception=False, headers=partner.headers).get("/api/v1/canteens/")
    written = json.dumps(lines(), ensure_ascii=False)
    assert len(lines()) > 9
    assert [word for word in PERSONAL if word in written] == []
    assert partner.secret not in written


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("call 13800138000 now", "call [phone] now"),
        ("+86 138-0013-8000", "+86 138-0013-8000"),
        ("+8613800138000", "[phone]"),
        ("order 20261126138001380001", "order 20261126138001380001"),
        ("nx_0123abcd4567_AbC-_9", "[key]"),
        ("Authorization: Bearer abc.def", "Authorization: Bearer [secret]"),
        ("redis://user:pass@host:6379/0", "redis://[secret]@host:6379/0"),
        ("GET /search/?q=食堂&page=2 failed", "GET /search/?[query] failed"),
        ("DETAIL:  Key (phone)=(x) already exists.", "DETAIL:  Key (phone) [values]"),
        ("DETAIL:  Failing row contains (1, 外卖小哥).", "DETAIL: [row]"),
    ],
)
def test_an_exceptions_text_is_cleaned(text: str, shown: str) -> None:
    assert clean(text) == shown


def test_staff_are_named_by_their_post_and_nobody_else(clerk: User, lines: Any) -> None:
    client = Client()
    client.force_login(clerk)
    client.get("/admin/canteens/canteen/")
    client.get("/canteens/")
    told = [row for row in lines() if row["logger"] == "portal.requests"]
    assert told[0]["post"] == clerk.posts.get().pk
    assert "user" not in told[0]


def test_the_provider_of_messages_learns_the_number(client: Client, monkeypatch: Any, settings: Any) -> None:
    taken = {}

    class Answer:
        is_success = True

    def post(self: Any, *args: Any, **kwargs: Any) -> Answer:
        taken.update(self.headers)
        return Answer()

    settings.SMS_HTTP_URL = "https://sms.example/send"
    monkeypatch.setattr("httpx.Client.post", post)
    from portal.running.requests import _number

    token = _number.set("a1b2c3d4")
    sms.HttpBackend().send("+8613800138000", "hello")
    _number.reset(token)
    assert taken["x-request-id"] == "a1b2c3d4"


def count(route: str, status: str = "2xx") -> float:
    labels = {"route": route, "method": "GET", "status": status}
    return REGISTRY.get_sample_value("nuanxin_request_seconds_count", labels) or 0.0


def test_a_request_is_counted_by_its_route(client: Client) -> None:
    canteen = make_canteen()
    before = count("canteens:detail"), count("none", "4xx")
    client.get(f"/canteens/{canteen.public_id}/")
    client.get("/nothing/")
    assert (count("canteens:detail"), count("none", "4xx")) == (before[0] + 1, before[1] + 1)


@pytest.mark.parametrize(
    ("address", "forwarded", "status"),
    [
        ("10.0.0.7", None, 200),
        ("10.0.1.7", None, 404),
        ("127.0.0.1", "10.0.0.7", 200),
        ("127.0.0.1", "203.0.113.9", 404),
        ("127.0.0.1", "10.0.0.7, 203.0.113.9", 404),
        ("127.0.0.1", "what", 404),
        ("", None, 404),
    ],
)
def test_metrics_are_shown_only_to_addresses_that_are_named(
    client: Client, settings: Any, address: str, forwarded: str | None, status: int
) -> None:
    import ipaddress

    settings.METRICS_ALLOWED = [ipaddress.ip_network(name) for name in ("10.0.0.0/24", "127.0.0.1")]
    headers = {"HTTP_X_FORWARDED_FOR": forwarded} if forwarded else {}
    assert client.get("/metrics", REMOTE_ADDR=address, **headers).status_code == status


def test_metrics_are_shown_to_nobody_unless_it_was_said(client: Client) -> None:
    assert client.get("/metrics").status_code == 404


@time_machine.travel("2026-11-24T12:00:10+08:00", tick=False)
def test_metrics_tell_what_waits_for_the_clock(client: Client, settings: Any) -> None:
    import datetime as dt
    import ipaddress

    from django.core.management import call_command
    from django.utils import timezone

    from portal.listings.models import Listing

    settings.METRICS_ALLOWED = [ipaddress.ip_network("127.0.0.1")]
    canteen = make_canteen()
    Listing.objects.filter(pk=canteen.pk).update(next_change_at=timezone.now() - dt.timedelta(minutes=5))
    text = client.get("/metrics").content.decode()
    assert "nuanxin_due_listings 1.0" in text
    assert re.search(r"nuanxin_due_seconds 30\d\.", text)
    assert "nuanxin_primary_answers 1.0" in text
    assert re.search(r"nuanxin_change_number [1-9]", text)
    assert "nuanxin_tick_age_seconds" not in text
    call_command("tick", verbosity=0)
    text = client.get("/metrics").content.decode()
    assert "nuanxin_due_listings 0.0" in text
    assert re.search(r"^nuanxin_tick_age_seconds 0\.", text, re.M)


def test_a_node_that_is_about_to_stop_says_so(client: Client, settings: Any, tmp_path: Any) -> None:
    settings.DRAIN_FILE = str(tmp_path / "draining")
    assert client.get("/readyz").status_code == 200
    (tmp_path / "draining").touch()
    assert client.get("/readyz").status_code == 503
    assert client.get("/healthz").status_code == 200
    assert client.get("/canteens/").status_code == 200


def test_a_long_traceback_keeps_its_beginning_and_the_exception() -> None:
    frames = "".join(f'  File "deep.py", line {number}, in fall\n' for number in range(2_000))
    shown = clean(f"Traceback (most recent call last):\n{frames}ValueError: too deep for 13800138000")
    assert shown.startswith("Traceback (most recent call last):\n")
    assert shown.endswith("\nValueError: too deep for [phone]")
    assert "characters left out" in shown
    assert len(shown) < 20_100


def test_a_request_is_answered_in_one_large_piece_of_stack(client: Client, monkeypatch: Any) -> None:
    from portal.pages import views

    found = []

    def look(request: Any, *args: Any, **kwargs: Any) -> Any:
        frame: Any = sys._getframe()
        while frame:
            found.append((frame.f_code.co_name, frame.f_code.co_stacksize))
            frame = frame.f_back
        return HttpResponse("seen")

    monkeypatch.setattr(views, "render", look)
    assert client.get("/rights/").content == b"seen"
    names = [name for name, size in found if size >= room.WORDS]
    assert names == ["roomy"]
