"""English for what staff write by a pattern: gates, buildings, rooms, meals, dishes, furniture, floors, reasons.

A text is put into English only when every part of it is known (data/words.csv and the patterns below); half a
sentence would be worse than the Chinese. Pure.
"""

import csv
import re
import unicodedata
from functools import lru_cache
from pathlib import Path

from portal.listings.pinyin import latin

WORDS_FILE = Path(__file__).resolve().parent / "data" / "words.csv"
DIGITS = {mark: value for value, mark in enumerate("零一二三四五六七八九")} | {"两": 2}
SIDES = {
    "东": "East",
    "南": "South",
    "西": "West",
    "北": "North",
    "东南": "Southeast",
    "东北": "Northeast",
    "西南": "Southwest",
    "西北": "Northwest",
}
PARTS = {
    "号楼": "Building",
    "幢": "Building",
    "栋": "Building",
    "座": "Building",
    "号": "No.",
    "单元": "Unit",
    "室": "Room",
    "号房": "Room",
    "层": "Floor",
    "楼": "Floor",
    "弄": "Lane",
    "号门": "Gate",
    "号窗口": "Counter",
    "期": "Phase",
    "区": "Area",
}
GATES = {"正": "Main", "大": "Main", "后": "Rear", "侧": "Side", "人行": "Pedestrian", "车行": "Vehicle"}
MARKS = {
    ",": ", ",
    "、": ", ",
    ";": "; ",
    "。": ". ",
    "(": " (",
    ")": ") ",
    "·": " · ",
    "+": " + ",
    "/": " / ",
}
_BREAKS = re.compile(f"([{re.escape(''.join(MARKS))}])")
_N = r"(?:\d+|[零一二三四五六七八九十两]+)"
_SIDE = "[东南西北]{1,2}"
_GATE = re.compile(rf"({_SIDE})?(?:({_N})号?|({'|'.join(GATES)}))?门")
_NUMBERED = re.compile(rf"({_N}|[A-Za-z]\d*)(号楼|幢|栋|座|单元|室|号房|号窗口)")
_DISHES = re.compile(rf"(?:({_N})荤)?(?:({_N})素)?(?:({_N})汤)?")
_FLOORS = re.compile(rf"({_N})(?:[-–—~至到]({_N}))?[层楼]")
_BED = re.compile(r"(.+)床位")
_YUAN = re.compile(r"(\d+(?:\.\d+)?)元")


@lru_cache(maxsize=1)
def words() -> dict[str, str]:
    """Return the known words, Chinese → English in lower case unless English writes them with a capital."""
    with WORDS_FILE.open(encoding="utf-8", newline="") as file:
        return {row["zh"]: row["en"] for row in csv.DictReader(file)}


@lru_cache(maxsize=1)
def _word() -> re.Pattern[str]:
    return re.compile("|".join(re.escape(word) for word in sorted(words(), key=len, reverse=True)))


def numeral(text: str) -> str:
    """Return a number up to 99 in digits: 十二 → 12; a longer one character by character, anything else as it is."""
    if not text or any(mark not in DIGITS and mark != "十" for mark in text):
        return text
    tens, ten, ones = text.rpartition("十")
    if not ten or len(tens) > 1 or len(ones) > 1 or "十" in tens:
        return "".join(str(DIGITS.get(mark, 10)) for mark in text)
    return str((DIGITS[tens] if tens else 1) * 10 + (DIGITS[ones] if ones else 0))


def numbered(number: str, part: str) -> str:
    """Return a numbered part of a place: 3, 幢 → "Building 3"."""
    return f"{PARTS[part]} {numeral(number).upper()}"


@lru_cache(maxsize=8192)
def name_en(text: str) -> str:
    """Return what a thing's name is called on an English page: in English where it is known, else in pinyin."""
    return upper_first(in_english(text) or latin(text))


def upper_first(text: str) -> str:
    """Return a text with its first letter as a capital."""
    return text[:1].upper() + text[1:]


@lru_cache(maxsize=8192)
def in_english(text: str) -> str:
    """Return a text in English, "" unless every part of it is known."""
    said = []
    for piece in _BREAKS.split(unicodedata.normalize("NFKC", text).strip()):
        known = MARKS.get(piece) or _piece(piece.strip())
        if piece.strip() and not known:
            return ""
        said.append(known)
    return re.sub(r" +", " ", "".join(said)).replace(") ,", "),").strip(" ,;")


def _piece(text: str) -> str:
    """Return what stands between two marks in English, "" when a part of it is not known."""
    if text.isascii():
        return text
    text = text.replace(" ", "")
    for read in (_gate, _numbered, _dishes, _floors, _bed, _yuan):
        if said := read(text):
            return said
    found, place = [], 0
    while place < len(text):
        word = _word().match(text, place)
        if word is None:
            return ""
        found.append(words()[word[0]])
        place = word.end()
    return " ".join(found)


def _gate(text: str) -> str:
    """Read 南门, 东北门, 2号门, 南2门, 后门."""
    found = _GATE.fullmatch(text)
    if not found or found[0] == "门" or (found[1] and found[1] not in SIDES):
        return ""
    said = (SIDES.get(found[1] or ""), GATES.get(found[3] or ""), "Gate", numeral(found[2] or ""))
    return " ".join(filter(None, said))


def _numbered(text: str) -> str:
    """Read 3幢, 十二号楼, A座, 2单元, 302室."""
    found = _NUMBERED.fullmatch(text)
    return numbered(found[1], found[2]) if found else ""


def _dishes(text: str) -> str:
    """Read 一荤两素, 三素一汤."""
    found = _DISHES.fullmatch(text)
    if not found or not found[0]:
        return ""
    said = []
    for count, one, many in zip(
        found.groups(), ("meat", "vegetable", "soup"), ("meats", "vegetables", "soups"), strict=True
    ):
        if count:
            said.append(f"{numeral(count)} {one if numeral(count) == '1' else many}")
    return ", ".join(said)


def _floors(text: str) -> str:
    """Read 3层, 2–6 层."""
    found = _FLOORS.fullmatch(text)
    if not found:
        return ""
    first, last = numeral(found[1]), numeral(found[2] or "")
    return f"floors {first}–{last}" if last else f"floor {first}"


def _bed(text: str) -> str:
    """Read 四人间床位."""
    found = _BED.fullmatch(text)
    room = _piece(found[1]) if found else ""
    return f"bed in a {room}" if room else ""


def _yuan(text: str) -> str:
    """Read 10元."""
    found = _YUAN.fullmatch(text)
    return f"{found[1]} yuan" if found else ""
