"""Lists and details of any kind: filters, empty states, banners, hours, ways there."""

import datetime as dt
from typing import Any

import pytest
import time_machine

from portal.listings import states
from portal.pages.templatetags.show import is_mobile
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
    assert "sms:" not in html
    assert '<p class="call">0571-12345</p>' in html
    for service in ("uri.amap.com", "apis.map.qq.com", "api.map.baidu.com"):
        assert service in html


@pytest.mark.parametrize(
    ("phone", "takes_messages"),
    [
        ("138 0000 0000", True),
        ("+86 13800000000", True),
        ("0571-86000000", False),
        ("12345", False),
        ("1380000000", False),
    ],
)
def test_a_text_message_is_offered_for_mobile_numbers_only(phone: str, takes_messages: bool) -> None:
    assert is_mobile(phone) is takes_messages


def test_a_mobile_number_can_be_written_to(client: Any) -> None:
    listing = places.canteen("康桥食堂", phone="13800000000")
    assert 'href="sms:13800000000"' in page(client, f"/canteens/{listing.public_id}/")


def test_the_print_view_leaves_out_hours_that_nobody_keeps(client: Any) -> None:
    unknown: dict[str, Any] = {"weekly_hours": [], "hours_exceptions": []}
    sentence = "还没有人告诉我们开放时间"
    flat = places.apartment("康桥公寓", hours=unknown)
    assert sentence not in page(client, f"/housing/{flat.public_id}/print/")
    canteen = places.canteen("康桥食堂", hours=unknown)
    assert sentence in page(client, f"/canteens/{canteen.public_id}/print/")


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
