"""One cell of a spreadsheet: what the program that wrote it made of a value, and back to the text that was meant."""

import datetime as dt
import re
import unicodedata
from decimal import Decimal, InvalidOperation
from typing import Any

from django.core.exceptions import ValidationError
from django.db import models
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _
from django.utils.translation import override

from portal.listings.hours import CITY_TIME

#: Full-width signs begin a formula in some spreadsheet programs too, and some pass over spaces before a sign.
_RISKY = re.compile(r"'*(?:[\t\r]|\s*[=+\-@＝＋－＠])")
_GUARDED = re.compile(r"'+(?:[\t\r]|\s*[=+\-@＝＋－＠])")
_CLOCK = re.compile(r"([0-9]{1,2})[:：点时.]([0-9]{1,2})?分?(?::00)?")
_DATE = re.compile(r"([0-9]{4})[-/.年]([0-9]{1,2})[-/.月]([0-9]{1,2})日?")
YES = {"是", "有", "对", "√", "✓", "✔", "y", "yes", "true", "1", "允许", "可以", "支持", "提供"}
NO = {"否", "无", "没有", "×", "✗", "x", "n", "no", "false", "0", "不允许", "不可以", "不支持", "不提供"}
_ERROR = re.compile(r"#(?:N/A|REF!|VALUE!|NAME\?|DIV/0!|NUM!|NULL!)")
_MONEY = re.compile(
    r"(?:¥|人民币|rmb|cny)?([+-]?[0-9]*\.?[0-9]+)(?:元|块钱?|圆|rmb|cny)?(?:[/每][份位人餐月天间套床次个]+)?",
    re.I,
)
_COUNT = re.compile(r"([+-]?[0-9]{1,12})(?:\.0+)?[份个座人位间套张台条处家辆m㎡]?")
#: Days since this one are how spreadsheets keep dates.
_DAY_ZERO = dt.date(1899, 12, 30)
_SHORTENED = re.compile(r"([0-9])(?:\.([0-9]+))?[eE]\+?([0-9]{1,3})")


#: A spreadsheet shortens to six digits; so many have not been.
KEPT_DIGITS, MOST_DIGITS = 8, 15


class Formula(str):
    """The text of a cell that holds a formula instead of a value."""

    __slots__ = ()


def neutralised(text: str) -> str:
    """Return the text so that no spreadsheet program takes it for a formula; `meant` takes it back."""
    return f"'{text}" if _RISKY.match(text) else text


def meant(text: str) -> str:
    """Return the text without the mark that `neutralised` set."""
    return text[1:] if _GUARDED.match(text) else text


def cell_text(value: Any) -> str:
    """Return a cell's value as the text that was meant: no ".0" behind a phone number, dates as ISO."""
    if value is None:
        return ""
    if isinstance(value, Formula):
        return value
    if isinstance(value, bool):
        return "是" if value else "否"
    if isinstance(value, float):
        return str(int(value)) if value.is_integer() and abs(value) < 1e15 else repr(value)
    if isinstance(value, dt.datetime):
        day = value.date().isoformat()
        return day if value.time() == dt.time() else f"{day} {value.time().isoformat('auto')}"
    if isinstance(value, dt.time):
        return value.isoformat("auto").removesuffix(":00") if value.second == 0 else value.isoformat()
    if isinstance(value, dt.date):
        return value.isoformat()
    text = str(value).replace("\r\n", "\n").replace("\r", "\n").strip()
    return Formula(text) if _ERROR.fullmatch(text) else meant(text)


def plain(text: str) -> str:
    """Return numbers and signs as ASCII: full-width digits and colons become ordinary ones."""
    return unicodedata.normalize("NFKC", text).strip()


def both_labels(label: Any) -> set[str]:
    """Return a label in both languages."""
    found = set()
    for language in ("zh-hans", "en"):
        with override(language):
            found.add(str(label))
    return found


def chinese(label: str | Promise | Any) -> str:
    """Return a label in Chinese."""
    with override("zh-hans"):
        return str(label)


def read_clock(text: str) -> str:
    """Return "HH:MM"; 24:00 is midnight. ValidationError for anything else, 25:00 included.

    A part of a day, as spreadsheets keep times, is understood: 0.4375 is 10:30.
    """
    if re.fullmatch(r"0?\.[0-9]{1,17}", plain(text)):
        minutes = round(float(plain(text)) * 24 * 60) % (24 * 60)
        return f"{minutes // 60:02}:{minutes % 60:02}"
    found = _CLOCK.fullmatch(plain(text))
    if found:
        hour, minute = int(found[1]), int(found[2] or 0)
        if (hour, minute) == (24, 0):
            return "00:00"
        if hour < 24 and minute < 60:
            return f"{hour:02}:{minute:02}"
    raise ValidationError(
        _("“%(text)s” is not a time. Write it like 10:30; after midnight like 22:00-02:00."),
        params={"text": text[:20]},
    )


def read_date(text: str) -> str:
    """Return an ISO date."""
    cleaned = re.sub(r"\s+", "", plain(text).removesuffix(" 00:00:00"))
    found = _DATE.fullmatch(cleaned) or re.fullmatch(r"(20[0-9]{2})([0-9]{2})([0-9]{2})", cleaned)
    try:
        if re.fullmatch(r"[34][0-9]{4}(?:\.0+)?", cleaned):
            return (_DAY_ZERO + dt.timedelta(days=int(cleaned[:5]))).isoformat()
        if found:
            return dt.date(int(found[1]), int(found[2]), int(found[3])).isoformat()
    except ValueError:
        pass
    raise ValidationError(
        _("“%(text)s” is not a date. Write it like 2026-10-01."), params={"text": text[:20]}
    )


def read_moment(text: str) -> str:
    """Return an instant as UTC ISO; without an offset it is in the city's time."""
    cleaned = plain(text).replace("/", "-")
    try:
        moment = dt.datetime.fromisoformat(cleaned)
    except ValueError:
        raise ValidationError(
            _("“%(text)s” is not a moment. Write it like 2026-11-23 08:00."), params={"text": text[:30]}
        ) from None
    moment = moment if moment.tzinfo else moment.replace(tzinfo=CITY_TIME)
    return moment.astimezone(dt.UTC).isoformat()


def write_moment(value: str) -> str:
    """Return an instant in the city's time, to the minute when it is whole."""
    moment = dt.datetime.fromisoformat(value).astimezone(CITY_TIME).replace(tzinfo=None)
    return moment.isoformat(" ", "auto" if moment.second or moment.microsecond else "minutes")


def read_whole(text: str) -> int:
    """Return a whole number; spaces, thousands separators, a ".0" and what is counted are forgiven."""
    cleaned = plain(text).replace(",", "").replace(" ", "")
    if found := _COUNT.fullmatch(cleaned):
        return int(found[1])
    raise ValidationError(_("“%(text)s” is not a whole number."), params={"text": text[:20]})


def read_decimal(text: str, places: int) -> str:
    """Return a decimal number with exactly `places` decimals; "10元/份", "¥" and thousands separators are forgiven."""
    cleaned = re.sub(r"[,\s]", "", plain(text))
    if found := _MONEY.fullmatch(cleaned):
        cleaned = found[1]
    try:
        number = Decimal(cleaned)
        if number.is_finite() and abs(number) < Decimal(10) ** 12:
            exact = number.quantize(Decimal(1).scaleb(-places))
            if exact == number:
                return str(exact + 0)
            raise ValidationError(
                _("“%(text)s” has more than %(places)s decimals."),
                params={"text": text[:20], "places": places},
            )
    except InvalidOperation:
        pass
    raise ValidationError(_("“%(text)s” is not a number."), params={"text": text[:20]})


def read_float(text: str) -> float:
    """Return a number."""
    cleaned = plain(text).rstrip("%°")
    if re.fullmatch(r"[+-]?[0-9]{1,9}(\.[0-9]{0,20})?(e-?[0-9]{1,2})?", cleaned):
        return float(cleaned)
    raise ValidationError(_("“%(text)s” is not a number."), params={"text": text[:20]})


def read_yes(text: str) -> bool:
    """Return whether the text says yes."""
    word = plain(text).lower()
    if word in YES:
        return True
    if word in NO:
        return False
    raise ValidationError(_("Write 是 or 否."))


def read_choice(text: str, choices: Any) -> str:
    """Return the code that a label in either language, or the code itself, stands for."""
    wanted = plain(text).lower()
    for code, label in choices:
        if wanted in {str(code).lower(), *(plain(word).lower() for word in both_labels(label))}:
            return str(code)
    known = "、".join(chinese(label) for code, label in choices if code != "")
    raise ValidationError(
        _("“%(text)s” is not one of: %(known)s."), params={"text": text[:20], "known": known}
    )


def read_phone(text: str) -> str:
    """Return a phone number as written, without the ".0" that a spreadsheet adds.

    A spreadsheet that took it for a large number may have written only its first digits: that is refused.
    """
    cleaned = plain(text)
    if re.fullmatch(r"[0-9]{7,15}\.0+", cleaned):
        return cleaned.partition(".")[0]
    if found := _SHORTENED.fullmatch(cleaned):
        digits, power = found[1] + (found[2] or ""), int(found[3])
        if len(digits) < KEPT_DIGITS or not len(digits) <= power + 1 <= MOST_DIGITS:
            raise ValidationError(
                _("The spreadsheet has shortened this number. Set the column to text and write it again.")
            )
        return digits.ljust(power + 1, "0")
    return cleaned


def read_value(field: models.Field, text: str) -> Any:
    """Return a field's value as a snapshot holds it; ValidationError with a sentence. `text` is not empty."""
    if field.choices:
        return read_choice(text, field.choices)
    if isinstance(field, models.BooleanField):
        return read_yes(text)
    if isinstance(field, models.IntegerField):
        return read_whole(text)
    if isinstance(field, models.DecimalField):
        return read_decimal(text, field.decimal_places)
    if isinstance(field, models.FloatField):
        return read_float(text)
    if isinstance(field, models.TimeField):
        return read_clock(text)
    if isinstance(field, models.DateTimeField):
        return read_moment(text)
    if isinstance(field, models.DateField):
        return read_date(text)
    return read_phone(text) if field.name == "phone" else text


def write_value(field: models.Field, value: Any) -> str:
    """Return a snapshot's value as the text of a cell; `read_value` takes it back."""
    if value is None or value == "":
        return ""
    if field.choices:
        return chinese(dict(field.flatchoices).get(value, value))
    if isinstance(value, bool):
        return "是" if value else "否"
    if isinstance(field, models.DateTimeField):
        return write_moment(value)
    if isinstance(value, float):
        return f"{value:.12f}".rstrip("0").rstrip(".") if abs(value) < 1e9 else repr(value)
    return str(value)


def empty_value(field: models.Field) -> Any:
    """Return what an empty cell means for a field: null, an empty text, or its default where it cannot be empty."""
    if field.null:
        return None
    if field.has_default():
        return field.get_default()
    return ""
