"""Opening hours as people say them, made into what `importing_hours` reads: 早上10点半-下午2点 → 10:30-14:00."""

import re

from portal.listings.importing_cells import plain

_DIGITS = dict(zip("一二三四五六七八九", range(1, 10), strict=True)) | {"两": 2, "日": 7, "天": 7}
_FORENOON = {"凌晨", "清晨", "早上", "早晨", "早", "上午", "am"}
_AFTERNOON = {"下午", "傍晚", "晚上", "晚间", "晚", "夜里", "夜间", "pm"}
_NOON = {"中午", "午间"}
_WORD = "|".join(sorted(_FORENOON | _AFTERNOON | _NOON, key=len, reverse=True))
_TIME = (
    rf"({_WORD})?\s*([0-9]{{1,2}})(?:\s*([:点时.])\s*(半|一刻|三刻|整|[0-9]{{1,2}})?\s*分?)?(?:\s*(am|pm))?"
)
_SPAN = re.compile(rf"{_TIME}\s*(?:-+|–|—+|~+|至|到)\s*{_TIME}", re.I)
_FROM = re.compile(rf"{_TIME}(?=\s*起?\s*(?:售完|卖完|至售完|until))", re.I)
_MINUTES = {"半": 30, "一刻": 15, "三刻": 45, "整": 0, None: 0}
_MEALS = {
    "早餐": "早餐",
    "早饭": "早餐",
    "午餐": "午餐",
    "中餐": "午餐",
    "午饭": "午餐",
    "晚餐": "晚餐",
    "晚饭": "晚餐",
    "夜宵": "夜宵",
    "宵夜": "夜宵",
}
_CLOCKS = r"[0-9]{2}:[0-9]{2}-[0-9]{2}:[0-9]{2}"
_DAY = r"(?:周|星期|礼拜|工作日|休息日|节假日|法定|每天|平日)"
#: What is said in other words, in this order.
_WORDS: tuple[tuple[str, str], ...] = (
    (r"\(?(?:法定)?节假日(?:除外|不营业|休息|休业)\)?", ";法定节假日 休息;"),
    (r"7\s*[*x×]\s*24(?:\s*小时)?|全天候|二十四小时|24\s*(?:小时|h)(?:营业|开放)?", "24小时"),
    (r"全年无休|每日|天天|全周|周一到周日全天?", "每天"),
    (r"周末|双休日", "周六、周日"),
    (r"(?:周|星期|礼拜)六[、,和及]?(?:日|天)", "周六、周日"),
    (r"(?:周|星期|礼拜)([一二三四五六日天])\s*(?:至|到|-|~|—)\s*([一二三四五六日天])", r"周\1至周\2"),
    (r"不开放|不供餐|不供应|不开门|休业|关门|停业|公休|打烊|店休", "休息"),
    (r"(?<!不)(?:营业时间|开放时间|供餐时间|营业|开放|供应|供餐|开门)\s*:?", ""),
)


def loosened(text: str) -> str:
    """Return weekly hours in the form in which they are written, as far as what is said can only mean that."""
    said = re.sub(r"(?:周|星期|礼拜)([1-7])(?![0-9:点])", _weekday, plain(text))
    said = re.sub(r"([一二两三四五六七八九十]{1,3})(?=\s*[点时](?!间))", _number, said)
    said = re.sub(r"([0-9]{1,2})\s*-\s*(?:次日|第二天|翌日)\s*([0-9]{1,2}:[0-9]{2})", r"\1-\2", said)
    said = re.sub(r"次日|第二天|翌日", "", said)
    for pattern, word in _WORDS:
        said = re.sub(pattern, word, said, flags=re.I)
    said = _FROM.sub(lambda found: _clock(found.groups(), None)[0], _SPAN.sub(_span, said))
    for meal, label in _MEALS.items():
        said = re.sub(rf"{meal}\s*:?\s*({_CLOCKS})", rf"\1({label})", said)
    ending = rf"({_CLOCKS}(?:\([^()]*\))?|休息|24小时)"
    said = re.sub(rf"{ending}\s*[,、/]?\s*(?={_DAY})", r"\1; ", said)
    return re.sub(rf"{ending}\s*[/,和及]?\s*(?={_CLOCKS})", r"\1、", said)


def _weekday(found: re.Match[str]) -> str:
    return f"周{'一二三四五六日'[int(found[1]) - 1]}"


def _number(found: re.Match[str]) -> str:
    """Return a number up to 99 in digits; what is none stays."""
    tens, sep, ones = found[1].rpartition("十")
    if not sep:
        return str(_DIGITS[found[1]]) if len(found[1]) == 1 else found[0]
    if (tens and tens not in _DIGITS) or (ones and ones not in _DIGITS):
        return found[0]
    return str(10 * _DIGITS.get(tens, 1) + _DIGITS.get(ones, 0))


def _span(found: re.Match[str]) -> str:
    first, second = found.groups()[:5], found.groups()[5:]
    if not any((*first[:1], first[2], second[0], second[2], first[4], second[4])):
        return found[0]
    opens, is_late = _clock(first, None)
    closes, _late = _clock(second, opens if is_late or first[0] in _FORENOON | _NOON else None)
    return f"{opens}-{closes}"


def _clock(said: tuple[str | None, ...], after: str | None) -> tuple[str, bool]:
    """Return "HH:MM" and whether it is said to be in the afternoon; one without a word follows `after` if it can."""
    before, hours, _sign, minutes, behind = said
    word = (before or behind or "").lower()
    hour = int(hours or 0)
    minute = _MINUTES[minutes] if minutes in _MINUTES else int(minutes or 0)
    if (word in _AFTERNOON and hour < 12) or (word in _NOON and hour < 10):
        hour += 12
    elif word in {"凌晨", "am"} and hour == 12:
        hour = 0
    elif (
        not word
        and after
        and hour < 12
        and f"{hour:02}:{minute:02}" <= after <= f"{hour + 12:02}:{minute:02}"
    ):
        hour += 12
    return f"{hour:02}:{minute:02}", word in _AFTERNOON
