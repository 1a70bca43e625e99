"""The filters that every kind shares: one filter set for page and API."""

import datetime as dt
from collections.abc import Iterable
from typing import Any, ClassVar

import django_filters
from django import forms
from django.core.exceptions import ValidationError
from django.db.models import QuerySet
from django.utils import timezone
from django.utils.text import format_lazy
from django.utils.translation import gettext_lazy as _

from portal.listings.coordinates import DATUMS, WGS84, PositionError, parse_bbox, parse_near
from portal.listings.models import State
from portal.listings.region_filters import ANY, RegionFilter, StreetFilter
from portal.regions.models import Community, District, Street

EARLIEST = dt.datetime(2000, 1, 1, tzinfo=dt.UTC)
LATEST = dt.datetime(2100, 1, 1, tzinfo=dt.UTC)
#: How far from now `at` may lie: beyond the calendar that the State Council has published nobody knows the hours.
FARTHEST = dt.timedelta(days=370)
ORDERINGS = {
    "name": ("name", "pk"),
    "-name": ("-name", "pk"),
    "updated": ("changed_at", "pk"),
    "-updated": ("-changed_at", "pk"),
}


UNREADABLE = _("Your search did not arrive intact. Type it again, in Chinese, pinyin or initials.")
MOST_LETTERS = 60


def is_unreadable(text: str) -> bool:
    """Say whether a text holds bytes that were no UTF-8."""
    return "\ufffd" in text


def _refuse_unreadable(text: str) -> None:
    if is_unreadable(text):
        raise ValidationError(UNREADABLE, code="unreadable")


class ListingFilterForm(forms.Form):
    """Check what joins several parameters: `near` with `radius`, and boxes."""

    def clean(self) -> dict[str, Any]:
        """Put a parsed `near` and `bbox` in place of their text; errors name the parameter."""
        data = super().clean() or {}
        crs = data.get("crs") or WGS84
        if text := data.get("near"):
            try:
                data["near"] = parse_near(text, data.get("radius"), crs)
            except PositionError as error:
                name = "radius" if error.code == "radius" else "near"
                self.add_error(name, ValidationError(error.message, error.code))
        elif data.get("radius"):
            self.add_error(
                "radius",
                ValidationError(
                    _("A radius needs a point: give near=latitude,longitude too."), "needs_point"
                ),
            )
        if text := data.get("bbox"):
            try:
                data["bbox"] = parse_bbox(text, crs)
            except PositionError as error:
                self.add_error("bbox", ValidationError(error.message, error.code))
        if (at := data.get("at")) and abs(at - timezone.now()) > FARTHEST:
            sentence = _("Ask for a moment at most %(days)d days from now.")
            self.add_error("at", ValidationError(sentence, "out_of_range", {"days": FARTHEST.days}))
        if data.get("ordering") == "distance" and not data.get("near"):
            self.add_error(
                "ordering",
                ValidationError(_("Ordering by distance needs near=latitude,longitude."), "needs_point"),
            )
        return data


class WordsFilter(django_filters.CharFilter):
    """Words to search for; bytes that were no UTF-8 are refused rather than searched for."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        kwargs.setdefault("max_length", MOST_LETTERS)
        kwargs.setdefault("validators", [_refuse_unreadable])
        long = format_lazy(_("Search for at most {number} characters."), number=MOST_LETTERS)
        nothing = _("Leave the search empty, or write words to look for.")
        kwargs.setdefault("error_messages", {"max_length": long, "null_characters_not_allowed": nothing})
        super().__init__(*args, **kwargs)


class OneOfFilter(django_filters.ChoiceFilter):
    """One of a few words; any other is answered with these words."""

    def __init__(self, *args: Any, choices: Iterable[tuple[str, Any]], **kwargs: Any) -> None:
        choices = list(choices)
        unknown = format_lazy(
            _("For “{label}” write one of these: {words}."),
            label=kwargs.get("label", ""),
            words=", ".join(str(value) for value, _label in choices),
        )
        kwargs.setdefault("error_messages", {"invalid_choice": unknown})
        kwargs.setdefault("empty_label", ANY)
        super().__init__(*args, choices=choices, **kwargs)


class AmountFilter(django_filters.NumberFilter):
    """A number from `min_value` to `max_value`; anything else is answered with these and an `example`."""

    def __init__(self, *args: Any, min_value: int, max_value: int, example: int, **kwargs: Any) -> None:
        wrong = format_lazy(
            _("For “{label}” write a number from {least} to {most}, for example {example}."),
            label=kwargs.get("label", ""),
            least=min_value,
            most=max_value,
            example=example,
        )
        kwargs.setdefault("error_messages", dict.fromkeys(("invalid", "min_value", "max_value"), wrong))
        super().__init__(*args, min_value=min_value, max_value=max_value, **kwargs)


class FlagInput(forms.CheckboxInput):
    """A checkbox that hands on what it cannot read, instead of taking it for a tick."""

    words = {
        "true": True,
        "1": True,
        "on": True,
        "yes": True,
        "false": False,
        "0": False,
        "off": False,
        "no": False,
    }

    def value_from_datadict(self, data: Any, files: Any, name: str) -> Any:
        """Return True, False, None for nothing, or the text."""
        text = data.get(name)
        return self.words.get(str(text).lower(), text) if text not in (None, "") else None


class FlagField(forms.NullBooleanField):
    """Yes, no or nothing."""

    widget = FlagInput

    def to_python(self, value: Any) -> Any:
        """Return the value; refuse any other word."""
        if value is None or isinstance(value, bool):
            return value
        raise ValidationError(_("Write true or false."), code="invalid")


class FlagFilter(django_filters.BooleanFilter):
    """A filter that is on or off; false keeps everything, as an unticked box does."""

    field_class = FlagField

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        kwargs.setdefault("widget", FlagInput)
        super().__init__(*args, **kwargs)


class InstantField(forms.DateTimeField):
    """An ISO 8601 instant of this century; without an offset it is in the city's time."""

    def to_python(self, value: Any) -> dt.datetime | None:
        """Return the instant; a `+` that arrived as a space is read as the `+` it was."""
        if value in self.empty_values:
            return None
        text = str(value).strip()
        if len(text) > 6 and text[-6] == " " and text[-3] == ":":
            text = f"{text[:-6]}+{text[-5:]}"
        try:
            moment = dt.datetime.fromisoformat(text)
            if timezone.is_naive(moment):
                moment = timezone.make_aware(moment)
            fits = EARLIEST <= moment < LATEST
        except (ValueError, OverflowError):
            raise ValidationError(
                _("Write the moment like 2026-11-23T12:30:00+08:00."), code="invalid"
            ) from None
        if not fits:
            raise ValidationError(_("The moment lies outside the years 2000 to 2099."), code="out_of_range")
        return moment


class InstantFilter(django_filters.Filter):
    """Compare with an instant."""

    field_class = InstantField


class ListingFilter(django_filters.FilterSet):
    """Filters over listings of any kind."""

    #: The filter set of which `narrowed` made this one.
    whole: ClassVar[type["ListingFilter"] | None] = None

    q = WordsFilter(label=_("Search"), method="search")
    district = RegionFilter(label=_("District"), queryset=District.objects.filter(is_current=True))
    street = StreetFilter(label=_("Street"), queryset=Street.objects.filter(is_current=True))
    community = RegionFilter(label=_("Community"), queryset=Community.objects.filter(is_current=True))
    open_now = FlagFilter(label=_("Open now"), method="open")
    at = InstantFilter(label=_("Open at"), method="read_elsewhere")
    near = django_filters.CharFilter(
        label=_("Near (latitude,longitude)"), method="read_elsewhere", max_length=80
    )
    radius = django_filters.CharFilter(label=_("Radius in metres"), method="read_elsewhere", max_length=20)
    bbox = django_filters.CharFilter(label=_("Box (west,south,east,north)"), method="inside", max_length=120)
    crs = OneOfFilter(
        label=_("Datum of near, bbox and the answer"),
        method="read_elsewhere",
        choices=[(name, name) for name in DATUMS],
    )
    state = OneOfFilter(
        label=_("State"),
        choices=[(State.PUBLISHED, State.PUBLISHED.label), (State.PAUSED, State.PAUSED.label)],
    )
    updated_since = InstantFilter(label=_("Changed since"), field_name="changed_at", lookup_expr="gte")
    ordering = OneOfFilter(
        label=_("Order"),
        method="read_elsewhere",
        choices=[
            ("name", _("name")),
            ("-name", _("name, Z to A")),
            ("updated", _("least recently changed")),
            ("-updated", _("most recently changed")),
            ("distance", _("distance")),
        ],
    )

    class Meta:
        form = ListingFilterForm

    shown_on_pages: tuple[str, ...] = ("q", "district", "street", "open_now")

    @property
    def moment(self) -> dt.datetime:
        """Return the moment that is asked about: `at`, else now."""
        return self.form.cleaned_data.get("at") or timezone.now()

    @property
    def near_point(self) -> Any:
        """Return the parsed `near`, None when not asked or not valid."""
        near = getattr(self.form, "cleaned_data", {}).get("near")
        return near or None

    def search(self, rows: Any, name: str, text: str) -> Any:
        """Keep what matches every word."""
        return rows.search(text)

    def open(self, rows: Any, name: str, wanted: bool | None) -> Any:
        """Keep what is open; false keeps everything, as an unticked box does."""
        return rows.open_at(self.moment) if wanted else rows

    def inside(self, rows: Any, name: str, box: Any) -> Any:
        """Keep what lies in the box."""
        return rows.within(*box)

    def read_elsewhere(self, rows: QuerySet, name: str, value: Any) -> QuerySet:
        """Leave the rows alone: another filter or the view reads this parameter."""
        return rows

    def ordered(self, rows: QuerySet) -> QuerySet:
        """Order by what was asked, else by name; distance is the view's."""
        return rows.order_by(
            *ORDERINGS.get(self.form.cleaned_data.get("ordering") or "name", ORDERINGS["name"])
        )
