"""A Chinese address in Latin letters, from the door outwards: 康桥路12号3幢 → "Building 3, 12 Kangqiao Road".

The proper part is pinyin and the kind of road an English word, as on the city's guides (GB/T 30240) and unlike its
street plates, where 路 is Lu (GB 17733). What is no known part of an address stays pinyin. Pure.
"""

import re
import unicodedata
from functools import lru_cache

from portal.listings.english import in_english, numbered, numeral
from portal.listings.pinyin import latin
from portal.regions.naming import english_name, proper_name

ROADS = {
    "大道": "Avenue",
    "大街": "Street",
    "公路": "Highway",
    "支路": "Branch Road",
    "路": "Road",
    "街": "Street",
    "巷": "Lane",
    "弄": "Lane",
}
SIDES = {"东": "East", "南": "South", "西": "West", "北": "North", "中": "Middle"}
BESIDE = {"旁": "next to", "旁边": "next to", "对面": "opposite", "附近": "near", "内": "inside"}
_ROAD = "|".join(ROADS)
_COUNT = r"(?:\d+|[一二三四五六七八九十两]+)"
#: What an address may begin with, in order: its pattern and the level of its English name.
_REGIONS = (
    (re.compile(r"(?:[^省市区]{2,3}省)?([^省市区路街]{2,3}市)"), "city"),
    (re.compile(r"([^路街号]{1,3}(?<![小园社校景库新片一二三四五六七八九十])[区县])"), "district"),
    (re.compile(rf"([^路街区号\d]{{1,6}}?(?:街道|镇|乡|世纪城|商业城))(?!{_ROAD})"), "street"),
    (re.compile(rf"([^号\d]{{1,10}}?社区|[^路街区号\d]{{1,8}}?(?<!新)村)(?!{_ROAD}|口|委)"), "community"),
)
_NUMBERED_ROAD = re.compile(rf"([^\d号]*?)({_COUNT})号(大街|大道|路|街)")
_PLAIN_ROAD = re.compile(rf"([^\d号]+?)((?<=[^\d号]{{2}})[东南西北中])?({_ROAD})(?!(?:{_ROAD}|道))")
_DOOR = re.compile(r"((?:[A-Za-z]|\d)+(?:[-–、,/]\d+)*)号(-\d+)?(?!楼|门|线|院)")
_CORNER = re.compile(r"(?:交叉|交汇|路)(?:路)?(?:口|处)")
_INNER = re.compile(rf"(地下|负)?({_COUNT}|[A-Za-z]\d*)(号楼|单元|号门|[幢栋座室层楼弄号区])")
_GATE = re.compile(r"(.{2,}?)([东南西北]{1,2}门)")
_NEAR = re.compile(r"(?:靠近|近)(.+)")
_BESIDE = re.compile(rf"(.+?)({'|'.join(sorted(BESIDE, key=len, reverse=True))})")


@lru_cache(maxsize=8192)
def address_en(text: str) -> str:
    """Return an address in Latin letters, "" for none."""
    normal = unicodedata.normalize("NFKC", text).strip()
    if normal.isascii():
        return normal
    outer, _bracket, rest = "".join(normal.split()).partition("(")
    inner, _bracket, after = rest.partition(")")
    said = _plain(outer + after)
    return f"{said} ({_remark(inner)})".strip() if inner else said


def _plain(text: str) -> str:
    """Return an address without brackets: what is smaller comes first."""
    regions: list[str] = []
    for pattern, level in _REGIONS:
        found = pattern.match(text)
        if found:
            regions.insert(0, english_name(found[1], level))
            text = text[found.end() :]
    way, text = _way(text)
    return ", ".join(filter(None, [*_inside(text), way, *regions]))


def _way(text: str) -> tuple[str, str]:
    """Return the road with its number, "" without one, and what follows it."""
    road, rest = _road(text)
    if not road:
        return "", text
    other, behind = _road(rest.lstrip("与和及、"))
    crossing = _CORNER.match(behind)
    if other and (crossing or rest[0] in "与和及"):
        return f"corner of {road} and {other}", behind[crossing.end() if crossing else 0 :]
    door = _DOOR.match(rest)
    return (f"{door[1]}{door[2] or ''} {road}", rest[door.end() :]) if door else (road, rest)


def _road(text: str) -> tuple[str, str]:
    """Return one road in English, "" when the text begins with none, and what follows it."""
    if found := _NUMBERED_ROAD.match(text):
        words = [proper_name(found[1]) if found[1] else "", f"No. {numeral(found[2])}", ROADS[found[3]]]
    elif found := _PLAIN_ROAD.match(text):
        words = [_road(found[1])[0] or proper_name(found[1]), SIDES.get(found[2] or "", ""), ROADS[found[3]]]
    else:
        return "", text
    return " ".join(filter(None, words)), text[found.end() :]


def _inside(text: str) -> list[str]:
    """Return the parts behind the number, the innermost first: Room 302, Unit 1, Building 3."""
    parts: list[str] = []
    place = 0
    for found in _INNER.finditer(text):
        parts += _between(text[place : found.start()])
        below = found[1] and found[3] in "层楼"
        parts.append(f"Basement {numeral(found[2])}" if below else numbered(found[2], found[3]))
        place = found.end()
    return [*parts, *_between(text[place:])][::-1]


def _between(text: str) -> list[str]:
    left = text.strip("-,、;. ")
    gate = _GATE.fullmatch(left)
    pieces = gate.groups() if gate else (left,)
    return [_remark(piece) for piece in pieces if piece]


def _remark(text: str) -> str:
    """Return words about a place: 近中河中路, 地铁站对面, or a name."""
    if found := _NEAR.fullmatch(text):
        return f"near {_landmark(found[1])}"
    if found := _BESIDE.fullmatch(text):
        return f"{BESIDE[found[2]]} {_landmark(found[1])}"
    return in_english(text) or latin(text)


def _landmark(text: str) -> str:
    """Return a road, with its number or without, or a name."""
    way, rest = _way(text)
    return latin(text) if rest else way
