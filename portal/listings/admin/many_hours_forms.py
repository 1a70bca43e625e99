"""What is asked for hours of many: which places, which days and hours, whose hours to copy."""

import datetime as dt
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.utils import timezone
from django.utils.text import capfirst
from django.utils.translation import gettext_lazy as _
from unfold.widgets import UnfoldAdminSelectWidget, UnfoldAdminTextInputWidget

from portal.accounts.admin_scope import BIGINT, scoped
from portal.accounts.scope import area_of
from portal.listings.admin.fields import ClockField
from portal.listings.hours_wishes import Clash, Holiday, Hours, Same, Wish, Without
from portal.listings.kinds import listing_models
from portal.listings.models import Listing, Rule, State
from portal.listings.models.hours import check_interval
from portal.regions.models import Community, Street

STREET = 9
FARTHEST_DAYS = 740
LONGEST_DAYS = 120


class DayInput(forms.DateInput):
    """The browser's own picker of a day."""

    input_type = "date"

    def __init__(self) -> None:
        super().__init__({"class": "nx-input"}, format="%Y-%m-%d")


class PlacesForm(forms.Form):
    """The places: those chosen before, or a kind, an area and a part of the name, all within reach."""

    pks = forms.CharField(required=False, max_length=60_000, widget=forms.HiddenInput)
    kind = forms.ChoiceField(label=_("kind"), required=False, widget=UnfoldAdminSelectWidget())
    area = forms.ChoiceField(label=_("area"), required=False, widget=UnfoldAdminSelectWidget())
    name = forms.CharField(
        label=_("part of the name"), required=False, max_length=80, widget=UnfoldAdminTextInputWidget()
    )
    place_fields = ("kind", "area", "name")

    def __init__(self, *args: Any, user: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.user = user
        fields: Any = self.fields
        self.kinds = kinds_for(user)
        fields["kind"].choices = [("", _("every kind")), *self.kinds]
        fields["area"].choices = [("", _("my whole area")), *areas_for(user)]
        for field in self.fields.values():
            field.label = capfirst(str(field.label or ""))

    def clean_pks(self) -> list[int]:
        """Return the keys; ValidationError for what cannot be one."""
        keys = [key for key in self.cleaned_data["pks"].split(",") if key]
        if not all(key.isascii() and key.isdecimal() and int(key) < BIGINT for key in keys):
            raise ValidationError(_("Some of what you chose no longer exists. Choose again."))
        return [int(key) for key in keys]

    def clean(self) -> dict[str, Any]:
        """Refuse to take everything for want of a choice."""
        data: dict[str, Any] = super().clean() or {}
        if not self.errors and not any(data.get(name) for name in ("pks", "kind", "area", "name")):
            raise ValidationError(_("Choose places: a kind, an area, or a part of the name."))
        return data

    def rows(self) -> Any:
        """Return the listings meant, as far as the person may change them; archived ones stay out."""
        data = self.cleaned_data
        rows = Listing.objects.editable_by(self.user).exclude(state=State.ARCHIVED)
        rows = rows.filter(kind__in=[kind for kind, _label in self.kinds])
        if data["pks"]:
            rows = rows.filter(pk__in=data["pks"])
        if data["kind"]:
            rows = rows.filter(kind=data["kind"])
        rows = rows.in_area(data["area"])
        return rows.search(data["name"]) if data["name"] else rows


def kinds_for(user: Any) -> list[tuple[str, Any]]:
    """Return the kinds that the person may change and that have hours."""
    found = []
    for model in listing_models():
        meta = model._meta
        if "hours" in model.groups and user.has_perm(f"{meta.app_label}.change_{meta.model_name}"):
            found.append((model.kind_name, meta.verbose_name_plural))
    return found


def areas_for(user: Any) -> list[tuple[str, str]]:
    """Return the parts of the person's area: a street's communities, else streets."""
    level: Any = Community if len(area_of(user) or "") >= STREET else Street
    rows = scoped(level, user).filter(is_current=True).order_by("code")
    return [(row.pk, str(row)) for row in rows]


class HolidayForm(PlacesForm):
    """The days, closed or which hours, why, and what to do with what places have of their own."""

    deed = forms.ChoiceField(
        label=_("what to do"),
        choices=[("put", _("set these hours")), ("take", _("take them away again"))],
        widget=forms.RadioSelect,
        initial="put",
    )
    starts_on = forms.DateField(label=_("first day"), widget=DayInput())
    ends_on = forms.DateField(label=_("last day"), widget=DayInput())
    rule = forms.ChoiceField(
        label=_("these days"),
        choices=[
            (Rule.CLOSED, Rule.CLOSED.label),
            (Rule.OPEN, Rule.OPEN.label),
            (Rule.ALL_DAY, Rule.ALL_DAY.label),
        ],
        widget=forms.RadioSelect,
        initial=Rule.CLOSED,
    )
    opens = ClockField(label=_("from"), required=False)
    closes = ClockField(label=_("to"), required=False)
    opens_again = ClockField(label=_("again from"), required=False)
    closes_again = ClockField(label=_("to"), required=False)
    reason = forms.CharField(
        label=_("reason"),
        required=False,
        max_length=80,
        widget=UnfoldAdminTextInputWidget(),
        help_text=_("Couriers read it, for example Spring Festival."),
    )
    clash = forms.ChoiceField(
        label=_("places with other hours on these days"),
        choices=Clash.choices,
        widget=forms.RadioSelect,
        initial=Clash.KEEP,
    )

    def clean(self) -> dict[str, Any]:
        """Check the days and the times together."""
        data = super().clean()
        first, last = data.get("starts_on"), data.get("ends_on")
        if first and last:
            self._check_days(first, last)
        if data.get("deed") != "put":
            return data
        if not data.get("reason") and "reason" not in self.errors:
            self.add_error("reason", _("Say why: couriers read the reason."))
        for opens, closes, is_wanted in (
            ("opens", "closes", True),
            ("opens_again", "closes_again", bool(data.get("opens_again") or data.get("closes_again"))),
        ):
            if opens in self.errors or closes in self.errors or not is_wanted:
                continue
            try:
                check_interval(data.get("rule") or "", data.get(opens), data.get(closes), False)
            except ValidationError as error:
                for name, faults in error.error_dict.items():
                    self.add_error(opens if name == "opens" else closes, faults)
        return data

    def _check_days(self, first: dt.date, last: dt.date) -> None:
        today = timezone.localdate()
        if last < first:
            self.add_error("ends_on", _("The last day is before the first day."))
        elif last < today:
            self.add_error("ends_on", _("These days are over."))
        elif (last - first).days > LONGEST_DAYS or (last - today).days > FARTHEST_DAYS:
            self.add_error("ends_on", _("Choose at most four months, within the next two years."))

    def wish(self) -> Wish:
        """Return what is wanted."""
        data = self.cleaned_data
        if data["deed"] == "take":
            return Without(data["starts_on"], data["ends_on"], data["reason"])
        times = [(data["opens"], data["closes"])]
        if data["opens_again"]:
            times.append((data["opens_again"], data["closes_again"]))
        rows = tuple(
            {
                "rule": data["rule"],
                "opens": opens.strftime("%H:%M") if opens else None,
                "closes": closes.strftime("%H:%M") if closes else None,
                "is_open_end": False,
            }
            for opens, closes in times
        )
        return Holiday(data["starts_on"], data["ends_on"], rows, data["reason"], data["clash"])


class SameForm(PlacesForm):
    """Whose hours, and which part of them."""

    source = forms.IntegerField(min_value=1, max_value=BIGINT - 1, widget=forms.HiddenInput)
    parts = forms.ChoiceField(
        label=_("what to copy"),
        choices=[
            ("week", _("the week")),
            ("exceptions", _("the exceptions")),
            ("both", _("week and exceptions")),
        ],
        widget=forms.RadioSelect,
        initial="week",
    )

    def rows(self) -> Any:
        """Return the listings meant, the source aside."""
        return super().rows().exclude(pk=self.cleaned_data["source"])

    def wish(self, source: Hours) -> Wish:
        """Return what is wanted."""
        parts = self.cleaned_data["parts"]
        return Same(source, weekly=parts != "exceptions", exceptions=parts != "week")
