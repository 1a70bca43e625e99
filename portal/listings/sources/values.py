"""One JSON value for one field: read strictly, so that nothing is guessed that a partner did not say."""

import datetime as dt
import math
import re
from typing import Any

from django.core.exceptions import ValidationError
from django.db import models
from django.utils.text import format_lazy
from django.utils.translation import gettext_lazy as _

from portal.listings.coordinates import DATUMS, WGS84, PositionError, to_wgs84
from portal.listings.coordinates.errors import require_china
from portal.listings.models.listing import Accuracy
from portal.listings.snapshots import field_value

_DECIMAL = re.compile(r"-?[0-9]{1,15}(?:\.[0-9]{1,10})?")
_CLOCK = re.compile(r"(?:[01][0-9]|2[0-3]):[0-5][0-9]")
_DATE = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")
LARGEST = 2**53
#: What PostgreSQL stores; SQLite would take more.
INTEGERS: dict[type[models.Field], tuple[int, int]] = {
    models.PositiveSmallIntegerField: (0, 2**15 - 1),
    models.SmallIntegerField: (-(2**15), 2**15 - 1),
    models.PositiveIntegerField: (0, 2**31 - 1),
    models.IntegerField: (-(2**31), 2**31 - 1),
}

A_TEXT = _("This is a text.")
NO_NULL = _("This may not be null.")
A_NUMBER = _("This is a whole number.")
A_RANGE = _("This is a whole number from {least} to {most}.")
A_MEASURE = _("This is a number.")
A_DECIMAL = _("This is a text of digits such as “10.00”.")
A_FLAG = _("This is true or false.")
A_CLOCK = _("This is a time of day such as “10:30”.")
A_DATE = _("This is a date such as “2026-10-01”.")
AN_INSTANT = _("This is an instant with its zone, such as “2026-11-26T09:00:00+08:00”.")
A_BROKEN_TEXT = _("This text holds a null character, or half of a character.")
A_POSITION = _("A position is an object of `lat`, `lng` and `datum` (wgs84, gcj02 or bd09), or null.")


def read_value(field: Any, value: Any) -> Any:
    """Return a value as a snapshot holds it. Raise ValidationError with a sentence."""
    if value is None:
        if not field.null:
            raise ValidationError(NO_NULL, code="null")
        return None
    if field.is_relation:
        return _text(value)
    row = field.model()
    setattr(row, field.attname, field.clean(_typed(field, value), row))
    return field_value(row, field.name)


def _typed(field: Any, value: Any) -> Any:
    """Return the value in its Python type, or as text that the field can read."""
    if isinstance(field, models.BooleanField):
        return value if isinstance(value, bool) else _refuse(A_FLAG)
    if isinstance(field, models.IntegerField):
        return _whole(field, value)
    if isinstance(field, models.DecimalField):
        return value if _matches(_DECIMAL, value) else _refuse(A_DECIMAL)
    if isinstance(field, models.FloatField):
        return float(value) if _is_number(value) else _refuse(A_MEASURE)
    if isinstance(field, models.TimeField):
        return value if _matches(_CLOCK, value) else _refuse(A_CLOCK)
    if isinstance(field, models.DateTimeField):
        return _instant(value)
    if isinstance(field, models.DateField):
        return value if _matches(_DATE, value) else _refuse(A_DATE)
    return _text(value)


def integer_range(field: Any) -> tuple[int, int]:
    """Return the least and the most that the column of a whole number takes."""
    return next(limits for kind, limits in INTEGERS.items() if isinstance(field, kind))


def _whole(field: Any, value: Any) -> int:
    if not _is_number(value) or value != int(value):
        _refuse(A_NUMBER)
    least, most = integer_range(field)
    if not least <= value <= most:
        _refuse(format_lazy(A_RANGE, least=least, most=most))
    return int(value)


def _text(value: Any) -> str:
    if not isinstance(value, str):
        _refuse(A_TEXT)
    if "\0" in value or any("\ud800" <= letter <= "\udfff" for letter in value):
        _refuse(A_BROKEN_TEXT)
    return value.strip()


def _matches(pattern: re.Pattern[str], value: Any) -> bool:
    return isinstance(value, str) and pattern.fullmatch(value) is not None


def _is_number(value: Any) -> bool:
    """Say whether this is a number that a double holds; true and false are none."""
    return type(value) in (int, float) and math.isfinite(value) and abs(value) < LARGEST


def _instant(value: Any) -> dt.datetime:
    try:
        moment = dt.datetime.fromisoformat(value)
        moment.astimezone(dt.UTC)
    except (TypeError, ValueError, OverflowError):
        _refuse(AN_INSTANT)
    if moment.tzinfo is None:
        _refuse(AN_INSTANT)
    if not 1900 <= moment.year <= 9000:
        raise ValidationError(AN_INSTANT, code="out_of_range")
    return moment


def _refuse(sentence: Any) -> Any:
    raise ValidationError(sentence, code="invalid")


def read_position(value: Any, *, with_accuracy: bool) -> dict[str, Any]:
    """Return `lat`, `lng` in WGS-84 and the datum in which they came; all None for null. Raise ValidationError."""
    if value is None:
        return {"lat": None, "lng": None, "entered_datum": WGS84, "accuracy": Accuracy.EXACT.value}
    known = {"lat", "lng", "datum", *(["accuracy"] if with_accuracy else [])}
    if not isinstance(value, dict) or not value.keys() <= known:
        _refuse(A_POSITION)
    lat, lng, datum = value.get("lat"), value.get("lng"), value.get("datum")
    accuracy = value.get("accuracy", Accuracy.EXACT.value)
    if not (_is_number(lat) and _is_number(lng)) or datum not in DATUMS or accuracy not in Accuracy.values:
        _refuse(A_POSITION)
    try:
        require_china(lat, lng)
    except PositionError as error:
        raise ValidationError(error.message, code=error.code) from None
    lat, lng = to_wgs84(float(lat), float(lng), datum)
    return {"lat": round(lat, 7), "lng": round(lng, 7), "entered_datum": datum, "accuracy": accuracy}
