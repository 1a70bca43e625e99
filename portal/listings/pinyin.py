"""How a name sounds: every way it may be typed, and the one way it is shown in Latin letters."""

import re
import unicodedata
from collections.abc import Iterator
from functools import lru_cache
from itertools import combinations, groupby, product
from typing import Any

from pypinyin import Style, lazy_pinyin, load_phrases_dict, pinyin
from pypinyin.phrases_dict import phrases_dict

from portal.regions.naming import joined  # Its readings of places are loaded into pypinyin.

# The city says nong where a dictionary's nearest phrase (弄口) says long.
load_phrases_dict(
    {"闸弄口": [["zhá"], ["nòng"], ["kǒu"]], "弄口": [["nòng"], ["kǒu"]], "里弄": [["lǐ"], ["lòng"]]}
)

_MOST_WAYS = 24
_MOST_READINGS = 3
_MOST_CHARACTERS = 60
_LONGEST_WORD = 4
#: Up to here a run without a known word is one proper name: 甘露亭, 和睦新苑.
_LONGEST_NAME = 4
#: Words that names of places are made of, whatever a dictionary would read across them: 万和 暖心 餐厅.
_PLACE_NAMES = (
    "闸弄口 弄杭里 邻里 街道 公寓 小区 社区 驿站 骑手 骑士 小哥 之家 服务 中心 服务站 食堂 餐厅 花园 广场 大厦 单身 "
    "蓝领 暖新 党群 幸福 老年 长者 美食 美食城 便民 便民店 便利店 取餐点 快餐 快餐店 早餐店 小吃店 夜宵店 面馆 菜馆 "
    "家常菜馆 饺子馆 饭店 酒家 酒店 商场 市场 超市 大楼 新村 家园 嘉园 景园 雅苑 花苑 新苑 名苑 华庭 名邸 公馆 学府 "
    "宿舍 青年 人才 共享 暖心 爱心 红色 职工 工会 户外 劳动者 充电 换电 休息 园区 创业 产业园 科技园 软件园 工业园 "
    "东门 南门 西门 北门 公园 地铁 地铁站 车站 东站 西站 南站 北站 医院 大学 学院 小学 中学 外国语 示例 城东 城西 "
    "城南 城北 新城 智慧 未来 国际 物流 快递 司机 师傅 一期 二期 三期 四期 东区 西区 南区 北区 套餐 西湖 西溪 钱江 "
    "下沙 滨江 武林 黄龙 银行 行政 文化"
)
_PLACE_WORDS = frozenset(_PLACE_NAMES.split())
_PLACES = re.compile(f"({'|'.join(sorted(_PLACE_WORDS, key=len, reverse=True))})")
_ENDINGS = frozenset("路街巷镇乡村区市县站号楼幢")
#: A road inside a longer name ends a part of it.
_PARTS = re.compile(r".{2,}?[路街巷](?=.{2})|.+")
_OPENING, _CLOSING = "([", ")]"


def fold(text: str) -> str:
    """Return a text as it is compared: one width, lower case, no spaces, no control characters."""
    while (folded := _fold_once(text)) != text:  # Marks that a space held apart may join when it goes.
        text = folded
    return folded


def _fold_once(text: str) -> str:
    lowered = unicodedata.normalize("NFKC", text).lower()
    return "".join(mark for mark in lowered if not mark.isspace() and unicodedata.category(mark)[0] != "C")


def _is_han(mark: str) -> bool:
    return "\u4e00" <= mark <= "\u9fff" or "\u3400" <= mark <= "\u4dbf" or mark == "〇"


@lru_cache(maxsize=8192)
def _character_readings(mark: str) -> tuple[str, ...]:
    return tuple(pinyin(mark, style=Style.NORMAL, heteronym=True)[0][:_MOST_READINGS])


#: What is not Chinese stays one entry a character; the library takes a list, though its types do not say so.
_one_each: Any = list


def _choices(text: str) -> list[list[str]]:
    """Return for each mark its readings, the likeliest first; what is no letter or digit is left out."""
    likely = lazy_pinyin(text, errors=_one_each)
    rows = []
    for mark, first in zip(text, likely, strict=True):
        if _is_han(mark):
            rows.append([first, *(other for other in _character_readings(mark) if other != first)])
        elif mark.isalnum():
            rows.append([mark])
    return rows


def _ways(choices: list[list[str]]) -> Iterator[list[str]]:
    """Yield the likeliest reading, then those that differ from it in one character, in two, and so on."""
    likely = [row[0] for row in choices]
    unsure = [place for place, row in enumerate(choices) if len(row) > 1]
    for count in range(len(unsure) + 1):
        for places in combinations(unsure, count):
            for others in product(*(choices[place][1:] for place in places)):
                way = likely.copy()
                for place, other in zip(places, others, strict=True):
                    way[place] = other
                yield way


@lru_cache(maxsize=8192)
def readings(text: str) -> tuple[str, ...]:
    """Return every word by which a text may be found: itself folded, its pinyin, its initials.

    Pinyin is without tones and spaces, ü as v and u. Characters with several readings give several words, at most
    24 of each sort, the likeliest first; of a text longer than 60 characters only the beginning is spelt.
    """
    folded = fold(text)
    choices = _choices(folded[:_MOST_CHARACTERS])
    if not any(len(row[0]) > 1 or len(row) > 1 for row in choices):
        return (folded,) if folded else ()
    spelt: dict[str, None] = {}
    initials: dict[str, None] = {}
    for way, _count in zip(_ways(choices), range(_MOST_WAYS), strict=False):
        spelt["".join(way)] = None
        initials["".join(syllable[0] for syllable in way)] = None
    return tuple(dict.fromkeys([folded, *spelt, *initials]))


def _words(text: str) -> Iterator[str]:
    """Yield the words of a run of Chinese: those of place names wherever they stand, then what lies between them."""
    for piece in filter(None, _PLACES.split(text)):
        if piece in _PLACE_WORDS:
            yield piece
        else:
            for part in _PARTS.findall(piece):
                yield from _split_ending(part) if len(part) <= _LONGEST_NAME else _known_words(part)


def _known_words(text: str) -> Iterator[str]:
    """Yield the words that the phrase dictionary knows by longest match, single characters joined up to an ending."""
    singles = ""
    place = 0
    while place < len(text):
        longest = min(_LONGEST_WORD, len(text) - place)
        sizes = (size for size in range(longest, 1, -1) if _is_word(text[place : place + size]))
        size = next(sizes, 1)
        if size == 1:
            singles += text[place]
        else:
            yield from _split_ending(singles)
            singles = ""
            yield text[place : place + size]
        place += size
    yield from _split_ending(singles)


def _is_word(text: str) -> bool:
    return text in phrases_dict and text[-1] not in _ENDINGS


def _split_ending(text: str) -> Iterator[str]:
    if len(text) > 2 and text[-1] in _ENDINGS:
        yield from (text[:-1], text[-1])
    elif text:
        yield text


@lru_cache(maxsize=8192)
def latin(text: str) -> str:
    """Return display pinyin in capitalised words: "Nonghangli Linli Shitang" for 弄杭里邻里食堂.

    Latin letters and digits stay as they are; other marks than brackets become spaces.
    """
    pieces: list[str] = []
    for sort, run in groupby(unicodedata.normalize("NFKC", text), _sort):
        marks = "".join(run)
        if sort == "han":
            # Word by word: across two words a dictionary reads 和 of 滨和 面馆 as in kneading dough.
            pieces += [joined(lazy_pinyin(word, errors=_one_each, v_to_u=True)) for word in _words(marks)]
        elif sort != "gap":
            pieces.append(marks)
    return re.sub(r"([(\[]) | ([)\]])", r"\1\2", " ".join(pieces))


def _sort(mark: str) -> str:
    if _is_han(mark):
        return "han"
    if mark in _OPENING or mark in _CLOSING:
        return mark
    return "other" if mark.isalnum() or mark in "-.'&" else "gap"
