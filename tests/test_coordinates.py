"""Datums, distances, pasted positions and the links that lead to a place."""

import math
from urllib.parse import parse_qs, urlsplit

import pytest
from django.utils.translation import override
from hypothesis import given
from hypothesis import strategies as st

from portal.listings.coordinates import (
    PositionError,
    bd09_to_gcj02,
    bd09_to_wgs84,
    bd09mc_to_bd09,
    distance_m,
    from_wgs84,
    gcj02_to_bd09,
    gcj02_to_wgs84,
    navigation_links,
    parse_bbox,
    parse_near,
    parse_position,
    to_wgs84,
    wgs84_to_bd09,
    wgs84_to_gcj02,
)

HANGZHOU = (30.28, 120.18)
inside_lat, inside_lng = st.floats(3.0, 54.0), st.floats(73.0, 136.0)


def near_to(found, expected, degrees):
    return found[:2] == pytest.approx(expected, abs=degrees, rel=0)


def test_gcj02_gives_the_published_values():
    assert near_to(wgs84_to_gcj02(39.915, 116.404), (39.91640428150164, 116.41024449916938), 1e-12)
    assert near_to(wgs84_to_gcj02(31.1774276, 121.5272106), (31.17530398364597, 121.531541859215), 1e-9)


def test_bd09_gives_the_published_values():
    assert near_to(gcj02_to_bd09(39.915, 116.404), (39.92133699351021, 116.41036949371029), 1e-12)


def test_baidu_metres_become_degrees():
    # Tiananmen in the address bar of map.baidu.com.
    assert near_to(bd09mc_to_bd09(12958175.0, 4825923.77), (39.915, 116.404), 1e-6)


@given(inside_lat, inside_lng)
def test_every_datum_comes_back_to_where_it_began(lat, lng):
    assert near_to(gcj02_to_wgs84(*wgs84_to_gcj02(lat, lng)), (lat, lng), 1e-6)
    assert near_to(bd09_to_gcj02(*gcj02_to_bd09(lat, lng)), (lat, lng), 1e-6)
    assert near_to(bd09_to_wgs84(*wgs84_to_bd09(lat, lng)), (lat, lng), 1e-6)


@given(inside_lat, inside_lng)
def test_a_conversion_moves_a_point_by_less_than_two_kilometres(lat, lng):
    assert distance_m(lat, lng, *wgs84_to_gcj02(lat, lng)) < 2000
    assert distance_m(lat, lng, *wgs84_to_bd09(lat, lng)) < 4000


@pytest.mark.parametrize("point", [(51.5, -0.12), (-33.9, 151.2), (60.0, 120.0)])
def test_outside_china_all_datums_are_the_same(point):
    assert wgs84_to_gcj02(*point) == gcj02_to_wgs84(*point) == wgs84_to_bd09(*point) == point


def test_distance_is_in_metres():
    assert distance_m(30.0, 120.0, 31.0, 120.0) == pytest.approx(111_195, abs=5)
    assert distance_m(*HANGZHOU, *HANGZHOU) == 0
    assert distance_m(0, 0, 0, 180) == pytest.approx(math.pi * 6371008.8)


@pytest.mark.parametrize(
    "text",
    [
        "30.28, 120.18",
        "30.28,120.18",
        "30.28 120.18",
        " 30.28,120.18\n",
        "（30.28，120.18）",
        "３０．２８，１２０．１８",
        "30.28、120.18",
        "30.28N, 120.18E",
        "N30.28 E120.18",
        "120.18E, 30.28N",
        "30.28°N 120.18°E",
        "北纬30.28度，东经120.18度",
        "东经120.18° 北纬30.28°",
        "纬度:30.28 经度:120.18",
        "lat=30.28, lng=120.18",
        "30°16′48″N, 120°10′48″E",
        "30°16'48\"N 120°10'48\"E",
        "北纬30度16分48秒 东经120度10分48秒",
    ],
)
def test_written_positions_are_read(text):
    found = parse_position(text, "wgs84")
    assert near_to(found, HANGZHOU, 1e-6)
    assert found.entered_datum == "wgs84"


def test_written_positions_are_gcj02_unless_said_otherwise():
    found = parse_position("30.28, 120.18")
    assert near_to(found, gcj02_to_wgs84(*HANGZHOU), 1e-6)
    assert found.entered_datum == "gcj02"


@pytest.mark.parametrize("text", ["120.18,30.28", "120.18，30.28", "120.18 30.28"])
def test_swapped_numbers_are_refused_with_the_right_order(text):
    with pytest.raises(PositionError) as refused:
        parse_position(text)
    assert refused.value.code == "swapped"
    with override("en"):
        assert str(refused.value) == (
            "The two numbers look swapped. Write the latitude first, then the longitude: 30.28, 120.18"
        )
    with override("zh-hans"):
        assert "颠倒" in str(refused.value)
        assert "30.28, 120.18" in str(refused.value)


LINKS = [
    ("https://uri.amap.com/marker?position=120.18,30.28&name=%E9%A3%9F%E5%A0%82", "gcj02"),
    ("https://uri.amap.com/marker?position=120.18,30.28&coordinate=wgs84", "wgs84"),
    ("https://uri.amap.com/navigation?from=116.4,39.9,a&to=120.18,30.28,食堂&mode=ride", "gcj02"),
    ("https://www.amap.com/?q=30.28,120.18,%E9%A3%9F%E5%A0%82", "gcj02"),
    ("https://wb.amap.com/?p=B0FFH12345%2C30.28%2C120.18%2C%E9%A3%9F%E5%A0%82", "gcj02"),
    ("https://ditu.amap.com/regeo?lng=120.18&lat=30.28&name=x", "gcj02"),
    ("看看这里：https://uri.amap.com/marker?position=120.18,30.28 快来", "gcj02"),
    ("uri.amap.com/marker?position=120.18,30.28", "gcj02"),
    ("https://apis.map.qq.com/uri/v1/marker?marker=coord:30.28,120.18;title:x;addr:y&referer=z", "gcj02"),
    ("https://apis.map.qq.com/uri/v1/routeplan?type=bike&to=x&tocoord=30.28,120.18", "gcj02"),
    ("https://apis.map.qq.com/uri/v1/geocoder?coord=30.28,120.18&coord_type=1", "wgs84"),
    ("https://map.qq.com/?type=marker&pointx=120.18&pointy=30.28", "gcj02"),
    ("http://api.map.baidu.com/marker?location=30.28,120.18&title=x&output=html", "bd09"),
    ("http://api.map.baidu.com/marker?location=30.28,120.18&coord_type=gcj02", "gcj02"),
    ("http://api.map.baidu.com/direction?destination=latlng:30.28,120.18|name:x&coord_type=wgs84", "wgs84"),
    ("https://map.baidu.com/?latlng=30.28,120.18&title=x", "bd09"),
    ("https://www.google.com/maps/@30.28,120.18,17z", "wgs84"),
    ("https://www.google.com/maps/place/x/@31.0,121.0,17z/data=!3m1!8m2!3d30.28!4d120.18", "wgs84"),
    ("https://www.openstreetmap.org/?mlat=30.28&mlon=120.18#map=17/30.1/120.1", "wgs84"),
    ("https://www.openstreetmap.org/#map=17/30.28/120.18", "wgs84"),
    ("geo:30.28,120.18?z=17", "wgs84"),
]


@pytest.mark.parametrize(("text", "datum"), LINKS)
def test_map_links_are_read_in_their_own_datum(text, datum):
    found = parse_position(text, "wgs84")
    assert found.entered_datum == datum
    assert near_to(found, to_wgs84(*HANGZHOU, datum), 1e-6)


def test_the_metres_in_a_baidu_address_are_read():
    found = parse_position(
        "https://map.baidu.com/poi/%E5%A4%A9%E5%AE%89%E9%97%A8/@12958175,4825923.77,19z?uid=1"
    )
    assert found.entered_datum == "bd09"
    assert distance_m(found.lat, found.lng, 39.9073, 116.3912) < 100


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("", "empty"),
        ("  ", "empty"),
        ("弄杭里邻里食堂", "unreadable"),
        ("30.28", "unreadable"),
        ("30.28, 120.18, 5", "unreadable"),
        ("30.28N, 120.18S", "unreadable"),
        ("30°75′N 120°E", "unreadable"),
        ("nan, inf", "unreadable"),
        ("30.28W, 120.18E", "unreadable"),
        ("0, 0", "outside"),
        ("30.28S, 120.18E", "outside"),
        ("30.28, -120.18", "outside"),
        ("https://surl.amap.com/4x5Yz1", "short_link"),
        ("【食堂】https://j.map.baidu.com/ab/cd", "short_link"),
        ("https://maps.app.goo.gl/abc", "short_link"),
        ("https://www.amap.com/place/B0FFH12345", "no_position"),
        ("https://map.baidu.com/?newmap=1", "no_position"),
        ("https://example.com/somewhere", "unknown_link"),
        ("https://apis.map.qq.com/uri/v1/geocoder?coord=30.28,120.18&coord_type=4", "unknown_link"),
        ("http://[::1/?q=30.28,120.18", "unknown_link"),
        ("https://uri.amap.com/marker?position=30.28,120.18", "swapped"),
    ],
)
def test_what_cannot_be_read_is_refused_with_a_sentence(text, code):
    with pytest.raises(PositionError) as refused:
        parse_position(text)
    assert refused.value.code == code
    assert len(str(refused.value)) > 10


def test_a_shortened_link_is_told_to_be_pasted_in_full():
    with pytest.raises(PositionError) as refused, override("zh-hans"):
        parse_position("https://surl.amap.com/4x5Yz1")
    with override("zh-hans"):
        assert "完整链接" in str(refused.value)


def test_an_unknown_datum_is_refused():
    with pytest.raises(PositionError, match="wgs84, gcj02, bd09") as refused:
        parse_position("30.28, 120.18", "mars")
    assert refused.value.code == "datum"


link_starts = st.sampled_from(
    [text.split("?")[0] + "?" for text, _datum in LINKS] + ["https://", "geo:", "http://["]
)
noise = st.one_of(
    st.text(),
    st.from_regex(r"[0-9NSEW°′″'\". ,;:+-]{0,40}", fullmatch=True),
    st.builds(str.__add__, link_starts, st.text()),
)


@given(noise)
def test_arbitrary_text_raises_nothing_but_the_documented_error(text):
    try:
        found = parse_position(text)
    except PositionError as refused:
        assert str(refused)
    else:
        assert -90 <= found.lat <= 90


@given(noise, noise)
def test_arbitrary_queries_raise_nothing_but_the_documented_error(text, other):
    for call in (
        lambda: parse_near(text, other),
        lambda: parse_bbox(text),
        lambda: parse_bbox(f"{text},{other}"),
    ):
        try:
            call()
        except PositionError as refused:
            assert str(refused)


def test_near_takes_a_point_and_a_radius():
    assert parse_near("30.28,120.18", "500") == (30.28, 120.18, 500)
    assert parse_near("30.28, 120.18").radius_m == 3000
    assert near_to(parse_near("30.28,120.18", 500, "gcj02"), gcj02_to_wgs84(*HANGZHOU), 1e-9)


@pytest.mark.parametrize("radius", ["0", "-5", "50001", "0.5", "wide", "nan", "1e3", 0])
def test_a_radius_that_makes_no_sense_is_refused(radius):
    with pytest.raises(PositionError) as refused:
        parse_near("30.28,120.18", radius)
    assert refused.value.code == "radius"
    with override("en"):
        assert str(refused.value) == "The radius is in metres, from 1 to 50000. Leave it out for 3000."


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("120.18,30.28", "swapped"),
        ("30.28", "near"),
        ("a,b", "near"),
        ("91,181", "outside"),
        ("30,181", "outside"),
    ],
)
def test_a_wrong_near_is_refused(text, code):
    with pytest.raises(PositionError) as refused:
        parse_near(text)
    assert refused.value.code == code


def test_a_box_is_west_south_east_north():
    assert parse_bbox("120.1,30.2,120.3,30.4") == (120.1, 30.2, 120.3, 30.4)


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("120.1,30.2,120.3", "box"),
        ("120.3,30.2,120.1,30.4", "box"),
        ("120.1,30.4,120.3,30.2", "box"),
        ("30.2,120.1,30.4,120.3", "swapped"),
        ("1000,30.2,120.3,30.4", "outside"),
    ],
)
def test_a_wrong_box_is_refused(text, code):
    with pytest.raises(PositionError) as refused:
        parse_bbox(text)
    assert refused.value.code == code


def test_navigation_links_speak_each_service_s_datum():
    links = {link.provider: link for link in navigation_links("弄杭里, 邻里食堂", *HANGZHOU, "zh-hans")}
    assert [link.label for link in links.values()] == ["高德地图", "腾讯地图", "百度地图"]
    assert all(link.url.startswith("https://") for link in links.values())
    values = {code: parse_qs(urlsplit(link.url).query) for code, link in links.items()}
    lng, lat, name = values["amap"]["to"][0].split(",")
    gcj, bd = wgs84_to_gcj02(*HANGZHOU), wgs84_to_bd09(*HANGZHOU)
    assert near_to((float(lat), float(lng)), gcj, 1e-6)
    assert name == "弄杭里 邻里食堂"
    assert near_to(tuple(map(float, values["tencent"]["tocoord"][0].split(","))), gcj, 1e-6)
    assert near_to(tuple(map(float, values["baidu"]["location"][0].split(","))), bd, 1e-6)


def test_our_own_links_are_read_back_to_the_same_place():
    for link in navigation_links("食堂", *HANGZHOU, "en"):
        found = parse_position(link.url, "wgs84")
        assert distance_m(found.lat, found.lng, *HANGZHOU) < 0.2
        assert near_to(from_wgs84(found.lat, found.lng, "wgs84"), HANGZHOU, 1e-5)
