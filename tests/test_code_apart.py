"""Codes on an origin of their own: what is served where."""

import pytest
from django.test import Client, override_settings

pytestmark = pytest.mark.django_db
APART = override_settings(
    PUBLIC_BASE_URL="https://portal.example",
    CODES_BASE_URL="https://code.portal.example",
    ALLOWED_HOSTS=["portal.example", "code.portal.example"],
)


@pytest.mark.parametrize(
    ("host", "path", "leads_to"),
    [
        ("code.portal.example", "/code/", ""),
        ("code.portal.example", "/code/state/", ""),
        ("code.portal.example", "/accounts/login/?next=/code/", ""),
        ("code.portal.example", "/accounts/again/?next=/code/", "/accounts/login/?next=%2Fcode%2F"),
        ("code.portal.example", "/accounts/signup/", ""),
        ("code.portal.example", "/api/v1/compounds/", ""),
        ("code.portal.example", "/healthz", ""),
        ("code.portal.example", "/admin/", "https://portal.example/admin/"),
        ("code.portal.example", "/accounts/staff/", "https://portal.example/accounts/staff/"),
        ("code.portal.example", "/?lang=en", "https://portal.example/?lang=en"),
        ("code.portal.example", "/canteens/", "https://portal.example/canteens/"),
        ("code.portal.example", "/api/v1/canteens/", "https://portal.example/api/v1/canteens/"),
        ("portal.example", "/code/?lang=en", "https://code.portal.example/code/?lang=en"),
        ("portal.example", "/guard/", "https://code.portal.example/guard/"),
        ("portal.example", "/g/abc/", "https://code.portal.example/g/abc/"),
        ("portal.example", "/compounds/", ""),
    ],
)
@APART
def test_each_page_has_one_origin(client: Client, host: str, path: str, leads_to: str) -> None:
    answer = client.get(path, headers={"Host": host})
    if leads_to:
        assert (answer.status_code, answer["Location"]) == (302, leads_to)
    else:
        assert answer.status_code == 200


@APART
def test_what_was_posted_to_the_other_origin_is_not_taken(client: Client) -> None:
    for host, path in (("portal.example", "/code/renew/"), ("code.portal.example", "/me/look/")):
        answer = client.post(path, "{}", content_type="application/json", headers={"Host": host})
        assert answer.status_code == 421
        assert answer.json()["error"] == "misdirected"


@APART
def test_workers_of_the_former_origin_are_told_to_leave(client: Client) -> None:
    for scope in ("code", "guard"):
        told = client.get(f"/{scope}/version.json", headers={"Host": "portal.example"}).json()
        assert told["kill"] is True
        told = client.get(f"/{scope}/version.json", headers={"Host": "code.portal.example"}).json()
        assert told["kill"] is False


@APART
def test_the_bar_of_the_portal_leads_to_the_origin_of_codes(client: Client) -> None:
    page = client.get("/rights/", headers={"Host": "portal.example"}).content.decode()
    assert 'class="bar-code" href="https://code.portal.example/code/"' in page


def test_without_the_setting_everything_is_at_one_origin(client: Client) -> None:
    assert client.get("/code/").status_code == 200
    assert 'class="bar-code" href="/code/"' in client.get("/rights/").content.decode()
