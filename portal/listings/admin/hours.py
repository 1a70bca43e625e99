"""The week as a grid, and the dated exceptions."""

from typing import Any

from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy as _

from portal.listings.admin.rows import RowForm, RowFormSet, RowInline
from portal.listings.models import HoursException, Rule, Weekday, WeeklyHours

DAYS = list(Weekday.values)


class HoursForm(RowForm):
    """One interval of the grid; without a rule and times it is an empty cell."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["rule"].required = False
        self.fields["rule"].initial = None
        rule: Any = self.fields["rule"]
        rule.choices = [("", "—"), *Rule.choices]
        if not self.is_bound and not (self.initial or {}).get("rule"):
            self.initial["rule"] = ""

    def has_changed(self) -> bool:
        """Say whether the cell holds anything; its day and meal period alone are nothing."""
        if not self.is_bound:
            return False
        return any(
            self.data.get(self.add_prefix(name)) for name in ("rule", "opens", "closes", "is_open_end")
        )

    def clean_rule(self) -> str:
        """Read times without a rule as "open from–to"."""
        return self.cleaned_data.get("rule") or Rule.OPEN


class HoursFormSet(RowFormSet):
    """The intervals of a week; every day has one empty cell to spare."""

    blank_rows = 0

    def initial_rows(self) -> list[dict[str, Any]]:
        """Return the stored intervals by day, and an empty one for each day."""
        stored = super().initial_rows()
        return [
            row
            for day in DAYS
            for row in (*(row for row in stored if row["day"] == day), {"day": day, "rule": ""})
        ]

    def days(self) -> list[dict[str, Any]]:
        """Return every day with its forms, for the grid."""
        found: dict[str, list[RowForm]] = {day: [] for day in DAYS}
        for form in self.forms:
            day = form["day"].value() or form.initial.get("day")
            found.setdefault(day if day in found else DAYS[0], []).append(form)
        return [
            {"day": day, "label": Weekday(day).label, "forms": forms, "is_type": day in DAYS[7:]}
            for day, forms in found.items()
        ]

    def rows(self) -> list[Any]:
        """Return the rows by day."""
        return sorted(super().rows(), key=lambda row: DAYS.index(row["day"]))

    def clean(self) -> None:
        """Refuse a day that is closed or open all day and has other intervals as well."""
        super().clean()
        whole: dict[str, str] = {}
        for form in self.kept:
            data = getattr(form, "cleaned_data", {})
            day, rule = data.get("day", ""), data.get("rule", "")
            if day in whole and (rule != Rule.OPEN or whole[day] != Rule.OPEN):
                form.add_error(
                    "rule", ValidationError(_("“Closed”, “24 hours” and “unknown” stand alone on their day."))
                )
            whole.setdefault(day, rule)


class HoursInline(RowInline):
    """The week grid."""

    form = HoursForm
    formset = HoursFormSet
    template = "admin/listings/hours.html"
    verbose_name_plural = WeeklyHours._meta.verbose_name_plural


class ExceptionInline(RowInline):
    """Dated hours that replace the week's."""

    verbose_name_plural = HoursException._meta.verbose_name_plural
