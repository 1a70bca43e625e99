"""Masked names: by rule, never the whole name, always room in a credential."""

import unicodedata

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from services.codes.naming import MOST_BYTES, masked
from services.codes.surnames import COMPOUND_SURNAMES

HAN = st.characters(min_codepoint=0x4E00, max_codepoint=0x9FA5)
HAN_NAMES = st.text(HAN, min_size=1, max_size=9)
DOTTED = st.lists(HAN_NAMES, min_size=2, max_size=3).map("·".join)
COMPOUND = st.tuples(st.sampled_from(sorted(COMPOUND_SURNAMES)), st.text(HAN, max_size=4)).map("".join)
LETTERS = st.text(st.characters(categories=["L", "M", "N"]), min_size=1, max_size=12)
WORDS = st.lists(LETTERS, min_size=1, max_size=4).map(" ".join)
ANYTHING = st.one_of(HAN_NAMES, DOTTED, COMPOUND, WORDS, st.text(max_size=40))


@pytest.mark.parametrize(
    ("name", "shown"),
    [
        ("李明", "李*"),
        ("李小明", "李*明"),
        ("李", "李*"),
        ("李小小明", "李*明"),
        ("古丽巴哈尔", "古*尔"),
        ("欧阳明", "欧阳*"),
        ("欧阳小明", "欧阳*明"),
        ("歐陽小明", "歐陽*明"),
        ("欧阳大小明", "欧阳*明"),
        ("欧阳", "欧*"),
        ("张简明", "张*明"),
        ("买买提·艾力", "买买提·*"),
        ("买买提•艾力", "买买提·*"),
        ("买买提・艾力", "买买提·*"),
        ("买买提･艾力", "买买提·*"),
        ("买买提‧艾力", "买买提·*"),
        ("买买提．艾力", "买买提·*"),
        ("买买提.艾力", "买买提·*"),
        ("买买提\u0387艾力", "买买提·*"),
        ("买买提 · 艾力", "买买提·*"),
        ("阿卜杜热合曼·艾力", "阿卜*·*"),
        ("阿卜杜热合曼·艾力·买买提", "阿卜*·*"),
        ("买买提·", "买*提"),
        ("·买买提", "买*提"),
        ("𠮷𠮷𠮷·明", "𠮷𠮷*·*"),
        ("𠮷小明", "𠮷*明"),
        ("　李　小明　", "李*明"),
        ("李\u200b小\u202e明", "李*明"),
        ("李明（Tony）", "李*"),
        ("Tony 李小明", "李*明"),
        ("John Smith", "J*** S."),
        ("john  smith", "J*** S."),
        ("Ｊｏｈｎ Ｓｍｉｔｈ", "J*** S."),
        ("J. R. R. Tolkien", "J*** T."),
        ("Jean-Luc O'Neil", "J*** O."),
        ("'t Hooft", "T*** H."),
        ("John", "J***"),
        ("J", "J***"),
        ("J S", "J***"),
        ("Élodie Öz", "É*** Ö."),
        ("김민준", "김***"),
        ("김 민준", "김*** 민."),
        ("محمد علي", "م*** ع."),
        ("", "*"),
        ("   ", "*"),
        ("***", "*"),
        ("！？", "*"),
        ("\u202e\u2066", "*"),
        ("张三丰*", "张*丰"),
        ("李小明*", "李*明"),
    ],
)
def test_a_name_is_masked_by_rule(name: str, shown: str) -> None:
    assert masked(name) == shown


@pytest.mark.parametrize(
    "shown", ["李*", "李*明", "欧阳*", "欧阳*明", "买买提·*", "阿卜*·*", "J*** S.", "J***", "*"]
)
def test_a_masked_name_stays_as_it_is(shown: str) -> None:
    assert masked(shown) == shown


@given(ANYTHING)
@example("ŉ ǰ")
@example("가 각")
@example("𞤀 𞤁𞤂")
@example("*** .*")
def test_masking_twice_changes_nothing(name: str) -> None:
    assert masked(masked(name)) == masked(name)


@given(ANYTHING)
def test_a_masked_name_has_room_in_a_credential_and_nothing_unseen_in_it(name: str) -> None:
    shown = masked(name)
    assert 1 <= len(shown.encode("utf-8")) <= MOST_BYTES
    assert "*" in shown
    assert {unicodedata.category(letter)[0] for letter in shown} <= set("LNPSMZ")
    assert not [letter for letter in shown if unicodedata.category(letter) in {"Cc", "Cf", "Zl", "Zp"}]


@given(st.one_of(HAN_NAMES, DOTTED, COMPOUND, WORDS))
def test_at_least_one_character_of_a_name_is_hidden(name: str) -> None:
    letters = [
        letter for letter in unicodedata.normalize("NFKC", name) if unicodedata.category(letter)[0] in "LN"
    ]
    shown = [letter for letter in masked(name) if unicodedata.category(letter)[0] in "LN"]
    if len(letters) >= 2:
        assert len(shown) < len(letters)
    assert len(shown) <= 3


@given(HAN_NAMES, HAN_NAMES)
def test_how_long_a_name_is_does_not_show(first: str, second: str) -> None:
    assert masked(f"李{first}大明") == masked(f"李{second}大明")


def test_compound_surnames_are_of_two_chinese_characters_and_kept_whole() -> None:
    assert len(COMPOUND_SURNAMES) >= 80
    for surname in COMPOUND_SURNAMES:
        assert len(surname) == 2
        assert masked(f"{surname}小明") == f"{surname}*明"
