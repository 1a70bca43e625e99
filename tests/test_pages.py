"""Home, place, search, rights, me: what visitors see without a browser of their own."""

import re
from typing import Any

import pytest
import time_machine
from django.core.management import call_command
from django.urls import reverse

from portal.pages.models import RightsCard
from portal.regions.models import Street
from tests import pages_places as places
from tests.pages_places import NEAR, at
from tests.personas import ZHALONGKOU

pytestmark = pytest.mark.django_db


def names(html: str) -> list[str]:
    """Return the names on the cards of a page, in order."""
    return re.findall(r'class="card-name"><a [^>]*>([^<]+)</a>', html)


def test_at_lunch_the_nearest_canteens_that_serve_come_first(client: Any, regions: Any) -> None:
    with time_machine.travel(at("11:42"), tick=False):
        places.canteen("远食堂", 1500)
        places.canteen("近食堂", 200)
        places.canteen("关门食堂", 100, hours=places.daily("17:00", "19:00"))
        places.canteen("中食堂", 700)
        places.canteen("第四食堂", 2500)
        client.cookies["place"] = f"p:{NEAR}"
        html = client.get("/").content.decode()
    assert '<h1 id="s-now" data-now>午饭，正在供应</h1>' in html
    assert names(html)[:3] == ["近食堂", "中食堂", "远食堂"]
    assert "步行约 4 分钟" in html
    assert "uri.amap.com/navigation" in html


def test_at_dinner_the_heading_says_so(client: Any, regions: Any) -> None:
    with time_machine.travel(at("18:00"), tick=False):
        places.canteen("晚饭食堂", hours=places.daily("17:00", "19:00"))
        html = client.get("/").content.decode()
    assert "晚饭，正在供应" in html
    assert names(html)[0] == "晚饭食堂"


def test_at_night_only_stations_that_stay_open_come_first(client: Any, regions: Any) -> None:
    with time_machine.travel(at("22:30"), tick=False):
        places.station("通宵驿站")
        places.station("早关驿站", hours=places.daily("08:00", "23:00"))
        html = client.get("/").content.decode()
    first = html.split('id="s-changed"')[0]
    assert "通宵开放的驿站" in first
    assert names(first) == ["通宵驿站"]


def test_in_between_home_shows_what_changed_last(client: Any, regions: Any) -> None:
    with time_machine.travel(at("15:00"), tick=False):
        places.canteen("先登记")
        places.station("后登记")
        html = client.get("/").content.decode()
    assert '<h1 id="s-changed" data-now>最近有变化</h1>' in html
    assert names(html) == ["后登记", "先登记"]


def test_when_nobody_serves_home_offers_the_next_step(client: Any, regions: Any) -> None:
    with time_machine.travel(at("11:42"), tick=False):
        html = client.get("/").content.decode()
    assert "这一带现在没有已知正在供应的取餐点" in html
    assert "看接下来哪家开" in html


def test_a_chosen_street_is_kept_and_the_whole_city_forgets_it(client: Any, regions: Any) -> None:
    answer = client.post("/place/", {"area": "330105010", "next": "/rights/"})
    assert answer["Location"] == "/rights/"
    assert "康桥街道" in client.get("/").content.decode()
    assert 'href="/canteens/?street=330105010"' in client.get("/").content.decode()
    client.post("/place/", {"area": ""})
    assert "全市" in client.get("/").content.decode()


def test_a_position_inside_the_city_is_named_after_its_district(client: Any, regions: Any) -> None:
    answer = client.get("/place/", {"near": NEAR, "next": "/"})
    assert answer.status_code == 302
    assert client.cookies["place"].value == f"p:{NEAR}"
    assert "你附近" in client.get("/").content.decode()


@pytest.mark.parametrize(
    ("near", "sentence"),
    [("31.23,121.47", "你好像不在本市"), ("120.15,30.36", "纬度"), ("这里", "near")],
)
def test_a_position_that_cannot_be_used_is_explained(
    client: Any, regions: Any, near: str, sentence: str
) -> None:
    html = client.get("/place/", {"near": near}).content.decode()
    assert 'role="alert"' in html
    assert sentence in html
    assert "place" not in client.cookies


@pytest.mark.parametrize("typed", ["康桥", "kangqiao", "Kang qiao", "kq"])
def test_a_street_is_found_by_characters_pinyin_and_initials(client: Any, regions: Any, typed: str) -> None:
    html = client.get("/place/", {"q": typed}).content.decode()
    assert 'value="330105010"' in html
    assert 'value="330102013"' not in html


def test_next_never_leads_to_another_site(client: Any, regions: Any) -> None:
    answer = client.post("/place/", {"area": "330105", "next": "https://example.org/"})
    assert answer["Location"] == "/"


def test_a_broken_place_cookie_is_the_whole_city(client: Any, regions: Any) -> None:
    for value in ("p:1,2,3", "a:999999", "x", "a:330105010;", "p:"):
        client.cookies["place"] = value
        assert client.get("/").status_code == 200


def test_search_finds_by_initials_over_all_kinds_and_puts_open_places_first(
    client: Any, regions: Any
) -> None:
    with time_machine.travel(at("12:00"), tick=False):
        places.canteen("康桥甲食堂", hours=places.daily("17:00", "19:00"))
        places.canteen("康桥乙食堂")
        places.station("康桥驿站", hours=places.daily("17:00", "19:00"))
        html = client.get("/search/", {"q": "康桥"}).content.decode()
        assert names(html)[0] == "康桥乙食堂"
        assert len(names(html)) == 3
        assert names(client.get("/search/", {"q": "kqyz"}).content.decode()) == ["康桥驿站"]
        assert names(client.get("/search/", {"q": "康桥", "kind": "station"}).content.decode()) == [
            "康桥驿站"
        ]


def found(client: Any, typed: str) -> list[str]:
    """Return the names that a search shows, in order."""
    return names(client.get("/search/", {"q": typed}).content.decode())


def test_open_places_lead_then_what_is_named_so_then_what_lies_in_a_street_that_is(
    client: Any, regions: Any
) -> None:
    with time_machine.travel(at("12:00"), tick=False):
        places.canteen("阿公食堂")
        places.canteen("康桥食堂")
        places.canteen("阿婆食堂", street=ZHALONGKOU, address="康桥路1号")
        places.canteen("康桥夜宵", hours=places.daily("17:00", "19:00"))
        for typed in ("kq", "kangqiao", "康桥"):
            assert found(client, typed) == ["康桥食堂", "阿公食堂", "阿婆食堂", "康桥夜宵"]


def test_a_region_is_not_found_by_readings_that_it_does_not_have(client: Any, regions: Any) -> None:
    wuchang = Street(code="330110005", name="五常街道", district=regions["330110"])
    wuchang.spell()
    wuchang.save()
    places.canteen("邻里食堂", street=wuchang.pk, address="余杭区五常街道1号")
    assert found(client, "kq") == []
    for typed in ("yhq", "yuhang", "余杭", "wc", "五常"):
        assert found(client, typed) == ["邻里食堂"]


@pytest.mark.parametrize("typed", ["zlk", "znk", "zhalongkou", "zha nong kou", "闸弄口"])
def test_a_street_that_is_typed_in_two_ways_is_found_by_both(client: Any, regions: Any, typed: str) -> None:
    places.canteen("邻里食堂", street=ZHALONGKOU)
    places.canteen("康桥食堂")
    assert found(client, typed) == ["邻里食堂"]


@pytest.mark.parametrize("typed", ["没有这个", "%", "a" * 500, "' OR 1=1 --"])
def test_a_search_without_result_says_what_to_try(client: Any, regions: Any, typed: str) -> None:
    answer = client.get("/search/", {"q": typed})
    assert answer.status_code == 200
    assert "想找什么" in answer.content.decode() or "没有找到" in answer.content.decode()


def test_rights_show_published_cards_and_never_read_their_text_as_markup(client: Any) -> None:
    RightsCard.objects.create(
        slug="a",
        title_zh="欠薪",
        title_en="Wages",
        body_zh="一\n\n<b>二</b>",
        body_en="x",
        phone="12333",
        is_published=True,
    )
    RightsCard.objects.create(slug="b", title_zh="草稿", title_en="Draft", body_zh="三", body_en="y")
    html = client.get("/rights/").content.decode()
    assert "欠薪" in html
    assert "草稿" not in html
    assert "<p>一</p>" in html
    assert "&lt;b&gt;二" in html
    assert 'href="tel:12333"' in html


def test_loading_the_rights_cards_twice_keeps_what_staff_wrote(client: Any) -> None:
    call_command("load_rights", verbosity=0)
    count = RightsCard.objects.count()
    RightsCard.objects.filter(slug="wages").update(title_zh="改过的标题")
    call_command("load_rights", verbosity=0)
    assert RightsCard.objects.count() == count >= 6
    assert RightsCard.objects.get(slug="wages").title_zh == "改过的标题"


def test_me_masks_the_phone(client: Any, courier: Any) -> None:
    client.force_login(courier, backend="portal.accounts.backends.PostBackend")
    html = client.get("/me/").content.decode()
    assert "李小明" in html
    assert "138****0001" in html
    assert "13800000001" not in html


def test_a_driver_is_addressed_as_shifu(client: Any, courier: Any) -> None:
    courier.courier.work_type = "ride_hailing"
    courier.courier.save()
    client.force_login(courier, backend="portal.accounts.backends.PostBackend")
    assert "李小明师傅" in client.get("/me/").content.decode()


def test_somebody_who_is_not_signed_in_is_offered_to(client: Any) -> None:
    html = client.get("/me/").content.decode()
    assert "你还没有登录" in html
    assert reverse("account_login") in html


def test_the_look_is_kept_and_can_follow_the_phone_again(client: Any) -> None:
    client.post("/me/look/", {"theme": "dark"})
    assert 'data-theme="dark"' in client.get("/me/").content.decode()
    client.post("/me/look/", {"theme": ""})
    assert "data-theme" not in client.get("/me/").content.decode()


@pytest.mark.parametrize(
    "path", ["/", "/place/", "/map/", "/search/", "/rights/", "/me/", "/canteens/", "/nothing/"]
)
def test_no_page_has_anything_inline_and_each_has_one_h1(client: Any, regions: Any, path: str) -> None:
    answer = client.get(path)
    html = answer.content.decode()
    assert not re.search(r"<script(?![^>]*\bsrc=)|<style|\sstyle=|\son[a-z]+=", html)
    assert html.count("<h1") == 1
    policy = answer["Content-Security-Policy"]
    assert "default-src 'self'" in policy
    assert "unsafe" not in policy


@pytest.mark.parametrize(
    "path", ["/", f"/canteens/?near={NEAR}", "/canteens/", "/search/?q=食堂", "/map/points.json"]
)
def test_pages_cost_the_same_number_of_queries_for_few_and_many(
    client: Any, regions: Any, path: str, django_assert_num_queries: Any
) -> None:
    from django.core.cache import cache
    from django.db import connection
    from django.test.utils import CaptureQueriesContext

    with time_machine.travel(at("11:42"), tick=False):
        places.canteen("食堂一", 100)
        client.get(path)
        cache.clear()
        with CaptureQueriesContext(
            connection,
        ) as few:
            client.get(path)
        for number in range(5):
            places.canteen(f"食堂{number}号", 200 + number)
        client.get(path)
        cache.clear()
        with CaptureQueriesContext(connection) as many:
            client.get(path)
    assert len(many) <= len(few), [query["sql"][:90] for query in many]
