"""Wrong requests get a sentence that says what to do, in both languages and always in one form."""

from typing import Any

import pytest
import time_machine
from django.test import Client

from portal.partners.models import ApiKey
from tests import api_places

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("regions")]

WRONG = [
    ("nonsense=1", "nonsense", "unknown_parameter"),
    ("page_size=201", "page_size", "too_large"),
    ("page_size=x", "page_size", "invalid"),
    ("page=0", "page", "invalid"),
    ("page=-1", "page", "invalid"),
    ("open_now=banana", "open_now", "invalid"),
    ("district=999999", "district", "invalid_choice"),
    ("state=draft", "state", "invalid_choice"),
    ("ordering=price", "ordering", "invalid_choice"),
    ("ordering=distance", "ordering", "needs_point"),
    ("near=120.18,30.28", "near", "swapped"),
    ("near=here", "near", "near"),
    ("near=30.28,120.18&radius=0", "radius", "radius"),
    ("radius=100", "radius", "needs_point"),
    ("bbox=120,30", "bbox", "box"),
    ("bbox=30.1,120.1,30.2,120.2", "bbox", "swapped"),
    ("crs=mars", "crs", "invalid_choice"),
    ("format=xml", "format", "unknown_format"),
    ("at=25:00", "at", "invalid"),
    ("at=0001-01-01T00:00:00Z", "at", "out_of_range"),
    ("at=2099-01-01T12:00", "at", "out_of_range"),
    ("updated_since=9999-12-31T23:59:59-12:00", "updated_since", "out_of_range"),
    ("price_max=1e400", "price_max", "max_value"),
    ("price_max=NaN", "price_max", "invalid"),
    ("serves=cats", "serves", "invalid_choice"),
    ("q=%ff", "q", "not_utf8"),
    ("%ff=1", "%ff", "not_utf8"),
    ("q=%00", "q", "null_character"),
    ("district=%00", "district", "null_character"),
    ("q=" + "长" * 61, "q", "max_length"),
]


def problem(response: Any) -> dict[str, Any]:
    """Return the body of an error after checking its form."""
    assert response["Content-Type"] == "application/problem+json"
    body = response.json()
    assert body["status"] == response.status_code
    assert {"type", "title", "status", "code", "detail", "zh", "en", "errors"} == set(body)
    assert any("\u4e00" <= letter <= "\u9fff" for letter in body["zh"])
    assert not any("\u4e00" <= letter <= "\u9fff" for letter in body["en"])
    assert response["Cache-Control"] == "no-store"
    return body


@pytest.mark.parametrize(("query", "field", "code"), WRONG)
def test_a_wrong_parameter_is_a_400_that_names_it(query: str, field: str, code: str) -> None:
    response = Client().get(f"/api/v1/canteens/?{query}")
    assert response.status_code == 400
    errors = problem(response)["errors"]
    assert {(error["field"], error["code"]) for error in errors} == {(field, code)}
    assert errors[0]["zh"] != errors[0]["en"]


def test_everything_that_is_wrong_is_said_at_once() -> None:
    body = problem(Client().get("/api/v1/canteens/?a=1&page_size=500&open_now=x&near=1"))
    assert {error["field"] for error in body["errors"]} == {"a", "page_size", "open_now", "near"}


@time_machine.travel("2026-11-23T12:00:10+08:00", tick=False)
def test_a_plus_sign_that_became_a_space_is_still_an_offset() -> None:
    assert Client().get("/api/v1/canteens/?at=2026-11-23T12:00:00+08:00").status_code == 200


def test_a_page_past_the_end_is_a_404_and_an_empty_first_page_is_not() -> None:
    assert Client().get("/api/v1/canteens/").status_code == 200
    response = Client().get("/api/v1/canteens/?page=2")
    assert response.status_code == 404
    assert problem(response)["code"] == "page_past_end"


@pytest.mark.parametrize(
    "path",
    ["nonsense/", "canteens/0000000000/", "canteens/short/", "canteens/a/b/c/", "listings/0000000000/"],
)
def test_an_address_without_anything_is_a_404_in_the_same_form(path: str) -> None:
    response = Client().get(f"/api/v1/{path}")
    assert response.status_code == 404
    assert problem(response)["code"] == "not_found"


def test_a_missing_slash_is_redirected() -> None:
    response = Client().get("/api/v1/canteens?page_size=2")
    assert (response.status_code, response["Location"]) == (301, "/api/v1/canteens/?page_size=2")


@pytest.mark.parametrize("method", ["post", "put", "patch", "delete", "options"])
def test_writing_is_a_405_that_names_what_is_allowed(method: str) -> None:
    response = getattr(Client(), method)("/api/v1/canteens/")
    assert response.status_code == 405
    assert response["Allow"] == "GET, HEAD"
    assert problem(response)["code"] == "method_not_allowed"


def test_a_wrong_key_is_a_401_and_a_key_without_the_scope_a_403(partner: Any) -> None:
    response = Client().get("/api/v1/canteens/", headers={"Authorization": "Bearer nx_000000000000_x"})
    assert response.status_code == 401
    assert response["WWW-Authenticate"].startswith("Bearer")
    assert problem(response)["code"] == "key_invalid"
    _key, secret = ApiKey.issue(organisation=partner.key.organisation, name="写", scopes=["passes:write"])
    response = Client().get("/api/v1/canteens/", headers={"Authorization": f"Bearer {secret}"})
    assert response.status_code == 403
    body = problem(response)
    assert body["code"] == "scope_missing"
    (error,) = body["errors"]
    assert error["field"] == "listings:read"
    assert "listings:read" in error["zh"] and "listings:read" in error["en"]


def test_a_format_nobody_offers_is_a_406() -> None:
    response = Client().get("/api/v1/canteens/", headers={"Accept": "text/html"})
    assert response.status_code == 406
    assert problem(response)["code"] == "not_acceptable"


def test_too_many_requests_are_a_429_with_retry_after_and_a_key_may_ask_more(
    settings: Any, partner: Any
) -> None:
    settings.API_ANONYMOUS_PER_MINUTE = 2
    settings.API_KEY_PER_MINUTE = 5
    response = Client().get("/api/v1/canteens/")
    while response.status_code != 429:
        response = Client().get("/api/v1/canteens/")
    assert 1 <= int(response["Retry-After"]) <= 60
    assert problem(response)["code"] == "throttled"
    assert Client().get("/api/v1/canteens/", headers=partner.headers).status_code == 200


def test_anonymous_reads_are_slower_than_those_of_a_key(settings: Any) -> None:
    assert 0 < settings.API_ANONYMOUS_PER_MINUTE < settings.API_KEY_PER_MINUTE


def test_a_mistake_of_ours_is_a_500_in_the_same_form_and_is_reported(monkeypatch: Any, caplog: Any) -> None:
    from portal.listings.api import views

    def fail(*args: Any) -> None:
        raise RuntimeError("boom")

    monkeypatch.setattr(views.rows, "lean_rows", fail)
    api_places.canteen()
    response = Client(raise_request_exception=False).get("/api/v1/canteens/")
    assert response.status_code == 500
    assert problem(response)["code"] == "server_error"
    assert "boom" in caplog.text
    assert b"boom" not in response.content
    with pytest.raises(RuntimeError):
        Client().get("/api/v1/canteens/")
