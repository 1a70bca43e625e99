"""What the map is given: small, true for two days, in the datum of its backdrop."""

import datetime as dt
import random
from itertools import pairwise
from typing import Any

import orjson
import pytest
import time_machine
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils.translation import override
from hypothesis import given
from hypothesis import strategies as st

from portal.listings import states
from portal.listings.coordinates import from_wgs84
from portal.listings.courses import code_at, course
from portal.listings.hours import Calendar
from portal.listings.models.listing import CROCKFORD, page_url
from portal.pages.packing import base36, column, fold_names, shifts
from portal.pages.points import COARSE, FINE, Point, pack
from tests import pages_places as places
from tests.map_points import Read, steps_of, unpack
from tests.pages_places import at
from tests.test_hours import dated, doc, week

TODAY = dt.date(2026, 11, 24)
LIMIT = 100_000
CITY = {"compound": 1320, "canteen": 740, "station": 200, "apartment": 40}
TAILS = ("小区", "花园", "职工食堂（小哥友好取餐点）", "早餐店", "小哥服务驿站", "暖心驿站", "公寓")


@pytest.fixture
def noon(db: None) -> Any:
    with time_machine.travel(at("12:00"), tick=False):
        yield


def a_city() -> list[Point]:
    """Return 2,300 places as a city of that size may have them, the same on every run."""
    dice = random.Random(5)
    courses = [f"x{minute}o{minute + 180}x{minute + 1440}o{minute + 1620}x" for minute in range(300, 720, 5)]
    signs = "康桥拱墅西湖滨江余杭文晖潮鸣米市小河湖墅祥符上塘半山东新长庆天水朝晖和睦大关武林石桥"
    found = []
    for kind, count in CITY.items():
        for _number in range(count):
            found.append(
                Point(
                    kind=kind,
                    public_id="".join(dice.choices(CROCKFORD, k=10)),
                    name="".join(dice.choices(signs, k=dice.randint(3, 7))) + dice.choice(TAILS),
                    lat=dice.uniform(29.2, 30.6),
                    lng=dice.uniform(118.3, 120.8),
                    is_exact=dice.random() < 0.8,
                    district=f"3301{dice.randint(2, 14):02}",
                    price=f"{dice.randint(6, 25)}.00 元" if kind == "canteen" else "",
                    course=dice.choice(courses),
                )
            )
    return found


def test_all_data_of_the_map_of_a_city_stays_below_100_kb(client: Client, regions: Any) -> None:
    points = a_city()
    assert len(points) == 2_300
    config, outlines = (len(client.get(f"/map/{name}.json").content) for name in ("config", "outlines"))
    assert 10_000 < outlines < 12_000
    without_tiles = config + outlines + len(pack(points, TODAY, COARSE))
    # On tiles the page asks for no outlines, and positions are ten times as fine.
    with_tiles = config + len(pack(points, TODAY, FINE))
    assert max(without_tiles, with_tiles) < LIMIT


def test_nothing_is_lost_in_packing() -> None:
    points = a_city()[:1_400]
    points[7] = points[8] = Point("canteen", "A" * 10, "𠮷祥食堂", 29.1, 118.0, False, "", "", "u")
    found = unpack(orjson.loads(pack(points, TODAY, FINE)))
    assert found == {
        point.public_id: Read(
            point.kind,
            point.name,
            page_url(point.kind, point.public_id),
            round(point.lat * FINE),
            round(point.lng * FINE),
            point.is_exact,
            point.district,
            point.price,
            point.course,
        )
        for point in points
    }


@given(st.lists(st.integers(0, 10**9), min_size=1))
def test_a_column_is_read_back_as_it_was(numbers: list[int]) -> None:
    text = column(numbers)
    width = len(text) // len(numbers)
    assert [int(text[row * width : (row + 1) * width] or "0", 36) for row in range(len(numbers))] == numbers
    assert int(base36(numbers[0]), 36) == numbers[0]


def test_an_empty_city_packs() -> None:
    assert orjson.loads(pack([], TODAY, COARSE))["kinds"] == []
    assert (column([]), fold_names([])) == ("", "")


def test_a_ring_is_told_in_steps_from_point_to_point() -> None:
    ring = [(120.0, 30.0), (120.0, 30.00001), (120.01, 29.99), (120.0, 30.0)]
    assert shifts(ring, COARSE) == [1200000, 300000, 100, -100, -100, 100]


clocks = st.times().map(lambda time: time.strftime("%H:%M"))
rows = st.one_of(
    st.builds(week, st.sampled_from(["mon", "tue", "wed", "workday", "holiday"]), clocks, st.none() | clocks),
    st.builds(
        week, st.sampled_from(["tue", "wed", "thu"]), rule=st.sampled_from(["closed", "unknown", "all_day"])
    ),
    st.builds(dated, st.just("2026-11-24"), st.sampled_from(["2026-11-24", "2026-11-25"]), clocks, clocks),
)
minutes = st.integers(-500, 3_500).map(lambda count: at("00:00") + dt.timedelta(minutes=count))
shut = st.builds(
    lambda ends, reason: {"since": min(ends).isoformat(), "until": max(ends).isoformat(), "reason": reason},
    st.tuples(minutes, minutes),
    st.sampled_from(["sold_out", "out_of_service"]),
)
pause = st.builds(lambda until: {"reason": "装修", "until": until and until.isoformat()}, st.none() | minutes)


@given(st.lists(rows, max_size=4), st.none() | shut, st.none() | pause, st.integers(0, 2 * 1440 - 1))
def test_a_course_says_at_every_minute_what_the_one_function_says(
    hours: list[dict[str, Any]], shut: Any, pause: Any, minute: int
) -> None:
    document = doc(*hours, shut=shut, pause=pause, state="paused" if pause else "published")
    steps = steps_of(course(document, Calendar(), TODAY, 2))
    told = [code for start, code in steps if start <= minute][-1]
    assert told == code_at(document, Calendar(), at("00:00") + dt.timedelta(minutes=minute))
    assert all(before != after for (_m, before), (_n, after) in pairwise(steps))


def test_within_a_minute_a_place_never_looks_open_unless_it_is() -> None:
    always = [week("tue", rule="all_day"), week("wed", rule="all_day")]
    held = {"since": "2026-11-24T11:42:30+08:00", "until": "2026-11-24T13:10:20+08:00", "reason": "sold_out"}
    assert course(doc(*always, shut=held), Calendar(), TODAY, 2) == "o702s791o"


def test_every_public_place_has_its_state_price_and_position(
    noon: None, client: Client, regions: Any
) -> None:
    sold = places.canteen("售完食堂")
    states.shut(listing=sold, reason="sold_out", until=at("13:00"), actor=None)
    places.station("通宵驿站")
    paused = places.station("停用驿站")
    states.move(listing=paused, to="paused", reason="装修", actor=None)
    places.apartment("不知道公寓", hours={"weekly_hours": [], "hours_exceptions": []}, accuracy="approximate")
    data = client.get("/map/points.json").json()
    kinds = {rows["kind"]: rows for rows in data["kinds"]}
    assert data["from"] == at("00:00").timestamp() / 60
    assert kinds["canteen"]["url"].replace("*", sold.public_id) == sold.get_absolute_url()
    assert kinds["canteen"]["names"] == "0售完食堂"
    assert kinds["canteen"]["prices"][int(kinds["canteen"]["price"], 36)] == "10.00 元"
    assert (kinds["canteen"]["roughly"], kinds["apartment"]["roughly"]) == ("", "1")
    assert {"x630o720s780o810x2070o2250x", "o", "p", "u"} == set(data["courses"])


def test_the_answer_is_304_until_something_public_changes(noon: None, client: Client, regions: Any) -> None:
    listing = places.canteen("康桥食堂")
    answer = client.get("/map/points.json")
    assert answer["Cache-Control"] == "private, no-cache"
    tag = {"If-None-Match": answer["ETag"]}
    # The number of the last change, the calendar.
    with CaptureQueriesContext(connection) as queries:
        assert client.get("/map/points.json", headers=tag).status_code == 304
    assert len(queries) == 2
    among_others = {"If-None-Match": f'"another", {answer["ETag"]}'}
    assert client.get("/map/points.json", headers=among_others).status_code == 304
    states.shut(listing=listing, reason="sold_out", until=at("13:00"), actor=None)
    changed = client.get("/map/points.json", headers=tag)
    assert changed.status_code == 200
    assert "s780o" in changed.content.decode()


def test_the_next_day_begins_a_new_answer(noon: None, client: Client, regions: Any) -> None:
    places.canteen("康桥食堂")
    tag = {"If-None-Match": client.get("/map/points.json")["ETag"]}
    with time_machine.travel(at("00:00", 25), tick=False):
        fresh = client.get("/map/points.json", headers=tag)
    assert fresh.status_code == 200
    assert fresh.json()["from"] == at("00:00", 25).timestamp() / 60


def test_each_language_has_names_of_its_own(noon: None, client: Client, regions: Any) -> None:
    places.canteen("康桥食堂", name_en="Kangqiao Canteen")
    assert "康桥食堂" in client.get("/map/points.json").content.decode()
    client.cookies["django_language"] = "en"
    english = client.get("/map/points.json").content.decode()
    assert "Kangqiao Canteen" in english
    assert "10.00 yuan" in english
    assert '"Gongshu"' in client.get("/map/outlines.json").content.decode()


def test_points_and_outlines_move_to_the_datum_of_the_tiles(
    noon: None, client: Client, regions: Any, tiles: Any
) -> None:
    places.canteen("康桥食堂")
    tiles.MAP_TILES_DATUM = "wgs84"
    plain = client.get("/map/points.json").json()["origin"]
    outlines = client.get("/map/outlines.json").json()
    tiles.MAP_TILES_DATUM = "gcj02"
    moved = client.get("/map/points.json").json()["origin"]
    assert plain == [3036000, 12015000]
    assert moved != plain
    assert all(abs(a - b) < 1_000 for a, b in zip(plain, moved, strict=True))
    assert client.get("/map/outlines.json").json() != outlines


def test_where_the_reader_stands_moves_with_them(
    noon: None, client: Client, regions: Any, tiles: Any
) -> None:
    page = client.get("/map/", {"near": "30.360,120.150"})
    lat, lng = from_wgs84(30.36, 120.15, "gcj02")
    assert page.context["near"] == f"{lat:.5f},{lng:.5f}" != "30.36000,120.15000"
    outside = client.get("/map/", {"near": "31.2,121.4"})
    assert outside.context["near"] == ""
    assert "你好像不在本市" in outside.content.decode()


@pytest.fixture
def tiles(settings: Any) -> Any:
    """Return settings with tiles."""
    settings.MAP_TILES_URL = "https://t{s}.tiles.example/{z}/{x}/{y}.png?key=1"
    settings.MAP_TILES_SUBDOMAINS = ["1", "2"]
    settings.MAP_TILES_ATTRIBUTION = "© 示例地图"
    settings.MAP_TILES_REVIEW_NUMBER = "GS(2024)1234号"
    return settings


@pytest.mark.django_db
def test_with_tiles_the_map_names_their_owner_and_the_review_number(client: Client, tiles: Any) -> None:
    config = client.get("/map/config.json").json()
    assert config["attribution"] == "© 示例地图 · 审图号：GS(2024)1234号"
    assert (config["max_zoom"], config["subdomains"]) == (18, ["1", "2"])
    with override("en"):
        from portal.tiles import credit

        assert credit() == "© 示例地图 · Map review number GS(2024)1234号"


@pytest.mark.django_db
def test_without_tiles_the_zoom_ends_at_13_and_nobody_is_credited(client: Client) -> None:
    config = client.get("/map/config.json").json()
    assert (config["max_zoom"], config["attribution"], config["tiles"]) == (13, "", "")


@pytest.mark.django_db
def test_without_javascript_the_page_leads_to_the_lists_by_district(client: Client, regions: Any) -> None:
    for number in range(3):
        places.canteen(f"康桥食堂{number}")
    places.station("康桥驿站")
    html = client.get("/map/").content.decode()
    assert "地图需要 JavaScript" in html.split("<noscript>")[1].split("</noscript>")[0]
    assert '<a href="/canteens/?district=330105" aria-label="拱墅区, 取餐点: 3">3</a>' in html
    assert "/stations/?district=330105" in html
    assert "/compounds/?district=330105" not in html
