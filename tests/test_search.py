"""What a courier types, and what leads: the same on both engines."""

import json
import re
from typing import Any

import pytest
import time_machine
from django.core.cache import cache
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from canteens.found import shape_of
from portal.listings.models import Listing
from portal.listings.pinyin import readings
from portal.pages.places import whole_city
from portal.pages.search.catalogue import catalogue
from portal.pages.search.correcting import near
from portal.pages.search.understanding import understand
from portal.pages.search.views import Found
from tests import pages_places as places
from tests import search_city
from tests.pages_places import at

pytestmark = pytest.mark.django_db
NOON = at("12:00")


@pytest.fixture
def city(regions: Any) -> Any:
    """Return the small city at noon."""
    with time_machine.travel(NOON, tick=False):
        search_city.build()
        yield


def page(client: Client, typed: str, **more: str) -> str:
    """Return the search page."""
    return client.get("/search/", {"q": typed, **more}).content.decode()


def names(html: str) -> list[str]:
    """Return the names on the cards in order."""
    return re.findall(r'class="card-name"><a [^>]*>([^<]+)</a>', html)


TYPED = [
    # Where.
    ("康桥", ["康桥食堂", "康桥驿站"]),
    ("kangqiao", ["康桥食堂", "康桥驿站"]),
    ("kang qiao", ["康桥食堂", "康桥驿站"]),
    ("kq", ["康桥食堂", "康桥驿站"]),
    ("拱北", ["丰乐公寓", "康桥食堂"]),
    ("gongbei", ["丰乐公寓", "康桥食堂"]),
    # What.
    ("水", ["康桥驿站"]),
    ("喝水", ["康桥驿站"]),
    ("厕所", ["通宵驿站"]),
    ("哪里有厕所", ["通宵驿站"]),
    ("洗手间", ["通宵驿站"]),
    ("热饭", ["通宵驿站"]),
    ("WC", ["通宵驿站"]),
    ("water", ["康桥驿站"]),
    ("toilets", ["通宵驿站"]),
    ("charging", ["康桥驿站", "早关驿站"]),
    ("apartment", ["丰乐公寓"]),
    ("租房", ["丰乐公寓"]),
    ("住", ["丰乐公寓"]),
    ("1000元", ["丰乐公寓"]),
    ("小区", ["翡翠城"]),
    ("骑车", ["翡翠城"]),
    ("一荤两素", ["康桥食堂"]),
    ("1荤2素", ["康桥食堂"]),
    ("一荤二素", ["康桥食堂"]),
    ("两荤一素", ["邻里食堂"]),
    ("yhls", ["康桥食堂"]),
    ("10元", ["康桥食堂"]),
    ("10块钱", ["康桥食堂"]),
    ("15元 食堂", ["康桥食堂", "邻里食堂"]),
    ("红烧肉", ["康桥食堂", "邻里食堂"]),
    # Both, with and without a space.
    ("康桥充电", ["康桥驿站", "早关驿站"]),
    ("康桥 充电", ["康桥驿站", "早关驿站"]),
    ("充电康桥", ["康桥驿站", "早关驿站"]),
    ("kangqiao chongdian", ["康桥驿站", "早关驿站"]),
    ("kangqiaochongdian", ["康桥驿站", "早关驿站"]),
    ("kq充电", ["康桥驿站", "早关驿站"]),
    ("拱北水", ["康桥驿站"]),
    ("康桥一荤两素", ["康桥食堂"]),
    ("附近充电", ["康桥驿站", "早关驿站"]),
    ("翡翠城充电", ["康桥驿站", "早关驿站"]),
    ("闸弄口吃饭", ["弄杭里食堂"]),
    ("zlk 食堂", ["弄杭里食堂"]),
    # When.
    ("夜里驿站", ["康桥驿站", "通宵驿站"]),
    ("24小时厕所", ["通宵驿站"]),
    ("现在充电", ["康桥驿站"]),
    ("open now charging", ["康桥驿站"]),
    # One wrong character.
    ("康侨", ["康桥食堂", "康桥驿站"]),
    ("康侨充电", ["康桥驿站", "早关驿站"]),
    ("康桥冲电", ["康桥驿站", "早关驿站"]),
    ("kangqioa", ["康桥食堂", "康桥驿站"]),
    ("kanngqiao", ["康桥食堂", "康桥驿站"]),
    ("kngqiao shitang", ["康桥食堂"]),
    ("弄航里", ["弄杭里食堂"]),
    ("弄里杭食堂", ["弄杭里食堂"]),
    ("红绕肉", ["康桥食堂"]),
    ("弄杭里里食堂", ["弄杭里食堂"]),
    # What is in quotes stands as it is.
    ('"康侨"', []),
    ('"厕所"', ["通宵驿站"]),
    ("没有这样的地方", []),
]


def test_what_a_courier_types_finds_what_is_meant(city: Any, client: Client) -> None:
    wrong = {}
    for typed, first in TYPED:
        found = names(page(client, typed))
        if found[: len(first)] != first or (found and not first):
            wrong[typed] = found
    assert wrong == {}


def test_open_places_lead_then_near_ones_then_names(city: Any, client: Client) -> None:
    places.canteen("阿里食堂", 5000)
    client.cookies["place"] = f"p:{places.NEAR}"
    assert names(page(client, "食堂")) == ["康桥食堂", "邻里食堂", "阿里食堂", "弄杭里食堂"]
    client.cookies["place"] = "a:330102013"
    assert names(page(client, "食堂"))[-1] == "弄杭里食堂"
    assert names(page(client, "驿站"))[0] == "通宵驿站"


def test_what_is_called_exactly_so_leads_though_it_is_shut(city: Any, client: Client) -> None:
    places.canteen("弄杭里食堂分店")
    for typed in ("弄杭里食堂", "nonghanglishitang", "nhlst"):
        assert names(page(client, typed))[0] == "弄杭里食堂", typed


def test_kinds_are_counted_and_narrow(city: Any, client: Client) -> None:
    html = page(client, "康桥")
    assert '取餐点 <span class="number">2</span>' in html
    assert names(page(client, "康桥", kind="station")) == ["康桥驿站", "早关驿站"]
    assert names(page(client, "康桥", kind="nothing")) == names(html)


def test_pages_hold_every_place_once(city: Any, client: Client) -> None:
    for number in range(45):
        places.canteen(f"第{number}食堂", number * 10)
    found = [name for number in "123" for name in names(page(client, "食堂", page=number))]
    assert len(found) == len(set(found)) == 48
    assert found == [name for number in "123" for name in names(page(client, "食堂", page=number))]


def test_how_a_query_was_read_can_be_taken_back(city: Any, client: Client) -> None:
    html = page(client, "康桥充电")
    assert "地点：康桥街道" in html
    assert "设施：手机充电" in html
    assert 'href="/search/?q=%E5%85%85%E7%94%B5"' in html  # Without 康桥 is 充电.
    literal = re.findall(r'class="as-written" href="([^"]+)">“充电”', html)
    assert names(client.get(literal[0]).content.decode()) == ["康桥驿站", "早关驿站"]


def test_a_correction_is_said_and_can_be_refused(city: Any, client: Client) -> None:
    html = page(client, "康侨")
    assert "没有“康侨”，按“康桥”找。" in html
    exactly = re.findall(r'<a href="([^"]+)">仍按原样找', html)[0]
    refused = client.get(exactly).content.decode()
    assert names(refused) == []
    assert "没有找到" in refused


def test_what_finds_nothing_offers_the_query_without_each_part(city: Any, client: Client) -> None:
    html = page(client, "闸弄口 水")
    assert names(html) == []
    assert "去掉“闸弄口街道”" in html
    assert "去掉“饮用水”" in html


def test_in_english_the_query_is_read_in_english(city: Any, client: Client) -> None:
    html = page(client, "kangqiao charging", lang="en")
    assert "Place: Kangqiao Subdistrict" in html
    assert "Offers: Phone charging" in html
    assert names(html)[0].startswith("康桥驿站")


def test_lists_and_api_match_words_and_read_nothing_into_them(city: Any, client: Client) -> None:
    def listed(typed: str) -> set[str]:
        rows = client.get("/api/v1/listings/", {"q": typed}).json()["results"]
        return {row["name"] for row in rows}

    assert listed("拱北 厕所") == set()
    assert listed("闸弄口 厕所") == {"通宵驿站"}
    assert listed("gongbei shui") >= {"康桥驿站"}
    assert listed("1荤2素") == listed("yhls") == {"康桥食堂", "弄杭里食堂"}
    assert listed("康桥充电") == listed("康侨") == set()
    assert names(client.get("/stations/", {"q": "拱北 充电"}).content.decode()) == ["康桥驿站", "早关驿站"]


def test_the_exact_query_reads_no_vocabulary_and_costs_a_handful_of_queries(
    city: Any, client: Client
) -> None:
    page(client, "康桥充电")
    cache.delete("search:nothing")
    with CaptureQueriesContext(connection) as queries:
        page(client, "康桥 食堂 红烧肉")
    # What is found by kind, whether the horizon is built, the page in order, its documents, the calendar,
    # what systems said last of what was found.
    assert len(queries) <= 7, [query["sql"][:80] for query in queries]
    assert not any("substr" in query["sql"].lower() for query in queries)


def test_a_list_that_finds_nothing_leads_to_the_search_of_everything(city: Any, client: Client) -> None:
    html = client.get("/canteens/", {"q": "康桥充电"}).content.decode()
    assert "在全部点位里找“康桥充电”" in html
    assert names(client.get("/search/?q=%E5%BA%B7%E6%A1%A5%E5%85%85%E7%94%B5").content.decode()) != []
    assert 'href="/search/?q=%E5%BA%B7%E6%A1%A5%E5%85%85%E7%94%B5"' in html


@settings(deadline=None, max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(text=st.text(max_size=70))
def test_any_text_can_be_searched_for(city: Any, text: str) -> None:
    found = Found(text.replace("\x00", ""), NOON, whole_city())
    assert sum(found.counts.values()) == found.rows.count()


@settings(deadline=None, max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    parts=st.lists(
        st.sampled_from(["康桥", "充电", "kq", "水", " ", '"', "10元", "一荤两素", "侨", "x", "的"])
    )
)
def test_no_part_of_a_query_is_lost(city: Any, parts: list[str]) -> None:
    typed = "".join(parts)
    asked = understand(typed, catalogue())
    assert understand(asked.text(), catalogue()).text() == asked.text()


NAMES = [
    "康桥街道综合便民服务中心职工互助食堂",
    "幸福食堂驿站",
    "水岸花园",
    "天水早餐铺",
    "长乐弄邻里食堂（示例）",
    "24小时药房对面",
    "A座10元套餐店",
]


def test_a_place_is_found_by_its_own_name_its_pinyin_and_its_initials(city: Any) -> None:
    for name in NAMES:
        listing = places.station(name)
        for typed in readings(name):
            assert Found(typed, NOON, whole_city()).rows.filter(pk=listing.pk).exists(), typed


HOMOPHONES = {
    "康": "慷",
    "桥": "侨",
    "食": "石",
    "堂": "糖",
    "邻": "林",
    "里": "理",
    "驿": "译",
    "站": "栈",
    "弄": "挵",
    "杭": "航",
}


def test_a_place_is_found_with_any_one_character_replaced_by_a_homophone(city: Any) -> None:
    for name in ("康桥食堂", "邻里食堂", "康桥驿站", "弄杭里食堂"):
        for place, mark in enumerate(name):
            typed = name[:place] + HOMOPHONES[mark] + name[place + 1 :]
            assert Found(typed, NOON, whole_city()).rows.filter(name=name).exists(), typed


@pytest.mark.parametrize(
    ("typed", "meant"),
    [
        ("弄航里", "弄杭里"),
        ("弄里", None),
        ("弄杭杭里", "弄杭里"),
        ("kangqioa", "kangqiao"),
        ("kangqiaoo", "kangqiao"),
    ],
)
def test_near_is_one_edit_away(typed: str, meant: str | None) -> None:
    found = near(typed, "弄杭里\n康桥食堂\nkangqiao")
    assert (meant in found) if meant else "弄杭里" in found


def test_a_meal_has_every_spelling_of_its_shape() -> None:
    assert shape_of(1, 2) == ["一荤两素", "一荤二素", "1荤2素"]
    assert shape_of(None, 2) == shape_of(0, 2) == shape_of(9, 2) == []


def suggested(client: Client, typed: str, lang: str = "zh") -> list[dict[str, str]]:
    """Return the suggestions for what was typed so far."""
    return client.get(reverse("suggest"), {"q": typed, "lang": lang}).json()["suggestions"]


def test_who_has_the_suggestions_already_gets_a_304(city: Any, client: Client) -> None:
    asked = {"q": "康桥", "lang": "zh"}
    first = client.get(reverse("suggest"), asked)
    assert first["Cache-Control"] == "public, max-age=60"
    for sent in (first["ETag"], f'"another", {first["ETag"]}'):
        again = client.get(reverse("suggest"), asked, headers={"If-None-Match": sent})
        assert (again.status_code, again["ETag"]) == (304, first["ETag"])
    assert client.get(reverse("suggest"), asked, headers={"If-None-Match": 'W/"another"'}).status_code == 200


def test_areas_are_suggested_by_characters_pinyin_initials_and_nickname(city: Any, client: Client) -> None:
    for typed in ("康", "康桥", "kang", "kq", "拱北", "gongb"):
        found = suggested(client, typed)
        assert any(row["sort"] == "area" and row["text"] in ("康桥街道", "拱北") for row in found), typed
        assert len(found) <= 8


def test_suggestions_are_mixed_and_lead_somewhere(city: Any, client: Client) -> None:
    found = suggested(client, "康桥")
    assert {row["sort"] for row in found} == {"area", "both", "place"}
    for row in found:
        assert client.get(row["url"]).status_code == 200, row
    assert "康桥 充电" in [row["text"] for row in found]
    assert "康桥 充电" in [row["text"] for row in suggested(client, "康桥充")]
    assert "充电" in [row["text"] for row in suggested(client, "chongd")]
    assert "Toilet" in [row["text"] for row in suggested(client, "toil", "en")]
    assert suggested(client, "") == suggested(client, " 　") == []


def test_suggestions_cost_two_queries_and_answer_304(city: Any, client: Client) -> None:
    first = client.get(reverse("suggest"), {"q": "康", "lang": "zh"})
    assert "public" in first["Cache-Control"]
    suggested(client, "康桥")
    with CaptureQueriesContext(connection) as queries:
        suggested(client, "康桥驿")
    # The newest change number, asked for the tag and for the names that are kept.
    assert len(queries) <= 2
    again = client.get(
        reverse("suggest"), {"q": "康", "lang": "zh"}, headers={"if-none-match": first["ETag"]}
    )
    assert again.status_code == 304
    places.station("康家驿站")
    assert "康家驿站" in json.dumps(suggested(client, "康"), ensure_ascii=False)


def test_without_javascript_the_page_offers_the_same_suggestions_as_links(city: Any, client: Client) -> None:
    html = page(client, "kq")
    assert "是不是要找" in html
    assert ">康桥街道</span>" in html
    assert "是不是要找" not in page(client, "红烧肉 食堂 康桥街道")
    assert "附近充电" in page(client, "")


def test_a_listing_that_is_no_longer_public_is_not_suggested(city: Any, client: Client) -> None:
    from portal.listings import states

    states.move(listing=Listing.objects.get(name="康桥驿站").as_kind, to="archived", actor=None)
    assert "康桥驿站" not in json.dumps(suggested(client, "康桥"), ensure_ascii=False)
