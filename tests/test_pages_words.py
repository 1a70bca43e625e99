"""How the pages put ages, moments, distances and states into words."""

import datetime as dt
from types import SimpleNamespace
from typing import Any

import pytest
from django.utils.translation import override

from portal.listings.hours import Status
from portal.pages import moment as clock
from portal.pages import wording
from portal.pages.freshness import freshness
from portal.pages.outlines import district_at
from portal.pages.states import say_state
from portal.pages.week import stretch_text
from tests.pages_places import at

NOON = at("12:00")


@pytest.mark.parametrize(
    ("time", "part"),
    [
        ("10:29", "day"),
        ("10:30", "lunch"),
        ("13:29", "lunch"),
        ("13:30", "day"),
        ("16:30", "dinner"),
        ("19:30", "day"),
        ("21:59", "day"),
        ("22:00", "night"),
        ("05:59", "night"),
        ("06:00", "day"),
    ],
)
def test_the_clock_divides_the_day(time: str, part: str) -> None:
    assert clock.part_of_day(at(time)) == part


@pytest.mark.parametrize(
    ("seconds", "chinese", "english"),
    [
        (0, "刚刚", "just now"),
        (12 * 60, "12 分钟前", "12 minutes ago"),
        (3 * 3600 + 3500, "3 小时前", "3 hours ago"),
        (24 * 3600, "1 天前", "1 day ago"),
        (41 * 86400 + 7200, "41 天前", "41 days ago"),
    ],
)
def test_an_age_is_said_in_whole_units(seconds: int, chinese: str, english: str) -> None:
    then = NOON - dt.timedelta(seconds=seconds)
    with override("zh-hans"):
        assert wording.age(then.isoformat(), NOON) == chinese
    with override("en"):
        assert wording.age(then, NOON) == english


def test_a_coming_moment_names_its_day_only_when_it_is_not_today() -> None:
    with override("zh-hans"):
        assert wording.when(at("16:30"), NOON) == "16:30"
        assert wording.when(at("07:00", 25), NOON) == "明天 07:00"
        assert wording.when(at("00:00", 25), NOON) == "24:00"
        assert wording.when(at("07:00", 27), NOON) == "周五 07:00"
        assert wording.when(at("07:00", 30), NOON) == "周一 07:00"
    with override("en"):
        assert wording.when(at("07:00", 25), NOON) == "tomorrow 07:00"


def test_distances_change_from_metres_to_kilometres() -> None:
    with override("zh-hans"):
        assert [wording.distance(m) for m in (42, 624, 994, 1000, 1449)] == [
            "42 米",
            "620 米",
            "990 米",
            "1.0 公里",
            "1.4 公里",
        ]


def test_short_ways_are_walked_and_long_ones_are_ridden() -> None:
    with override("zh-hans"):
        assert wording.travel(200) == "步行约 4 分钟"
        assert wording.travel(620) == "骑行约 3 分钟"
        assert wording.travel(1400) == "骑行约 8 分钟"
        assert wording.travel(60_000) == ""


def card(kind: str = "canteen", doc: dict[str, Any] | None = None, **status: Any) -> SimpleNamespace:
    known = {"is_open": True, "hours_known": True, **status}
    return SimpleNamespace(doc={"kind": kind, "phone": "", **(doc or {})}, status=Status(**known), doubt=None)


@pytest.mark.parametrize(
    ("shown", "tone", "word", "note"),
    [
        (card(closes_at=at("13:30")), "open", "供应中", "13:30 止"),
        (card("station", closes_at=at("13:30")), "open", "开放中", "13:30 止"),
        (card(closes_at=at("12:28")), "soon", "28 分钟后收餐", "12:28 止"),
        (card(is_open_end=True, closes_at=at("13:00")), "open", "供应中", "售完为止"),
        (card(is_open=False, opens_next_at=at("16:30")), "shut", "未开放", "16:30 开"),
        (card(is_open=False, opens_next_at=at("12:20")), "soon", "20 分钟后开", "12:20"),
        (card(is_open=False), "shut", "未开放", ""),
        (card(is_open=None, hours_known=False), "unknown", "时间未知", ""),
        (
            card(doc={"phone": "0571-1"}, is_open=None, hours_known=False),
            "unknown",
            "时间未知",
            "去之前先打电话",
        ),
        (
            card(
                doc={"shut": {"reason": "sold_out", "since": at("11:48").isoformat()}},
                is_open=False,
                held="shut",
            ),
            "unknown",
            "已售完",
            "12 分钟前报告",
        ),
        (
            card(
                pause={"reason": "检修", "until": at("08:00", 25).isoformat()},
                is_open=False,
                held="paused",
            ),
            "unknown",
            "暂停",
            "检修 · 明天 08:00 止",
        ),
    ],
)
def test_a_state_has_one_tone_one_word_and_one_note(shown: Any, tone: str, word: str, note: str) -> None:
    with override("zh-hans"):
        said = say_state(shown, NOON)
    assert (said.tone, said.word, said.note) == (tone, word, note)


def test_a_fact_is_fresh_only_within_its_lifetime() -> None:
    six, eight = NOON - dt.timedelta(days=6), NOON - dt.timedelta(days=8)
    with override("zh-hans"):
        assert freshness("price", {"at": six.isoformat(), "by": "office"}, NOON).text == "6 天前街道核实"
        assert freshness("price", {"at": eight.isoformat(), "by": "office"}, NOON).text == "8 天未核实"
        assert freshness("hours", {"at": eight.isoformat(), "by": "courier"}, NOON).text == "8 天前小哥核实"
        assert freshness("hours", None, NOON).text == "尚未核实"
    assert not freshness("price", {"at": eight.isoformat(), "by": "office"}, NOON).is_fresh


@pytest.mark.parametrize(
    ("row", "text"),
    [
        ({"rule": "open", "opens": "10:30", "closes": "13:30", "open_end": False}, "10:30–13:30"),
        ({"rule": "open", "opens": "22:00", "closes": "02:00", "open_end": False}, "22:00–次日 02:00"),
        ({"rule": "open", "opens": "07:00", "closes": "00:00", "open_end": False}, "07:00–24:00"),
        (
            {"rule": "open", "opens": "11:00", "closes": None, "open_end": True, "label": "lunch"},
            "午餐 11:00 起，售完为止",
        ),
        ({"rule": "all_day", "opens": None, "closes": None, "open_end": False}, "24 小时"),
        ({"rule": "closed", "opens": None, "closes": None, "open_end": False}, "休息"),
        ({"rule": "unknown", "opens": None, "closes": None, "open_end": False}, "时间未知"),
    ],
)
def test_an_interval_is_said_as_people_write_it(row: dict[str, Any], text: str) -> None:
    with override("zh-hans"):
        assert stretch_text(row) == text


def test_a_point_knows_its_district_and_the_sea_has_none() -> None:
    assert district_at(30.2741, 120.1551) in {"330105", "330106", "330102"}
    assert district_at(31.23, 121.47) == ""
