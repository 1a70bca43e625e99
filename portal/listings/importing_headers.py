"""Finding the columns of a table: titles above it, headers over two rows, names as offices write them."""

import re
import unicodedata
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

#: In so many lines from the top the column names must come.
SEARCHED = 20
#: A remark below a table says so many things at most.
FEW = 3
KEY, NAME = "public_id", "name"
_ALSO: dict[str, tuple[str, ...]] = {
    "name": (
        "店名",
        "点位名称",
        "场所名称",
        "食堂名称",
        "餐厅名称",
        "驿站名称",
        "站点名称",
        "小区名称",
        "公寓名称",
        "项目名称",
    ),
    "address": ("详细地址", "具体地址", "地点", "地理位置"),
    "phone": ("联系电话", "联系方式", "电话号码", "手机", "手机号", "手机号码", "咨询电话"),
    "district": ("区", "城区", "所属区", "行政区", "所在区", "区县市"),
    "street": ("所属街道", "所在街道", "街道名称", "镇街", "所属镇街", "乡镇街道", "街道乡镇", "街道/乡镇"),
    "community": ("所属社区", "所在社区", "社区名称", "村社", "社区/村"),
    "weekly_hours": ("开放时间", "营业时段", "供餐时间", "服务时间", "开门时间"),
    "lat": ("北纬", "纬度坐标"),
    "lng": ("东经", "经度坐标"),
}
#: One cell for both, in whichever order.
_BOTH = ("经纬度", "坐标", "位置坐标", "经纬度坐标", "gps坐标", "高德坐标", "百度坐标")
_COUNTING = {"序号", "序", "no", "no.", "#", "行号"}
_BRACKETS = re.compile(r"[(\[【].*?[)\]】]")
_DATUM = re.compile(r"高德|腾讯|gcj-?02|百度|bd-?09|wgs-?84|gps", re.I)
_TOTAL = re.compile(r"(?:合\s*计|总\s*计|小\s*计|共\s*计|总\s*数|汇\s*总|total|sum)\b.{0,20}", re.I)
_REMARK = re.compile(
    r"(?:注|备注|说明|填表说明|填表人|制表人?|审核人?|联系人|填报单位|填报人|负责人|notes?)\s*\d*\s*[:：].*",
    re.I | re.S,
)
Line = tuple[int, list[str]]


def plainly(header: str) -> str:
    """Return a header without width, spaces, star and capital letters."""
    return re.sub(r"\s+", "", unicodedata.normalize("NFKC", header)).rstrip("*").lower()


def column_names(header: Sequence[str], known: Mapping[str, str]) -> list[str]:
    """Return the column that each header means, "" for none: by its own name first, then by what offices write."""
    own = {plainly(text): name for text, name in known.items()}
    names = [own.get(plainly(text), "") if text else "" for text in header]
    taken, columns = set(names), set(own.values())
    also = {text: name for name, texts in _ALSO.items() for text in texts if name in columns}
    if "lat" in columns and not {"lat", "lng"} & taken:
        also |= dict.fromkeys(_BOTH, "lat")
    for index, text in enumerate(header):
        word = _BRACKETS.sub("", plainly(text))
        name = own.get(word) or also.get(plainly(text)) or also.get(word) or ""
        if text and not names[index] and name not in taken:
            names[index] = name
            taken.add(name)
    return names


def is_counting(header: str) -> bool:
    """Say whether a column only counts the rows."""
    return plainly(header) in _COUNTING


def datum_in(headers: Sequence[str]) -> str:
    """Return the datum that the headers of a position name, as in 纬度（高德）; "" for none."""
    for text in headers:
        if found := _DATUM.search(unicodedata.normalize("NFKC", text)):
            return found[0]
    return ""


@dataclass(frozen=True, slots=True)
class Head:
    """Where the columns are named: the headers, how many lines they end at, and whether titles stand above them."""

    header: list[str]
    lines: int
    has_titles: bool


def find_head(lines: Sequence[Line], known: Mapping[str, str]) -> Head:
    """Return where the columns are named among the first lines, none of which is empty; the first line if nowhere."""
    best, most = 0, 0
    for index, (_number, texts) in enumerate(lines):
        names = column_names(texts, known)
        count = len([name for name in names if name])
        if count > most and {KEY, NAME} & set(names):
            best, most = index, count
    if not most:
        return Head(list(lines[0][1]), 1, has_titles=False)
    header = list(lines[best][1])
    names = column_names(header, known)
    first = best
    if best and _completes(header, names, lines[best - 1][1], known):
        first = best - 1
    last = best
    if best + 1 < len(lines):
        below = lines[best + 1][1]
        said = [text for text in below if text]
        if said and all(column_names([text], known)[0] for text in said):
            _completes(header, column_names(header, known), below, known)
            last = best + 1
    return Head(header, last + 1, has_titles=first > 0)


def _completes(header: list[str], names: list[str], other: Sequence[str], known: Mapping[str, str]) -> bool:
    """Take from the line beside it the names of columns that a header does not name; say whether there were any."""
    found = False
    for index, name in enumerate(column_names(other, known)):
        if name and name not in names and (index >= len(names) or not names[index]):
            header += [""] * (index + 1 - len(header))
            header[index] = other[index]
            found = True
    return found


def without_remarks(
    lines: Iterator[Line], head: Head, names: Sequence[str], left_out: list[int]
) -> Iterator[Line]:
    """Yield the rows without totals, remarks and the header said again; their numbers go to `left_out`."""
    for number, texts in lines:
        if is_remark(texts, head.header, names):
            left_out.append(number)
        else:
            yield number, texts


def is_remark(texts: Sequence[str], header: Sequence[str], names: Sequence[str]) -> bool:
    """Say whether a line is a total, a remark below the table, or the header once more."""
    said = [text for text in texts if text]
    if said == [text for text in header if text]:
        return True
    has_key = any(name == KEY and text for name, text in zip(names, texts, strict=False))
    if has_key or not said:
        return False
    first = unicodedata.normalize("NFKC", said[0]).strip()
    if _TOTAL.fullmatch(first):
        return True
    name = next((text for column, text in zip(names, texts, strict=False) if column == NAME), "")
    return name in {"", said[0]} and len(said) <= FEW and bool(_REMARK.fullmatch(first))
