"""A null character anywhere in a request is a 400 that helps, never a mistake of the portal."""

import pytest
from django.test import Client
from django.urls import Resolver404, resolve, reverse

from portal.accounts.models import User
from portal.regions.areas import area_names, find_area
from tests.factories import make_canteen

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("regions")]

ADDRESSES = [
    "/canteens/%00234567890/",
    "/canteens/?district=%00",
    "/stations/?amenity=%00",
    "/search/?q=a&kind=%00",
    "/media/%00.webp",
    "/static/%00.css",
    "/%00",
    "/healthz?%00",
]


@pytest.mark.parametrize("address", ADDRESSES)
def test_a_page_says_that_the_request_cannot_be_read(client: Client, address: str) -> None:
    response = client.get(address)
    assert response.status_code == 400
    assert "这个请求读不懂" in response.content.decode()
    assert response["Content-Security-Policy"]


@pytest.mark.parametrize(
    ("address", "code"),
    [
        ("/api/v1/canteens/%00/", "bad_request"),
        ("/api/v1/%00", "bad_request"),
        ("/api/v1/canteens/?q=%00", "invalid_query"),
        ("/api/v1/schema/?format=%00", "invalid_query"),
        ("/hsds/services/%00", "bad_request"),
        ("/hsds/services?search=%00", "invalid_query"),
    ],
)
def test_the_api_says_it_as_a_problem(client: Client, address: str, code: str) -> None:
    response = client.get(address)
    assert (response.status_code, response["Content-Type"]) == (400, "application/problem+json")
    assert response.json()["code"] == code


@pytest.mark.parametrize("name", ["place", "sessionid", "nuanxin_language", "a"])
def test_a_cookie_with_one_is_refused(client: Client, name: str) -> None:
    client.cookies.load('x="y"')
    response = client.get("/", headers={"Cookie": f'{name}="a:33010\\0005"'})
    assert response.status_code == 400


@pytest.mark.parametrize("address", ["/admin/canteens/canteen/?q=%00", "/admin/canteens/canteen/%00/change/"])
def test_staff_get_the_same_answer(client: Client, clerk: User, address: str) -> None:
    client.force_login(clerk)
    assert client.get(address).status_code == 400


@pytest.mark.parametrize("area", ["33\x00105", "\x00" * 6, "33010\uff15", "3301ab", "²²²²²²"])
def test_only_digits_are_the_code_of_an_area(client: Client, area: str) -> None:
    assert find_area(area) is None
    assert area_names([area]) == {}
    response = client.post(reverse("place"), {"area": area})
    assert response.status_code == 302


def test_a_place_has_ten_characters_of_its_alphabet(client: Client) -> None:
    canteen = make_canteen()
    assert client.get(f"/canteens/{canteen.public_id}/").status_code == 200
    for wrong in (canteen.public_id.lower() + "i", canteen.public_id + "0", "IIIIIIIIII", "ⅠⅠⅠⅠⅠⅠⅠⅠⅠⅠ"):
        with pytest.raises(Resolver404):
            resolve(f"/canteens/{wrong}/")
        assert client.get(f"/canteens/{wrong}/").status_code == 404
