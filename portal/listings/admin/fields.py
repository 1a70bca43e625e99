"""Form fields that explain what is wrong with a time or a position, and keep an untouched value exactly as it is."""

import datetime as dt
import re
import unicodedata
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.http import QueryDict
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from unfold.widgets import UnfoldAdminSelectWidget, UnfoldAdminTextInputWidget

from portal.listings.coordinates import PositionError, from_wgs84, parse_position
from portal.listings.models import Datum

_CLOCK = re.compile(r"(\d{1,2})\s*[:.]?\s*(\d{2})(?:\s*:\s*\d{2})?")


class ClockInput(UnfoldAdminTextInputWidget):
    """A short text field for a time of day; text, so that the portal and not the browser explains a mistake."""

    def __init__(self, attrs: dict[str, Any] | None = None) -> None:
        super().__init__(
            {"inputmode": "numeric", "placeholder": "10:30", "size": 5, "maxlength": 8, **(attrs or {})}
        )

    def format_value(self, value: Any) -> str | None:
        """Return HH:MM."""
        return value.strftime("%H:%M") if isinstance(value, dt.time) else value


class MomentInput(forms.DateTimeInput):
    """The browser's own picker of a day and time."""

    input_type = "datetime-local"

    def __init__(self) -> None:
        super().__init__({"class": "nx-input"}, format="%Y-%m-%dT%H:%M")


class ClockField(forms.TimeField):
    """A time of day as people type it: 10:30, 1030, 10：30; 24:00 is the midnight that ends a day."""

    widget = ClockInput

    def to_python(self, value: Any) -> dt.time | None:
        """Return the time; ValidationError says how to write it."""
        if value in self.empty_values or isinstance(value, dt.time):
            return value or None
        text = unicodedata.normalize("NFKC", str(value)).strip()
        found = _CLOCK.fullmatch(text)
        if not found:
            raise ValidationError(
                _("“%(text)s” is not a time. Write it like 10:30."), params={"text": text[:20]}
            )
        hour, minute = int(found[1]), int(found[2])
        if (hour, minute) == (24, 0):
            return dt.time(0, 0)
        if hour > 23 or minute > 59:
            raise ValidationError(
                _(
                    "“%(text)s” is not a time: hours go from 0 to 23, minutes to 59. Past midnight is 22:00–02:00."
                ),
                params={"text": text[:20]},
            )
        return dt.time(hour, minute)


def shown_position(lat: float, lng: float, datum: str) -> str:
    """Return a WGS-84 position as text in the datum given, to 0.1 m."""
    shown_lat, shown_lng = from_wgs84(lat, lng, datum)
    return f"{shown_lat:.6f}, {shown_lng:.6f}"


def kept_position(lat: float | None, lng: float | None) -> str:
    """Return a stored position as the hidden field carries it, unrounded."""
    return "" if lat is None or lng is None else f"{lat!r},{lng!r}"


class PositionMixin(forms.ModelForm):
    """Enter `lat` and `lng` by one text: coordinates in a named datum, or a pasted map link.

    The stored value travels along unrounded, so that saving an untouched form moves nothing. `datum_field` names the
    field that says the datum.
    """

    datum_field = "entered_datum"
    place = forms.CharField(
        label=_("position"),
        required=False,
        max_length=4000,
        widget=UnfoldAdminTextInputWidget({"data-place": "", "autocomplete": "off"}),
        help_text=_("Paste a full map link, or latitude and longitude such as 30.2801, 120.1801."),
    )
    place_was = forms.CharField(required=False, widget=forms.HiddenInput)

    def position_initial(self, lat: float | None, lng: float | None, datum: str) -> dict[str, str]:
        """Return the initial values of the two fields."""
        if lat is None or lng is None:
            return {"place": "", "place_was": ""}
        return {"place": shown_position(lat, lng, datum), "place_was": kept_position(lat, lng)}

    def clean_position(self, data: dict[str, Any]) -> tuple[float | None, float | None, str]:
        """Return (lat, lng, datum) in WGS-84; a mistake becomes an error of `place`."""
        text, datum = (data.get("place") or "").strip(), data.get(self.datum_field) or str(Datum.GCJ02)
        if not text:
            return None, None, datum
        kept = self._kept(data.get("place_was") or "")
        if kept and shown_position(*kept, datum) == text:
            return *kept, datum
        try:
            found = parse_position(text, datum)
        except PositionError as error:
            self.add_error("place", ValidationError(str(error)))
            return None, None, datum
        return round(found.lat, 7), round(found.lng, 7), found.entered_datum

    @staticmethod
    def _kept(text: str) -> tuple[float, float] | None:
        parts = text.split(",")
        try:
            lat, lng = float(parts[0]), float(parts[1])
        except (ValueError, IndexError):
            return None
        return (lat, lng) if -90 <= lat <= 90 and -180 <= lng <= 180 else None


class DatumField(forms.ChoiceField):
    """In which datum the text of a position is meant."""

    def __init__(self, **kwargs: Any) -> None:
        kwargs.setdefault("label", _("entered in"))
        kwargs.setdefault("choices", Datum.choices)
        kwargs.setdefault("initial", Datum.GCJ02)
        kwargs.setdefault("required", False)
        super().__init__(widget=UnfoldAdminSelectWidget({"data-datum": ""}), **kwargs)


def plain_newlines(data: dict[str, Any]) -> None:
    """Undo what browsers do to line ends, so that an untouched text stays untouched."""
    for name, value in data.items():
        if isinstance(value, str):
            data[name] = value.replace("\r\n", "\n")


def put_value(data: QueryDict, name: str, field: forms.Field, value: Any) -> None:
    """Write one JSON value of a snapshot into posted data, as the field's widget would post it."""
    for key in (name, f"{name}_0", f"{name}_1"):
        data.pop(key, None)
    if isinstance(field, forms.SplitDateTimeField | forms.DateTimeField) and value:
        moment = timezone.localtime(dt.datetime.fromisoformat(value))
        if isinstance(field.widget, forms.MultiWidget):
            data[f"{name}_0"], data[f"{name}_1"] = moment.strftime("%Y-%m-%d"), moment.strftime("%H:%M:%S")
        else:
            data[name] = moment.strftime("%Y-%m-%dT%H:%M")
    elif isinstance(field, forms.NullBooleanField):
        data[name] = {True: "true", False: "false"}.get(value, "unknown")
    elif isinstance(value, bool):
        if value:
            data[name] = "on"
    else:
        data[name] = "" if value is None else str(value)
