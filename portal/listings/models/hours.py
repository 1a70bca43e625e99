"""Opening hours: weekly rows, exceptions, the yearly calendar and the table of resolved intervals."""

import datetime as dt

from django.core.exceptions import ValidationError
from django.db import models
from django.utils.translation import gettext_lazy as _

from .listing import Listing

LONGEST_OVERNIGHT = dt.timedelta(hours=16)
MIDNIGHT = dt.time()


class Weekday(models.TextChoices):
    """A weekday or a day type; `portal.listings.hours` says which wins."""

    MON = "mon", _("Monday")
    TUE = "tue", _("Tuesday")
    WED = "wed", _("Wednesday")
    THU = "thu", _("Thursday")
    FRI = "fri", _("Friday")
    SAT = "sat", _("Saturday")
    SUN = "sun", _("Sunday")
    WORKDAY = "workday", _("workdays")
    REST_DAY = "rest_day", _("rest days")
    HOLIDAY = "holiday", _("statutory holidays")


class Rule(models.TextChoices):
    """What a row says of its day."""

    OPEN = "open", _("open from–to")
    ALL_DAY = "all_day", _("24 hours")
    CLOSED = "closed", _("closed")
    UNKNOWN = "unknown", _("unknown")


class Label(models.TextChoices):
    """What an interval is for; canteens name their meal periods with it."""

    NONE = "", _("—")
    BREAKFAST = "breakfast", _("breakfast")
    LUNCH = "lunch", _("lunch")
    DINNER = "dinner", _("dinner")
    NIGHT = "night", _("late meal")


class DayType(models.TextChoices):
    """What the State Council's yearly notice makes of a day."""

    WORKDAY = "workday", _("workday")
    REST_DAY = "rest_day", _("rest day")
    HOLIDAY = "holiday", _("statutory holiday")


def check_interval(rule: str, opens: dt.time | None, closes: dt.time | None, is_open_end: bool) -> None:
    """Refuse an interval that cannot be meant; raise ValidationError by field."""
    if rule != Rule.OPEN:
        if opens or closes or is_open_end:
            raise ValidationError({"opens": _("Leave the times empty, or choose “open from–to”.")})
        return
    if opens is None:
        raise ValidationError({"opens": _("Say when it opens, for example 10:30.")})
    if is_open_end:
        if closes is not None:
            raise ValidationError(
                {"closes": _("Leave the end empty when it is open-ended (until sold out).")}
            )
        return
    if closes is None:
        raise ValidationError({"closes": _("Say when it closes, or tick “until sold out”.")})
    if closes == opens:
        raise ValidationError(
            {"closes": _("Start and end are the same. For day and night choose “24 hours”.")}
        )
    minutes = (closes.hour * 60 + closes.minute) - (opens.hour * 60 + opens.minute)
    if closes != MIDNIGHT and minutes < 0 and dt.timedelta(minutes=minutes + 24 * 60) > LONGEST_OVERNIGHT:
        raise ValidationError(
            {
                "closes": _(
                    "The end is before the start. Past midnight is written like 22:00–02:00, at most 16 hours."
                )
            }
        )


class Interval(models.Model):
    """The columns that weekly rows and exceptions share."""

    rule = models.CharField(_("rule"), max_length=8, choices=Rule, default=Rule.OPEN)
    opens = models.TimeField(_("from"), null=True, blank=True)
    closes = models.TimeField(_("to"), null=True, blank=True)
    is_open_end = models.BooleanField(_("until sold out"), default=False)

    class Meta:
        abstract = True

    def clean(self) -> None:
        """Check the interval."""
        check_interval(self.rule, self.opens, self.closes, self.is_open_end)


class WeeklyHours(Interval):
    """One interval of a weekday or day type; several rows a day are allowed."""

    listing = models.ForeignKey(Listing, models.CASCADE, related_name="weekly_hours")
    day = models.CharField(_("day"), max_length=8, choices=Weekday)
    label = models.CharField(_("meal period"), max_length=10, choices=Label, blank=True, default="")

    class Meta:
        verbose_name = _("hours")
        verbose_name_plural = _("hours")
        ordering = ["id"]

    def __str__(self) -> str:
        return f"{self.get_day_display()} {self.opens or ''}–{self.closes or ''}"


class HoursException(Interval):
    """Dated hours that replace the week's; the shortest range that holds a date wins."""

    listing = models.ForeignKey(Listing, models.CASCADE, related_name="hours_exceptions")
    starts_on = models.DateField(_("first day"))
    ends_on = models.DateField(_("last day"))
    reason = models.CharField(_("reason"), max_length=80, blank=True)

    class Meta:
        verbose_name = _("exception")
        verbose_name_plural = _("exceptions")
        ordering = ["starts_on", "ends_on", "id"]
        constraints = [
            models.CheckConstraint(
                name="hours_exception_ends_after_start",
                condition=models.Q(ends_on__gte=models.F("starts_on")),
                violation_error_message=_("The last day is before the first day."),
            )
        ]

    def __str__(self) -> str:
        return f"{self.starts_on}–{self.ends_on} {self.reason}"


class CalendarYear(models.Model):
    """A year of day types; it counts once staff have confirmed it against the State Council's notice."""

    year = models.PositiveSmallIntegerField(_("year"), primary_key=True)
    confirmed_at = models.DateTimeField(_("confirmed"), null=True, blank=True)

    class Meta:
        verbose_name = _("calendar year")
        verbose_name_plural = _("calendar years")
        ordering = ["-year"]

    def __str__(self) -> str:
        return str(self.year)


class CalendarDay(models.Model):
    """A day that differs from its weekday: a statutory holiday, or a weekend day worked in exchange."""

    date = models.DateField(_("date"), primary_key=True)
    year = models.ForeignKey(CalendarYear, models.CASCADE, related_name="days", verbose_name=_("year"))
    day_type = models.CharField(_("day type"), max_length=8, choices=DayType)
    name = models.CharField(_("name"), max_length=60, blank=True)

    class Meta:
        verbose_name = _("calendar day")
        verbose_name_plural = _("calendar days")
        ordering = ["date"]

    def __str__(self) -> str:
        return f"{self.date} {self.get_day_type_display()}"


class OpenInterval(models.Model):
    """A resolved stretch of a timetable during which the hours say open, half-open [starts_at, ends_at).

    Places with the same stretches name the same timetable (`Listing.timetable`). Rows are never changed: when hours
    change, or by the clock, a listing names another one. Merged across midnight: open all night is one row.
    """

    timetable = models.CharField(max_length=30)
    starts_at = models.DateTimeField()
    ends_at = models.DateTimeField()

    class Meta:
        indexes = [
            # By the beginning: a table is built from yesterday on, so that little lies before now and much after it.
            models.Index(fields=["starts_at", "ends_at", "timetable"], name="open_interval_by_time"),
            models.Index(fields=["timetable"], name="open_interval_by_timetable"),
        ]
