"""Words of the minute: easy to tell apart by ear, changing, and not to be guessed without the secret."""

import re
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pypinyin import lazy_pinyin

from services.codes.keymaking import ensure_keys
from services.codes.minute_words import english, word_at, words

#: What the south of China says alike: z and zh, l, n and r, f and hu, an and ang.
ALIKE = {"zh": "z", "ch": "c", "sh": "s", "l": "n", "r": "n"}
GATES = st.integers(0, (1 << 24) - 1)
MINUTES = st.integers(0, 60_000_000)


def heard(word: str) -> list[tuple[str, str]]:
    """Return (beginning, end) of each syllable as they are heard, without tones."""
    found = []
    for syllable in lazy_pinyin(word):
        match = re.match(r"([zcs]h|[bpmfdtnlgkhjqxzcsryw]?)(.*)", syllable)
        assert match
        start, end = match.groups()
        start, end = ALIKE.get(start, start), re.sub("ng$", "n", end)
        if start == "h" and end.startswith("u") and len(end) > 1:
            start, end = "f", end[1:]
        found.append((start, end))
    return found


def test_the_words_are_many_short_and_all_in_english_too() -> None:
    assert len(words()) >= 256
    assert len(words()) % 2 == 0
    for word, meaning in words().items():
        assert re.fullmatch("[\u4e00-\u9fa5]{2}", word), word
        assert re.fullmatch("[A-Za-z ]+", meaning), meaning
    assert len(set(words().values())) == len(words())
    assert english("苹果") == "apple"


def test_no_two_words_sound_alike() -> None:
    """Neither the same, nor one syllable the same and the other a rhyme."""
    sounds = [(word, heard(word)) for word in words()]
    close = [
        (one, other)
        for position, (one, (first, second)) in enumerate(sounds)
        for other, (third, fourth) in sounds[position + 1 :]
        if (first == third and second[1] == fourth[1]) or (second == fourth and first[1] == third[1])
    ]
    assert close == []


def test_nothing_unlucky_or_to_be_taken_for_an_order_is_said_at_a_gate() -> None:
    unwanted = "死四鬼血棺墓丧哭病药毒杀刀枪炮弹党旗主席官警钟伞梨菊烛猪"
    assert [word for word in words() if set(word) & set(unwanted)] == []
    assert not {"大门", "手机", "电话", "头盔", "红包", "红灯", "包子"} & set(words())


@given(GATES, MINUTES)
def test_a_word_holds_for_its_gate_and_minute_and_the_next_one_differs(gate: int, minute: int) -> None:
    word = word_at(gate, minute)
    assert word in words()
    assert word_at(gate, minute) == word
    assert word_at(gate, minute + 1) != word


def test_every_word_comes_up_and_none_much_more_often_than_others() -> None:
    drawn = [word_at(1, minute) for minute in range(6000)]
    counts = {word: drawn.count(word) for word in words()}
    assert min(counts.values()) > 0
    assert max(counts.values()) < 60


def test_two_gates_and_two_cities_have_words_of_their_own(settings: Any, tmp_path: Path) -> None:
    here = [word_at(1, minute) for minute in range(200)]
    there = [word_at(2, minute) for minute in range(200)]
    settings.CODE_KEYS_DIR = str(tmp_path / "keys")
    ensure_keys()
    elsewhere = [word_at(1, minute) for minute in range(200)]
    for others in (there, elsewhere):
        assert sum(one == other for one, other in zip(here, others, strict=True)) < 20


@pytest.mark.parametrize(("gate", "minute"), [(-1, 1), (1, -1)])
def test_numbers_below_zero_are_refused(gate: int, minute: int) -> None:
    with pytest.raises(ValueError, match="no gate"):
        word_at(gate, minute)
