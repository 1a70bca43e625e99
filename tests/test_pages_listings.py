"""Lists and details of any kind: filters, empty states, banners, hours, ways there."""

import datetime as dt
from typing import Any

import pytest
import time_machine

from portal.listings import states
from tests import api_places
from tests import pages_places as places
from tests.pages_places import NEAR, at

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _noon(regions: Any) -> Any:
    with time_machine.travel(at("12:00"), tick=False):
        yield


def page(client: Any, path: str, **query: Any) -> str:
    """Return a page's text."""
    answer = client.get(path, query)
    assert answer.status_code == 200
    return answer.content.decode()


def test_a_list_can_be_narrowed_without_javascript_and_each_filter_taken_away(client: Any) -> None:
    places.canteen("康桥食堂")
    html = page(client, "/canteens/", district="330105", q="康桥")
    assert "康桥食堂" in html
    assert 'href="?q=%E5%BA%B7%E6%A1%A5"' in html
    assert 'href="?district=330105"' in html


def test_a_list_near_a_point_tells_distances_in_order(client: Any) -> None:
    places.canteen("远食堂", 1200)
    places.canteen("近食堂", 100)
    html = page(client, "/canteens/", near=NEAR)
    assert html.index("近食堂") < html.index("远食堂")
    assert "1.2 公里" in html


@pytest.mark.parametrize(
    ("query", "sentence", "step"),
    [
        ({}, "这里还没有登记点位", "/map/"),
        ({"open_now": "true"}, "现在都没有开放", "看接下来哪家开"),
        ({"near": NEAR}, "附近没有", "radius=20000"),
        ({"q": "没有这个"}, "没有同时符合这些条件的点位", "清除全部筛选"),
    ],
)
def test_every_empty_list_has_its_own_sentence_and_a_next_step(
    client: Any, query: dict[str, str], sentence: str, step: str
) -> None:
    html = page(client, "/stations/", **query)
    assert sentence in html
    assert step in html


def test_swapped_coordinates_are_explained_and_the_rest_is_still_shown(client: Any) -> None:
    places.canteen("康桥食堂")
    html = page(client, "/canteens/", near="120.15,30.36")
    assert 'role="alert"' in html
    assert "康桥食堂" in html


@pytest.mark.parametrize("path", ["/canteens/", "/search/"])
def test_a_page_past_the_end_shows_the_last_one_and_says_so(client: Any, path: str) -> None:
    places.canteen("康桥食堂")
    html = page(client, path, q="康桥", page="99")
    assert "康桥食堂" in html
    assert "没有第 99 页，这是最后一页" in html
    assert "这是第一页" in page(client, path, q="康桥", page="x")
    assert "这是" not in page(client, path, q="康桥", page="1")


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


def test_a_card_says_how_fresh_its_leading_fact_is(client: Any) -> None:
    listing = places.canteen("康桥食堂")
    places.confirm(listing, "price", at("09:00"))
    assert "3 小时前街道核实" in page(client, "/canteens/")
    with time_machine.travel(at("12:00") + dt.timedelta(days=41), tick=False):
        assert "41 天未核实" in page(client, "/canteens/")


def test_an_approximate_position_is_called_that(client: Any) -> None:
    listing = places.canteen("康桥食堂", accuracy="approximate")
    assert "位置为大概" in page(client, "/canteens/")
    assert "位置为大概：到了请看门牌或问一声" in page(client, f"/canteens/{listing.public_id}/")


def test_english_cards_keep_the_chinese_name_and_add_pinyin(client: Any) -> None:
    places.canteen("康桥食堂")
    client.cookies["django_language"] = "en"
    html = page(client, "/canteens/")
    assert "康桥食堂" in html
    assert "kangqiao" in html.lower().replace(" ", "")
    assert "Serving now" in html


def test_a_card_in_the_cache_does_not_leak_its_language(client: Any) -> None:
    places.canteen("康桥食堂")
    assert "示意图" in page(client, "/canteens/")
    client.cookies["django_language"] = "en"
    assert "示意图" not in page(client, "/canteens/")


def test_a_draft_has_no_page(client: Any) -> None:
    from canteens.models import Canteen

    listing = api_places.draft(Canteen, "草稿食堂")
    assert client.get(f"/canteens/{listing.public_id}/").status_code == 404


def test_a_paused_place_is_shown_as_paused_and_never_as_open(client: Any) -> None:
    listing = places.canteen("康桥食堂")
    states.move(listing=listing, to="paused", actor=None, reason="厨房检修", until=at("08:00", 26))
    html = page(client, f"/canteens/{listing.public_id}/")
    assert "厨房检修" in html
    assert "预计 周四 08:00 恢复" in html
    assert "供应中" not in html
    with time_machine.travel(at("12:00", 26), tick=False):
        assert "供应中" in page(client, f"/canteens/{listing.public_id}/")


def test_the_week_names_today_the_exceptions_and_open_ends(client: Any) -> None:
    hours = places.daily("11:00", None, is_open_end=True, label="lunch")
    hours["hours_exceptions"] = [
        {
            "starts_on": "2026-11-26",
            "ends_on": "2026-11-26",
            "rule": "closed",
            "opens": None,
            "closes": None,
            "is_open_end": False,
            "reason": "停电检修",
        }
    ]
    listing = places.canteen("康桥食堂", hours=hours)
    html = page(client, f"/canteens/{listing.public_id}/")
    assert "今天 周二" in html
    assert "午餐 11:00 起，售完为止" in html
    assert "停电检修" in html


def test_the_week_names_adjusted_workdays(client: Any) -> None:
    from portal.listings.calendars import load_year

    load_year(year=2026, confirm=True)
    listing = places.canteen("康桥食堂")
    with time_machine.travel("2026-10-05T12:00:00+08:00", tick=False):
        html = page(client, f"/canteens/{listing.public_id}/")
    assert "调休上班" in html
    assert "国庆节" in html


def test_unknown_hours_are_called_unknown(client: Any) -> None:
    listing = places.canteen("康桥食堂", hours={"weekly_hours": [], "hours_exceptions": []})
    html = page(client, f"/canteens/{listing.public_id}/")
    assert "时间未知" in html
    assert "还没有人告诉我们开放时间" in html


def test_a_detail_offers_the_call_the_number_and_three_ways_there(client: Any) -> None:
    listing = places.canteen("康桥食堂")
    html = page(client, f"/canteens/{listing.public_id}/")
    assert 'href="tel:057112345"' in html
    assert 'href="sms:057112345"' in html
    assert '<p class="call">0571-12345</p>' in html
    for service in ("uri.amap.com", "apis.map.qq.com", "api.map.baidu.com"):
        assert service in html


def test_the_print_view_has_a_qr_code_and_the_weekly_pattern(client: Any) -> None:
    listing = places.canteen("康桥食堂")
    html = page(client, f"/canteens/{listing.public_id}/print/")
    assert "<path" in html.split("扫码看今天的情况")[1].split("</section>")[0]
    assert '<th scope="row">每天</th><td><div>10:30–13:30</div>' in html
    assert f"/canteens/{listing.public_id}/" in html


def test_every_kind_has_list_and_detail(client: Any) -> None:
    for listing, prefix in (
        (places.canteen("甲"), "canteens"),
        (places.station("乙"), "stations"),
        (places.apartment("丙"), "housing"),
        (api_places.compound("丁"), "compounds"),
    ):
        assert listing.name in page(client, f"/{prefix}/")
        assert listing.name in page(client, f"/{prefix}/{listing.public_id}/")
