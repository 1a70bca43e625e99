"""What staff write by a pattern, in English."""

import csv
import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from portal.listings.english import WORDS_FILE, in_english, name_en, numeral


@pytest.mark.parametrize(
    ("chinese", "english"),
    [
        ("南门", "South Gate"),
        ("东北门", "Northeast Gate"),
        ("2号门", "Gate 2"),
        ("南2门", "South Gate 2"),
        ("人行门", "Pedestrian Gate"),
        ("3幢", "Building 3"),
        ("3 幢", "Building 3"),
        ("十二号楼", "Building 12"),
        ("a座", "Building A"),
        ("一荤两素", "1 meat, 2 vegetables"),
        ("小哥午间套餐（一荤两素）", "couriers' lunch set meal (1 meat, 2 vegetables)"),
        ("三素一汤", "3 vegetables, 1 soup"),
        ("双人间", "double room"),
        ("四人间床位", "bed in a room for four"),
        ("2–6 层", "floors 2–6"),
        ("3–12 层，有电梯", "floors 3–12, with lift"),
        ("国庆节", "National Day"),
        ("厨房检修", "kitchen maintenance"),
        ("10元", "10 yuan"),
        ("Wi-Fi", "Wi-Fi"),
        ("", ""),
    ],
)
def test_a_known_pattern_is_put_into_english(chinese: str, english: str) -> None:
    assert in_english(chinese) == english


@pytest.mark.parametrize(
    "text", ["东门改造，按物业现场指引通行", "南门外两侧", "门", "东西门", "小哥可进的门", "床位"]
)
def test_half_a_sentence_is_left_in_chinese(text: str) -> None:
    assert in_english(text) == ""


@pytest.mark.parametrize(
    ("name", "english"), [("南门", "South Gate"), ("双人间", "Double room"), ("望江厅", "Wangjiangting")]
)
def test_a_name_that_is_not_known_is_spelt(name: str, english: str) -> None:
    assert name_en(name) == english


@pytest.mark.parametrize(
    ("text", "digits"),
    [
        ("十", "10"),
        ("十二", "12"),
        ("二十", "20"),
        ("两", "2"),
        ("302", "302"),
        ("十十", "1010"),
        ("A1", "A1"),
    ],
)
def test_chinese_numerals_become_digits(text: str, digits: str) -> None:
    assert numeral(text) == digits


def test_the_table_of_words_says_each_once_and_in_english() -> None:
    with WORDS_FILE.open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    assert len({row["zh"] for row in rows}) == len(rows)
    for row in rows:
        assert row["en"].isascii(), row
        assert row["en"] == row["en"].strip() != "", row
        assert re.fullmatch(r"[\u4e00-\u9fff]+", row["zh"]), row


@given(st.text(max_size=60))
def test_any_text_is_either_english_or_left_alone(text: str) -> None:
    said = in_english(text)
    assert said == in_english(text)
    assert not re.search(r"[\u4e00-\u9fff]", said)
    assert isinstance(name_en(text), str)
