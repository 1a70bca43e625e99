"""Lists narrowed: which filters a page offers, and what it says to a question that it cannot answer."""

from typing import Any

import pytest
import time_machine
from django.urls import reverse

from portal.listings.kinds import listing_models
from tests import pages_places as places
from tests.pages_places import at
from tests.test_pages_listings import page

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _noon(regions: Any) -> Any:
    with time_machine.travel(at("12:00"), tick=False):
        yield


@pytest.mark.parametrize("path", ["/canteens/", "/search/"])
def test_a_page_past_the_end_shows_the_last_one_and_says_so(client: Any, path: str) -> None:
    places.canteen("康桥食堂")
    html = page(client, path, q="康桥", page="99")
    assert "康桥食堂" in html
    assert "没有第 99 页，这是最后一页" in html
    assert "这是第一页" in page(client, path, q="康桥", page="x")
    first = page(client, path, q="康桥", page="1")
    assert "这是第一页" not in first and "这是最后一页" not in first


@pytest.mark.parametrize("path", ["/canteens/", "/search/"])
def test_broken_bytes_are_not_searched_for(client: Any, path: str) -> None:
    places.canteen("康桥食堂")
    html = client.get(f"{path}?q=%BF%B5%C7%C5").content.decode()
    assert "请重新输入" in html
    assert "没有找到" not in html
    assert "没有同时符合" not in html


@pytest.mark.parametrize(
    ("path", "query", "sentence"),
    [
        ("/canteens/", {"price_max": "abc"}, "“套餐不超过（元）”请写 0 到 9999 之间的数字，例如 10。"),
        ("/canteens/", {"price_max": "-1"}, "“套餐不超过（元）”请写 0 到 9999 之间的数字，例如 10。"),
        ("/canteens/", {"serves": "cats"}, "请写以下之一：everyone, couriers, with_code。"),
        ("/canteens/", {"ordering": "price"}, "请写以下之一：name, -name, updated, -updated, distance。"),
        ("/canteens/", {"state": "draft"}, "请写以下之一：published, paused。"),
        ("/canteens/", {"crs": "mars"}, "请写以下之一：wgs84, gcj02, bd09。"),
        ("/canteens/", {"q": "长" * 61}, "最多 60 个字"),
        ("/housing/", {"rent_max": "1e9"}, "“月租不超过（元）”请写 0 到 99999 之间的数字，例如 1200。"),
        ("/housing/", {"programme": "x"}, "请写以下之一：blue_collar, riders_home, warm_home。"),
        ("/housing/", {"basis": "x"}, "请写以下之一：flat, room, bed。"),
        ("/stations/", {"amenity": "sauna"}, "没有“sauna”这种设施。请写设施代码，例如 water。"),
    ],
)
def test_a_wrong_value_is_answered_with_what_to_write(
    client: Any, path: str, query: dict[str, str], sentence: str
) -> None:
    html = page(client, path, **query)
    assert sentence in html.split('role="alert"')[1].split("</div>")[0]


def test_every_kind_that_keeps_hours_can_be_narrowed_to_what_is_open(client: Any) -> None:
    prefixes = {"apartment": "housing", "canteen": "canteens", "station": "stations", "compound": "compounds"}
    for model in listing_models():
        html = page(client, f"/{prefixes[model.kind_name]}/")
        assert ("?open_now=true" in html) == ("hours" in model.fact_groups), model


def test_canteens_can_be_narrowed_by_discount_and_by_whom_they_serve(client: Any) -> None:
    off = {"discounts": [{"percent_off": 20, "starts": None, "ends": None, "note": ""}]}
    places.canteen("甲食堂", serves="everyone", discounts=off)
    places.canteen("乙食堂", serves="couriers")
    html = page(client, "/canteens/", discount="true", serves="everyone")
    assert 'name="discount"' in html
    assert 'name="serves"' in html
    assert "甲食堂" in html
    assert "乙食堂" not in html


def test_a_choice_that_narrows_nothing_says_so_in_words(client: Any) -> None:
    for plural in ("canteens", "apartments", "stations", "compounds"):
        content = client.get(reverse(f"{plural}:list")).content.decode()
        assert "不限" in content
        assert "------" not in content
