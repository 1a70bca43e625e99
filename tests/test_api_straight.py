"""The straight way to the API: no session, no person, no language; pages and everything else go the long way."""

from types import SimpleNamespace
from typing import Any

import psycopg
import pytest
from django.conf import settings as portal_settings
from django.contrib.sessions.backends.base import SessionBase
from django.contrib.sessions.middleware import SessionMiddleware
from django.db import OperationalError, connection
from django.test import Client
from django.urls import get_resolver

from portal.partners.authentication import ApiKeyAuthentication
from portal.running import databases
from tests.factories import make_canteen

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("regions")]
STRAIGHT = "portal.listings.api.straight.StraightToApi"
API = [
    ("get", "/api/v1/", 200),
    ("get", "/api/v1/canteens/", 200),
    ("get", "/api/v1/canteens/?nothing=1", 400),
    ("get", "/api/v1/canteens/0000000000/", 404),
    ("get", "/api/v1/nowhere/", 404),
    ("get", "/api/v1/a%0Ab/", 404),
    ("get", "/api/v1/keys/", 200),
    ("get", "/api/v1/gates/sync/", 401),
    ("post", "/api/v1/passes/", 401),
    ("delete", "/api/v1/canteens/", 405),
    ("get", "/hsds/services", 200),
    ("get", "/hsds/nowhere", 404),
]
PAGES = [
    ("/api/v1/docs/", 200),
    ("/api/v1/schema/", 200),
    ("/api/v1/canteens", 301),
    ("/api/", 404),
    ("/", 200),
]


@pytest.fixture
def sessions(monkeypatch: Any) -> list[str]:
    """Return the paths for which the layer of sessions was passed."""
    passed: list[str] = []
    begin = SessionMiddleware.process_request

    def process_request(self: Any, request: Any) -> None:
        passed.append(request.path_info)
        begin(self, request)

    monkeypatch.setattr(SessionMiddleware, "process_request", process_request)
    return passed


def ask(method: str, path: str, **headers: str) -> Any:
    client = Client()
    client.cookies["sessionid"] = "of-nobody"
    return getattr(client, method)(path, headers={"Accept-Language": "en", **headers})


@pytest.mark.parametrize(("method", "path", "status"), API)
def test_an_address_of_the_api_never_touches_session_person_or_language(
    method: str, path: str, status: int, sessions: list[str], monkeypatch: Any
) -> None:
    def refuse(*_args: Any) -> Any:
        raise AssertionError("A session was looked at.")

    monkeypatch.setattr(SessionBase, "_get_session", refuse)
    answer = ask(method, path)
    assert answer.status_code == status
    assert sessions == []
    assert not hasattr(answer.wsgi_request, "session")
    assert not answer.cookies
    assert "Cookie" not in answer.headers.get("Vary", "")
    assert "Content-Language" not in answer.headers


@pytest.mark.parametrize(("path", "status"), PAGES)
def test_pages_and_all_that_is_not_the_api_go_the_long_way(
    path: str, status: int, sessions: list[str]
) -> None:
    answer = ask("get", path)
    assert answer.status_code == status
    assert len(sessions) == 1
    assert hasattr(answer.wsgi_request, "session")


def test_a_host_that_is_not_ours_is_refused_on_the_long_way(sessions: list[str]) -> None:
    assert ask("get", "/api/v1/canteens/", Host="evil.example").status_code == 400
    assert len(sessions) == 1


@pytest.mark.parametrize(("method", "path", "status"), API)
def test_both_ways_give_the_same_answer_with_the_same_headers(
    method: str, path: str, status: int, settings: Any
) -> None:
    make_canteen()
    found = []
    for layers in (
        portal_settings.MIDDLEWARE,
        [name for name in portal_settings.MIDDLEWARE if name != STRAIGHT],
    ):
        settings.MIDDLEWARE = layers
        answer = ask(method, path)
        assert answer.status_code == status
        headers = {name: value for name, value in answer.headers.items() if name != "X-Request-ID"}
        # A set: its order is the process's chance.
        headers["Content-Security-Policy"] = "; ".join(
            sorted(headers.get("Content-Security-Policy", "").split("; "))
        )
        found.append((list(headers.items()), answer.content if path != "/api/v1/" else b""))
    assert found[0] == found[1]


def test_no_view_of_the_api_asks_who_is_signed_in() -> None:
    views: list[Any] = []
    waiting = [get_resolver("portal.api")]
    while waiting:
        for pattern in waiting.pop().url_patterns:
            if hasattr(pattern, "url_patterns"):
                waiting.append(pattern)
            elif hasattr(pattern.callback, "cls"):
                views.append(pattern.callback.cls)
    assert len(views) > 10
    for view in views:
        assert set(view.authentication_classes) <= {ApiKeyAuthentication}


def test_a_straight_answer_keeps_no_language_of_the_page_before(settings: Any) -> None:
    client = Client()
    assert client.get("/?lang=en").headers["Content-Language"] == "en"
    before = client.get("/api/v1/nowhere/").content
    client.get("/?lang=zh-hans")
    assert client.get("/api/v1/nowhere/").content == before


def primary(monkeypatch: Any, **state: Any) -> SimpleNamespace:
    """Put in place of the primary one whose connection is as told; `closed` counts how often it was closed."""
    told: Any = SimpleNamespace(in_atomic_block=False, connection=object(), health_check_done=False, closed=0)
    told.__dict__.update(state)
    told.close = lambda: told.__dict__.update(closed=told.closed + 1)
    monkeypatch.setattr(databases, "connections", {databases.PRIMARY: told})
    return told


def question_that_fails(times: int) -> tuple[list[int], Any]:
    """Return a list that grows by each asking, and a question that a database does not answer at first."""
    asked: list[int] = []

    def question() -> str:
        asked.append(1)
        if len(asked) <= times:
            raise OperationalError("the server closed the connection unexpectedly")
        return "an answer"

    return asked, question


def test_the_first_question_finds_a_dead_connection_by_itself(monkeypatch: Any) -> None:
    told = primary(monkeypatch, is_usable=lambda: False)
    asked, question = question_that_fails(1)
    assert databases.ask_first(question) == "an answer"
    assert (len(asked), told.closed) == (2, 1)


def test_a_database_that_stays_away_is_asked_twice_and_no_more(monkeypatch: Any) -> None:
    primary(monkeypatch, is_usable=lambda: False)
    asked, question = question_that_fails(9)
    with pytest.raises(OperationalError):
        databases.ask_first(question)
    assert len(asked) == 2


@pytest.mark.parametrize(
    "state",
    [
        {"is_usable": lambda: True},
        {"is_usable": lambda: False, "health_check_done": True},
        {"is_usable": lambda: False, "in_atomic_block": True},
    ],
    ids=["alive", "looked at before", "within a transaction"],
)
def test_a_question_is_asked_again_only_of_a_connection_that_was_dead(state: Any, monkeypatch: Any) -> None:
    told = primary(monkeypatch, **state)
    asked, question = question_that_fails(1)
    with pytest.raises(OperationalError):
        databases.ask_first(question)
    assert (len(asked), told.closed) == (1, 0)


@pytest.mark.django_db(transaction=True)
@pytest.mark.skipif(connection.vendor != "postgresql", reason="a file has no server that ends connections")
def test_a_connection_that_the_server_ended_is_opened_anew(monkeypatch: Any) -> None:
    def question() -> int:
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_backend_pid()")
            return int(cursor.fetchone()[0])

    first = question()
    connection.health_check_done = False
    with psycopg.connect(**other_way()) as other:
        other.execute("SELECT pg_terminate_backend(%s)", [first])
        other.execute("SELECT pg_sleep(0)")
    assert databases.ask_first(question) != first


def other_way() -> dict[str, Any]:
    """Return how to reach the same database by another connection."""
    told = connection.get_connection_params()
    return {name: told[name] for name in ("host", "port", "user", "password", "dbname") if told.get(name)}
