"""The page of the next forty minutes, without a browser."""

import re
from collections.abc import Iterator
from typing import Any

import pytest
import time_machine
from django.core.cache import cache
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from portal.listings import states
from tests import pages_places as places
from tests.factories import meal
from tests.pages_places import NEAR, at, daily
from tests.personas import KANGQIAO

pytestmark = pytest.mark.django_db
NO_HOURS: dict[str, Any] = {"weekly_hours": [], "hours_exceptions": []}


def station(name: str, *codes: str, metres: int = 0, **changes: Any) -> Any:
    """Return a station with amenities of the catalogue, some way north of HERE."""
    from services.stations.amenities import load_amenities

    load_amenities()
    offers = [{"amenity": code, "count": 2, "note": ""} for code in codes]
    lat = places.HERE[0] + metres / 111_320
    return places.station(name, lat=lat, amenities={"offers": offers}, **changes)


@pytest.fixture(autouse=True)
def _noon(regions: Any) -> Iterator[None]:
    with time_machine.travel(at("11:50"), tick=False):
        yield


@pytest.fixture
def corner() -> dict[str, Any]:
    """Return a canteen, and a station that charges and lets sit, close together."""
    return {
        "canteen": places.canteen("近食堂", 300),
        "station": station("近驿站", "charging", "rest", "water", metres=350),
    }


def page(client: Client, address: str = f"/break/?near={NEAR}") -> str:
    """Return the page's text."""
    answer = client.get(address)
    assert answer.status_code == 200
    return answer.content.decode()


def plan(html: str) -> list[str]:
    """Return the names of the plan's stops in order."""
    found = re.search(r'<ol class="plan">.*?</ol>', html, re.DOTALL)
    return re.findall(r'stop-name"><a [^>]*>([^<]+)<', found[0]) if found else []


def test_a_meal_charging_and_a_seat_make_one_plan(client: Client, corner: Any) -> None:
    html = page(client)
    assert sorted(plan(html)) == ["近食堂", "近驿站"]
    assert "一站两样" in html
    assert "10" in html and "一荤两素" in html
    assert "uri.amap.com/navigation" in html
    assert "步行约" in html
    assert "13:30 止" in html
    assert "尚未核实" in html


def test_late_in_the_window_the_page_says_when_it_shuts(client: Client, corner: Any) -> None:
    with time_machine.travel(at("13:15"), tick=False):
        html = page(client)
    assert plan(html)[0] == "近食堂"
    assert "15 分钟后收餐" in html


def test_what_is_sold_out_paused_or_unknown_is_not_in_the_plan_and_is_named(
    client: Client, corner: Any
) -> None:
    until = at("20:00")
    states.shut(listing=places.canteen("卖完食堂", 50), reason="sold_out", until=until, actor=None)
    states.move(listing=places.canteen("停业食堂", 60), to="paused", actor=None, reason="装修", until=until)
    places.canteen("不明食堂", 40, hours=NO_HOURS)
    html = page(client)
    assert "近食堂" in plan(html)
    left = html.split("处没算进来")[1]
    for name, why in (("卖完食堂", "已售完"), ("停业食堂", "装修"), ("不明食堂", "时间")):
        assert name in left
        assert why in left
    assert "附近还有 3 处没算进来" in html


def test_a_driver_is_shown_where_the_car_charges(client: Client, corner: Any, courier: Any) -> None:
    station("汽车驿站", "car_charging", "rest", metres=200)
    assert "汽车驿站" not in plan(page(client))
    assert "汽车驿站" in plan(page(client, f"/break/?near={NEAR}&who=driver"))
    # The switch is remembered, and undone by the other one.
    assert "汽车驿站" in plan(page(client))
    assert "汽车驿站" not in plan(page(client, f"/break/?near={NEAR}&who=courier"))


def test_who_drives_for_a_living_is_asked_nothing(client: Client, corner: Any, courier: Any) -> None:
    station("汽车驿站", "car_charging", "rest", metres=200)
    courier.courier.work_type = "ride_hailing"
    courier.courier.save()
    client.force_login(courier, backend="portal.accounts.backends.PostBackend")
    assert "汽车驿站" in plan(page(client))


def test_a_part_that_nobody_offers_names_the_next_place_and_a_way_on(client: Client) -> None:
    places.canteen("远食堂", 1200)
    places.canteen("晚食堂", 100, hours=daily("17:00", "19:00"))
    html = page(client)
    assert plan(html) == []
    assert "没有已知供餐的取餐点" in html
    assert "再远一点：" in html and "远食堂" in html
    assert f"/break/?near={NEAR}&amp;within=1500&amp;who=courier" in html
    assert plan(page(client, f"/break/?near={NEAR}&within=1500")) == ["远食堂"]


def test_without_a_further_place_the_one_that_opens_next_is_named(client: Client) -> None:
    places.canteen("晚食堂", 100, hours=daily("17:00", "19:00"))
    html = page(client)
    assert "最早开的：" in html
    assert "17:00" in html


def test_at_night_the_stations_open_all_night_are_the_way_on(client: Client) -> None:
    station("早关驿站", "rest", hours=daily("08:00", "21:00"))
    with time_machine.travel(at("2:00"), tick=False):
        html = page(client)
    assert "没有已知开着、能坐下歇脚的地方" in html
    assert "all_night=true" in html
    assert "08:00" in html


def test_with_a_street_alone_the_page_says_that_it_cannot_tell_distances(client: Client, corner: Any) -> None:
    client.cookies["place"] = f"a:{KANGQIAO}"
    html = page(client, "/break/")
    assert "说不出多远" in html
    assert "近食堂" in html and "近驿站" in html
    assert plan(html) == []
    assert "步行约" not in html


def test_without_a_place_the_page_asks_for_one(client: Client, corner: Any) -> None:
    html = page(client, "/break/")
    assert "你现在在哪里" in html
    assert "/place/?next=/break/" in html
    assert "近食堂" not in html


def test_a_district_is_too_wide(client: Client, corner: Any) -> None:
    client.cookies["place"] = "a:330105"
    html = page(client, "/break/")
    assert "40 分钟跑不过来" in html
    assert "district=330105&amp;next=/break/" in html


@pytest.mark.parametrize(
    ("query", "sentence"),
    [
        ("near=31.23,121.47", "你好像不在本市"),
        ("near=120.15,30.36", "纬度"),
        ("near=x", "near"),
        ("within=9&who=robot", ""),
    ],
)
def test_a_point_that_cannot_be_used_is_explained_and_the_place_stays(
    client: Client, corner: Any, query: str, sentence: str
) -> None:
    client.cookies["place"] = f"p:{NEAR}"
    html = page(client, f"/break/?{query}")
    assert ('role="alert"' in html) is bool(sentence)
    assert sentence in html
    assert "近食堂" in plan(html)


def test_home_and_me_lead_to_the_break(client: Client) -> None:
    assert 'href="/break/"' in page(client, "/")
    assert 'href="/break/"' in page(client, "/me/")


def test_the_page_costs_few_queries_however_many_places_there_are(client: Client, corner: Any) -> None:
    counts = []
    for number in range(2):
        cache.clear()
        page(client)
        with CaptureQueriesContext(connection) as queries:
            page(client)
        counts.append(len(queries))
        for more in range(6):
            places.canteen(f"食堂{number}{more}", 100 + 20 * more, meals={"set_meals": [meal(label="")]})
            station(f"驿站{number}{more}", "charging", "rest", metres=100 + 30 * more)
    # The district's name, the calendar, the places around in two circles, the calendar again, their documents,
    # what systems said of them last.
    assert max(counts) <= 7, [query["sql"][:90] for query in queries]
    assert counts[1] <= counts[0]


@pytest.mark.parametrize("size", ["large", "largest"])
def test_the_size_of_the_text_is_kept_and_can_be_given_up(client: Client, size: str) -> None:
    client.post("/me/look/", {"theme": "dark"})
    client.post("/me/look/", {"size": size})
    html = page(client, "/me/")
    assert f'data-size="{size}"' in html
    assert 'data-theme="dark"' in html
    client.post("/me/look/", {"size": ""})
    html = page(client, "/me/")
    assert "data-size" not in html
    assert 'data-theme="dark"' in html


@pytest.mark.parametrize("value", ["huge", 'large"><b>', ""])
def test_a_size_that_does_not_exist_is_the_standard_one(client: Client, value: str) -> None:
    client.cookies["size"] = value
    assert "data-size" not in page(client, "/me/")


def test_every_measure_of_type_grows_with_the_root(settings: Any) -> None:
    """A size in pixels would ignore both the visitor's choice and the browser's own."""
    found = []
    for path in sorted((settings.BASE_DIR / "static" / "css").glob("*.css")):
        text = re.sub(r"/\*.*?\*/", "", path.read_text(), flags=re.DOTALL)
        text = re.sub(r"\.locator text \{[^}]*\}", "", text)  # units of a drawing that scales as a whole
        found += [f"{path.name}: {rule}" for rule in re.findall(r"font(?:-size)?:[^;}]*\dpx[^;}]*", text)]
    assert found == []
