"""How names are spelt for search and for show."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from portal.listings.pinyin import fold, latin, readings


@pytest.mark.parametrize(
    "typed", ["闸弄口", "znk", "zlk", "zhanongkou", "zhalongkou", "ZLK", "ｚｎｋ", "zha long kou"]
)
def test_zhanongkou_is_found_by_either_reading(typed):
    assert any(fold(typed) in word for word in readings("闸弄口街道"))


@pytest.mark.parametrize(
    ("name", "typed"),
    [
        ("弄杭里邻里食堂", "linlishitang"),
        ("弄杭里邻里食堂", "nhl"),
        ("弄杭里邻里食堂", "lhl"),
        ("绿城", "lvcheng"),
        ("绿城", "lucheng"),
        ("长河街道", "changhe"),
        ("长河街道", "zhanghe"),
        ("文一西路528号A座", "528haoa"),
        ("文一西路528号A座", "wyxl528"),
    ],
)
def test_every_reading_finds_a_name(name, typed):
    assert any(typed in word for word in readings(name))


def test_what_does_not_sound_alike_is_not_found():
    assert not any("kangqiao" in word or "kq" in word for word in readings("闸弄口街道"))


def test_the_likeliest_reading_comes_first():
    assert readings("闸弄口")[:2] == ("闸弄口", "zhanongkou")


def test_readings_are_bounded():
    words = readings("长行乐弄食重" * 30)
    assert len(words) <= 49
    assert max(map(len, words[1:])) < 400


def test_an_empty_text_has_no_readings():
    assert readings("") == readings(" ") == ()


def test_a_latin_text_is_its_only_reading():
    assert readings("HDI 2") == ("hdi2",)


@pytest.mark.parametrize(
    ("name", "shown"),
    [
        ("弄杭里邻里食堂", "Nonghangli Linli Shitang"),
        ("闸弄口街道", "Zhanongkou Jiedao"),
        ("康桥街道", "Kangqiao Jiedao"),
        ("绿城", "Lücheng"),
        ("石桥路279号", "Shiqiao Lu 279 Hao"),
        ("紫元·需丰馨寓", "Ziyuan Xufengxinyu"),
        ("望江食堂（示例）", "Wangjiang Shitang (Shili)"),
        ("骑手之家 24小时", "Qishou Zhijia 24 Xiaoshi"),
        ("A座", "A Zuo"),
        ("万和暖心餐厅", "Wanhe Nuanxin Canting"),
        ("滨和面馆", "Binhe Mianguan"),
        ("劳动路梧岸骑士驿站", "Laodong Lu Wu'an Qishi Yizhan"),
        ("云光景园", "Yunguang Jingyuan"),
        ("南岸小区", "Nan'an Xiaoqu"),
        ("延安路", "Yan'an Lu"),
        ("康桥长者食堂", "Kangqiao Zhangzhe Shitang"),
        ("长宁佛堂", "Changningfotang"),
        ("梵村", "Fancun"),
        ("", ""),
    ],
)
def test_display_pinyin_is_in_words(name, shown):
    assert latin(name) == shown


def test_folding_makes_one_of_what_looks_the_same():
    assert fold(" ＡＢ c\u00a0１０\t元\u3000\u200b") == "abc10元"


@given(st.text())
def test_any_text_can_be_spelt(text):
    assert all(word and fold(word) == word for word in readings(text))
    assert "\x00" not in "".join(readings(text))
    assert isinstance(latin(text), str)
