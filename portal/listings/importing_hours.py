"""Opening hours in one cell, as a clerk would write them, and back.

Weekly hours: "周一至周五 10:30-13:30(午餐)、16:30-19:00; 周六 休息; 法定节假日 休息". Without a day every day is meant:
"24小时". An open end is "11:00起售完为止". Exceptions: "2026-10-01~2026-10-07 休息 国庆", one a line.
"""

import re
from collections.abc import Iterable
from itertools import groupby
from typing import Any

from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy as _

from portal.listings.importing_cells import plain, read_clock, read_date
from portal.listings.importing_spoken import loosened
from portal.listings.models.hours import Rule

Row = dict[str, Any]
WEEK = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
NAMES = {
    **dict(zip(WEEK, ("周一", "周二", "周三", "周四", "周五", "周六", "周日"), strict=True)),
    "workday": "工作日",
    "rest_day": "休息日",
    "holiday": "法定节假日",
}
EVERY_DAY = "每天"
LABELS = {"breakfast": "早餐", "lunch": "午餐", "dinner": "晚餐", "night": "夜宵"}
WHOLE = {Rule.ALL_DAY: "24小时", Rule.CLOSED: "休息", Rule.UNKNOWN: "不详"}
UNTIL_SOLD_OUT = "起售完为止"

_DAY_CODES = {
    **{name: code for code, name in NAMES.items()},
    **{f"星期{name[1:]}": code for code, name in NAMES.items() if code in WEEK},
    **{f"礼拜{name[1:]}": code for code, name in NAMES.items() if code in WEEK},
    **{code: code for code in NAMES},
    "周天": "sun",
    "星期天": "sun",
    "节假日": "holiday",
    "平日": "workday",
}
_DAY = "|".join(sorted(_DAY_CODES, key=len, reverse=True))
_DAYS = re.compile(rf"({_DAY})(?:\s*(?:至|到|-|–|—|~)\s*({_DAY}))?", re.I)
_SPAN = re.compile(r"([0-9:点时.分]+)\s*(?:-|–|—|~|至|到)\s*([0-9:点时.分]+)")
_OPEN_END = re.compile(r"([0-9:点时.分]+)\s*起?\s*(?:售完为止|卖完为止|售完即止|至售完|until sold out)", re.I)
_LABELLED = re.compile(r"(.*?)\s*\(([^()]*)\)")
_DATE = r"([0-9]{4}[-/.年][0-9]{1,2}[-/.月][0-9]{1,2}日?)"
_DATES = re.compile(rf"{_DATE}(?:\s*[~至到]\s*{_DATE})?")
_WORDS = {
    "24小时": Rule.ALL_DAY,
    "全天": Rule.ALL_DAY,
    "24h": Rule.ALL_DAY,
    "休息": Rule.CLOSED,
    "不营业": Rule.CLOSED,
    "关闭": Rule.CLOSED,
    "closed": Rule.CLOSED,
    "不详": Rule.UNKNOWN,
    "未知": Rule.UNKNOWN,
    "unknown": Rule.UNKNOWN,
}


def escaped(text: str, signs: str = "") -> str:
    """Return the text with backslashes before line ends, backslashes and `signs`."""
    text = text.replace("\\", "\\\\").replace("\n", "\\n")
    return "".join(f"\\{letter}" if letter in signs else letter for letter in text)


def unescaped(text: str) -> str:
    """Take back what `escaped` did."""
    return re.sub(r"\\(.)", lambda found: "\n" if found[1] == "n" else found[1], text, flags=re.S)


def split(text: str, signs: str) -> list[str]:
    """Return the pieces of a text between `signs` that are not escaped; the pieces stay escaped."""
    pieces, piece, index = [], "", 0
    while index < len(text):
        letter = text[index]
        if letter == "\\" and index + 1 < len(text):
            piece += text[index : index + 2]
            index += 2
            continue
        if letter in signs:
            pieces.append(piece)
            piece = ""
        else:
            piece += letter
        index += 1
    return [*pieces, piece]


def write_interval(row: Row) -> str:
    """Return one interval without its label."""
    if row["rule"] != Rule.OPEN:
        return WHOLE[row["rule"]]
    if row["is_open_end"]:
        return f"{row['opens']}{UNTIL_SOLD_OUT}"
    return f"{row['opens']}-{row['closes']}"


def read_interval(text: str) -> Row:
    """Return rule, opens, closes and is_open_end of one interval; ValidationError with a sentence."""
    word = plain(text)
    rule = _WORDS.get(word.replace(" ", "").lower())
    if rule:
        return {"rule": str(rule), "opens": None, "closes": None, "is_open_end": False}
    row = {"rule": str(Rule.OPEN), "opens": None, "closes": None, "is_open_end": False}
    if found := _OPEN_END.fullmatch(word):
        return {**row, "opens": read_clock(found[1]), "is_open_end": True}
    if word.replace(" ", "") in {"00:00-24:00", "0:00-24:00"}:
        return {**row, "rule": str(Rule.ALL_DAY)}
    if found := _SPAN.fullmatch(word):
        return {**row, "opens": read_clock(found[1]), "closes": read_clock(found[2])}
    raise ValidationError(
        _("“%(text)s” cannot be read. Write 10:30-13:30, 11:00起售完为止, 24小时, 休息 or 不详."),
        params={"text": text[:30]},
    )


def write_weekly(rows: Iterable[Row]) -> str:
    """Return weekly rows in one line, in their order; following days with the same hours are joined."""
    blocks = []
    for day, found in groupby(rows, key=lambda row: row["day"]):
        each = [write_interval(row) + (f"({LABELS[row['label']]})" if row["label"] else "") for row in found]
        blocks.append((day, "、".join(each)))
    parts, index = [], 0
    while index < len(blocks):
        last = index
        while last + 1 < len(blocks) and _follows(blocks[last], blocks[last + 1]):
            last += 1
        first_day, said = blocks[index]
        last_day = blocks[last][0]
        if (first_day, last_day) == ("mon", "sun"):
            name = EVERY_DAY
        else:
            name = NAMES[first_day] if first_day == last_day else f"{NAMES[first_day]}至{NAMES[last_day]}"
        parts.append(f"{name} {said}")
        index = last + 1
    return "; ".join(parts)


def _follows(block: tuple[str, str], following: tuple[str, str]) -> bool:
    both_weekdays = block[0] in WEEK and following[0] in WEEK
    return both_weekdays and WEEK.index(following[0]) == WEEK.index(block[0]) + 1 and block[1] == following[1]


def read_weekly(text: str) -> list[Row]:
    """Return weekly rows, also of hours as people say them; ValidationError with every fault."""
    try:
        return _read_weekly(text)
    except ValidationError as error:
        try:
            return _read_weekly(loosened(text))
        except ValidationError:
            raise error from None


def _read_weekly(text: str) -> list[Row]:
    rows: list[Row] = []
    faults = []
    for part in re.split(r"[;；\n。]", text):
        if not part.strip():
            continue
        try:
            days, rest = _read_days(plain(part))
        except ValidationError as error:
            faults.append(error)
            continue
        found = []
        for piece in re.split(r"[、,，]", rest):
            try:
                label, interval = _read_label(piece.strip())
                found.append({**read_interval(interval), "label": label})
            except ValidationError as error:
                faults.append(error)
        rows += [{"day": day, **interval} for day in days for interval in found]
    if faults:
        raise ValidationError(faults)
    return rows


def _read_days(part: str) -> tuple[list[str], str]:
    """Return the days that a part begins with (every day without any) and the rest."""
    days: list[str] = []
    rest = part.removeprefix(EVERY_DAY).strip(" :")
    if rest != part.strip(" :"):
        return list(WEEK), rest
    while found := _DAYS.match(rest):
        first = _DAY_CODES[found[1].lower()]
        if found[2]:
            last = _DAY_CODES[found[2].lower()]
            if first not in WEEK or last not in WEEK:
                raise ValidationError(_("A range of days runs from one weekday to another: 周一至周五."))
            start, end = WEEK.index(first), WEEK.index(last)
            span = WEEK[start : end + 1] if start <= end else (*WEEK[start:], *WEEK[: end + 1])
            days += [day for day in span if day not in days]
        elif first not in days:
            days.append(first)
        rest = rest[found.end() :].lstrip(" 、,和及:")
    return days or list(WEEK), rest


def _read_label(piece: str) -> tuple[str, str]:
    """Return the meal period's code ("" for none) and the interval."""
    found = _LABELLED.fullmatch(piece)
    if found is None:
        return "", piece
    word = found[2].strip()
    for code, name in LABELS.items():
        if word in {code, name}:
            return code, found[1]
    raise ValidationError(
        _("“%(text)s” is not one of: %(known)s."),
        params={"text": word[:20], "known": "、".join(LABELS.values())},
    )


def write_exceptions(rows: Iterable[Row]) -> str:
    """Return dated exceptions, one a line."""
    lines = []
    for row in rows:
        dates = (
            row["starts_on"] if row["starts_on"] == row["ends_on"] else f"{row['starts_on']}~{row['ends_on']}"
        )
        reason = f" {escaped(row['reason'], ';；')}" if row["reason"] else ""
        lines.append(f"{dates} {write_interval(row)}{reason}")
    return "\n".join(lines)


def read_exceptions(text: str) -> list[Row]:
    """Return dated exceptions; ValidationError with every fault."""
    rows, faults = [], []
    for part in split(text, ";；\n"):
        if not part.strip():
            continue
        try:
            rows.append(_read_exception(part.strip()))
        except ValidationError as error:
            faults.append(error)
    if faults:
        raise ValidationError(faults)
    return rows


def _read_exception(part: str) -> Row:
    head, _space, rest = part.partition(" ")
    dates = _DATES.match(plain(part))
    if dates is None:
        raise ValidationError(
            _("“%(text)s” cannot be read. Write 2026-10-01~2026-10-07 休息 国庆."), params={"text": part[:30]}
        )
    if plain(head) != dates[0]:
        rest = plain(part)[dates.end() :].strip()
    starts_on = read_date(dates[1])
    ends_on = read_date(dates[2]) if dates[2] else starts_on
    said, _space, reason = rest.strip().partition(" ")
    if ends_on < starts_on:
        raise ValidationError(_("The last day is before the first day."))
    return {
        "starts_on": starts_on,
        "ends_on": ends_on,
        **read_interval(said),
        "reason": unescaped(reason.strip()),
    }
