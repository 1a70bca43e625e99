"""Media, health and what is shown when something goes wrong."""

from pathlib import Path
from typing import Any

import pytest
from django.core.files.base import ContentFile
from django.core.files.storage import storages
from django.db import DatabaseError, connection
from django.test import Client, RequestFactory

from portal.pages import health, views

ROOT = Path(__file__).resolve().parent.parent
pytestmark = pytest.mark.django_db


def test_media_never_grow_old_and_svg_cannot_run(client: Any) -> None:
    storage = storages["public"]
    name = storage.save("drawings/test.svg", ContentFile(b"<svg xmlns='http://www.w3.org/2000/svg'/>"))
    answer = client.get(f"/media/{name}")
    assert answer["Content-Type"] == "image/svg+xml"
    assert "immutable" in answer["Cache-Control"]
    assert answer["X-Content-Type-Options"] == "nosniff"
    assert "sandbox" in answer["Content-Security-Policy"]


@pytest.mark.parametrize("path", ["drawings/none.svg", "../private/a.webp", "a.html", "%2e%2e/settings.py"])
def test_media_serve_nothing_else(client: Any, path: str) -> None:
    assert client.get(f"/media/{path}").status_code == 404


def test_health_is_said_apart_from_readiness(client: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    assert client.get("/healthz").json() == {"status": "ok"}
    assert client.get("/readyz").status_code == 200

    def broken() -> bool:
        raise DatabaseError

    monkeypatch.setattr(connection, "cursor", broken)
    answer = health.readyz(RequestFactory().get("/readyz"))
    assert answer.status_code == 503
    assert b'"database": false' in answer.content
    assert health.healthz(RequestFactory().get("/healthz")).status_code == 200


def test_a_wrong_address_gets_a_page_that_helps(client: Any) -> None:
    answer = client.get("/nothing/")
    assert answer.status_code == 404
    assert "这个网址没有内容" in answer.content.decode()
    assert 'action="/search/"' in answer.content.decode()


def test_a_forbidden_page_names_the_next_step(client: Any, rf: Any, courier: Any) -> None:
    request = rf.get("/")
    request.user = courier
    answer = views.forbidden(request, PermissionError())
    assert answer.status_code == 403
    assert "你没有打开这个页面的权限" in answer.content.decode()


def test_our_own_fault_is_told_without_asking_the_database(rf: Any, django_assert_num_queries: Any) -> None:
    with django_assert_num_queries(0):
        answer = views.server_error(rf.get("/"))
        unreadable = views.bad_request(rf.get("/"), ValueError())
    assert answer.status_code == 500
    assert "12345" in answer.content.decode()
    assert unreadable.status_code == 400
    assert "这个请求读不懂" in unreadable.content.decode()


def test_a_form_without_its_token_is_told_to_try_again() -> None:
    answer = Client(enforce_csrf_checks=True).post("/place/", {"area": ""})
    assert answer.status_code == 403
    assert "请再提交一次" in answer.content.decode()


def test_every_behaviour_fits_sixty_lines() -> None:
    for module in (ROOT / "static" / "js").rglob("*.js"):
        assert len(module.read_text().splitlines()) <= 60, module.name


def test_the_old_name_of_the_icon_leads_to_it(client: Any) -> None:
    assert client.get("/favicon.ico")["Location"].endswith("/img/favicon.svg")
