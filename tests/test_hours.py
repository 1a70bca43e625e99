"""The one function that says what the hours make of a moment."""

import datetime as dt
from typing import Any

import pytest
from django.core.exceptions import ValidationError

from portal.listings.calendars import current_calendar, load_year
from portal.listings.hours import CITY_TIME, Calendar, resolve, status_at
from portal.listings.models import CalendarYear
from portal.listings.models.hours import check_interval

HOLIDAYS = [(f"2026-10-0{day}", "holiday") for day in range(1, 8)]
CALENDAR = Calendar((*HOLIDAYS, ("2026-10-10", "workday")), frozenset({2026}))


def at(text: str) -> dt.datetime:
    """Return a moment in the city: "2026-10-01 12:00"."""
    return dt.datetime.fromisoformat(text).replace(tzinfo=CITY_TIME)


def week(day: str, opens: str | None = None, closes: str | None = None, rule: str = "open") -> dict[str, Any]:
    """Return a weekly row; without an end it is open-ended."""
    open_end = rule == "open" and closes is None
    return {"day": day, "rule": rule, "opens": opens, "closes": closes, "open_end": open_end, "label": ""}


def dated(
    first: str, last: str, opens: str | None = None, closes: str | None = None, rule: str = "open"
) -> dict[str, Any]:
    """Return an exception."""
    row = week("", opens, closes, rule)
    return {**row, "starts_on": first, "ends_on": last, "reason": ""}


def doc(*rows: dict[str, Any], **held: Any) -> dict[str, Any]:
    """Return as much of a public document as the function reads."""
    exceptions = [row for row in rows if "starts_on" in row]
    weekly = [row for row in rows if "starts_on" not in row]
    base = {"state": "published", "pause": None, "shut": None}
    return {**base, **held, "hours": {"known": True, "weekly": weekly, "exceptions": exceptions}}


def is_open(document: dict[str, Any], moment: str, calendar: Calendar = CALENDAR) -> bool | None:
    """Return what the function says of a moment."""
    return status_at(document, calendar, at(moment)).is_open


def test_a_span_is_open_from_its_start_until_just_before_its_end() -> None:
    lunch = doc(week("mon", "10:30", "13:30"))
    answers = [is_open(lunch, f"2026-11-23 {clock}") for clock in ("10:29", "10:30", "13:29", "13:30")]
    assert answers == [False, True, True, False]


def test_an_open_place_says_when_it_closes_and_when_it_opens_next() -> None:
    status = status_at(
        doc(week("mon", "10:30", "13:30"), week("mon", "16:30", "19:30")), CALENDAR, at("2026-11-23 11:00")
    )
    assert (status.closes_at, status.opens_next_at) == (at("2026-11-23 13:30"), at("2026-11-23 16:30"))


def test_a_closed_place_says_when_it_opens_next_even_days_ahead() -> None:
    status = status_at(doc(week("thu", "09:00", "10:00")), CALENDAR, at("2026-11-23 11:00"))
    assert (status.is_open, status.opens_next_at) == (False, at("2026-11-26 09:00"))


def test_an_opening_more_than_seven_days_ahead_is_not_promised() -> None:
    far = doc(dated("2026-12-03", "2026-12-03", "09:00", "10:00"), week("mon", rule="closed"))
    assert status_at(far, CALENDAR, at("2026-11-23 11:00")).opens_next_at is None


def test_hours_past_midnight_belong_to_the_day_on_which_they_start() -> None:
    night = doc(week("fri", "22:00", "02:00"))
    answers = [
        is_open(night, f"2026-11-{moment}")
        for moment in ("27 01:00", "27 22:00", "28 01:59", "28 02:00", "28 22:30")
    ]
    assert answers == [False, True, True, False, False]


def test_a_night_ends_in_the_morning_even_when_the_next_day_is_closed() -> None:
    night = doc(week("workday", "22:00", "02:00"), dated("2026-11-28", "2026-11-28", rule="closed"))
    assert status_at(night, CALENDAR, at("2026-11-28 01:00")).closes_at == at("2026-11-28 02:00")


def test_a_day_may_end_at_midnight() -> None:
    late = doc(week("mon", "07:00", "00:00"))
    assert [is_open(late, moment) for moment in ("2026-11-23 23:59", "2026-11-24 00:00")] == [True, False]


def test_days_open_round_the_clock_join_into_one_stretch_without_an_end() -> None:
    status = status_at(
        doc(week("workday", rule="all_day"), week("rest_day", rule="all_day")),
        CALENDAR,
        at("2026-11-23 23:59"),
    )
    assert (status.is_open, status.closes_at, status.opens_next_at) == (True, None, None)


def test_round_the_clock_ends_where_an_exception_closes_the_day() -> None:
    through = doc(
        week("workday", rule="all_day"),
        week("rest_day", rule="all_day"),
        dated("2026-11-25", "2026-11-25", rule="closed"),
    )
    status = status_at(through, CALENDAR, at("2026-11-23 12:00"))
    assert status.closes_at == at("2026-11-25 00:00")
    assert is_open(through, "2026-11-25 12:00") is False
    assert is_open(through, "2026-11-26 00:00") is True


def test_overlapping_spans_join() -> None:
    stretches = resolve(
        doc(week("mon", "09:00", "12:00"), week("mon", "11:00", "14:00"))["hours"],
        CALENDAR,
        dt.date(2026, 11, 23),
        1,
    )
    assert [(one.starts_at, one.ends_at) for one in stretches] == [
        (at("2026-11-23 09:00"), at("2026-11-23 14:00"))
    ]


def test_an_open_end_counts_for_the_assumed_time_and_says_that_it_is_open_ended(settings: Any) -> None:
    settings.OPEN_END_MINUTES = 90
    lunch = doc(week("tue", "11:00"))
    status = status_at(lunch, CALENDAR, at("2026-11-24 12:29"))
    assert (status.is_open, status.is_open_end) == (True, True)
    assert is_open(lunch, "2026-11-24 12:30") is False


def test_the_end_of_an_open_end_is_never_told() -> None:
    assert status_at(doc(week("wed", "11:00")), CALENDAR, at("2026-11-25 11:30")).closes_at is None


def test_rows_that_say_unknown_are_unknown_and_not_closed() -> None:
    status = status_at(doc(week("mon", rule="unknown")), CALENDAR, at("2026-11-23 12:00"))
    assert (status.is_open, status.hours_known) == (None, False)


def test_no_rows_at_all_are_unknown() -> None:
    assert is_open(doc(), "2026-11-23 12:00") is None


def test_a_day_without_rows_in_a_known_week_is_closed() -> None:
    assert is_open(doc(week("mon", "09:00", "10:00")), "2026-11-24 09:30") is False


def test_an_unknown_exception_makes_its_dates_unknown() -> None:
    unsure = doc(week("workday", "09:00", "17:00"), dated("2026-11-23", "2026-11-24", rule="unknown"))
    assert [is_open(unsure, f"2026-11-{day} 10:00") for day in (23, 24, 25)] == [None, None, True]


def test_what_runs_on_from_yesterday_is_open_although_today_is_unknown() -> None:
    night = doc(week("mon", "22:00", "02:00"), week("tue", rule="unknown"))
    assert [is_open(night, f"2026-11-24 {clock}") for clock in ("01:00", "03:00")] == [True, None]


def test_an_exception_beats_the_week() -> None:
    changed = doc(week("mon", "09:00", "17:00"), dated("2026-11-23", "2026-11-23", "12:00", "13:00"))
    assert [is_open(changed, f"2026-11-{moment}") for moment in ("23 10:00", "23 12:30", "30 10:00")] == [
        False,
        True,
        True,
    ]


def test_the_shortest_exception_wins() -> None:
    both = doc(
        week("workday", "09:00", "17:00"),
        dated("2026-10-01", "2026-10-07", "11:00", "15:00"),
        dated("2026-10-04", "2026-10-04", rule="closed"),
    )
    assert [is_open(both, f"2026-10-0{day} 12:00") for day in (3, 4, 5)] == [True, False, True]


def test_of_two_equally_short_exceptions_the_later_start_wins() -> None:
    both = doc(
        dated("2026-11-23", "2026-11-24", rule="closed"), dated("2026-11-24", "2026-11-25", "09:00", "17:00")
    )
    assert is_open(both, "2026-11-24 10:00") is True


def test_all_rows_of_the_winning_exception_hold() -> None:
    twice = doc(
        dated("2026-11-23", "2026-11-23", "09:00", "10:00"),
        dated("2026-11-23", "2026-11-23", "15:00", "16:00"),
    )
    assert [is_open(twice, f"2026-11-23 {clock}") for clock in ("09:30", "12:00", "15:30")] == [
        True,
        False,
        True,
    ]


def test_holiday_rows_beat_rest_day_rows_and_those_beat_weekdays() -> None:
    rows = [
        week("holiday", "08:00", "09:00"),
        week("rest_day", "10:00", "11:00"),
        week("thu", "12:00", "13:00"),
    ]
    open_at_eight = [is_open(doc(*rows[start:]), "2026-10-01 08:30") for start in range(3)]
    open_at_ten = [is_open(doc(*rows[start:]), "2026-10-01 10:30") for start in range(3)]
    open_at_noon = [is_open(doc(*rows[start:]), "2026-10-01 12:30") for start in range(3)]
    assert (open_at_eight, open_at_ten, open_at_noon) == (
        [True, False, False],
        [False, True, False],
        [False, False, True],
    )


def test_a_holiday_is_no_workday_even_on_a_weekday() -> None:
    assert is_open(doc(week("workday", "09:00", "17:00")), "2026-10-01 10:00") is False


def test_the_whole_break_counts_as_holiday_and_the_day_after_as_workday() -> None:
    rows = doc(week("workday", "09:00", "17:00"), week("holiday", rule="closed"))
    assert [is_open(rows, f"2026-10-0{day} 10:00") for day in range(1, 9)] == [False] * 7 + [True]


def test_an_adjusted_saturday_is_a_workday() -> None:
    rows = doc(week("workday", "09:00", "17:00"), week("rest_day", rule="closed"))
    assert [is_open(rows, f"2026-10-{day} 10:00") for day in (10, 17)] == [True, False]


def test_workday_rows_beat_the_saturday_row_on_an_adjusted_saturday() -> None:
    rows = doc(week("workday", "09:00", "10:00"), week("sat", "15:00", "16:00"))
    assert [
        is_open(rows, f"2026-10-{moment}") for moment in ("10 09:30", "10 15:30", "17 09:30", "17 15:30")
    ] == [
        True,
        False,
        False,
        True,
    ]


def test_a_year_that_is_not_confirmed_falls_back_to_weekdays_and_says_so() -> None:
    rows = doc(week("workday", "09:00", "17:00"), week("holiday", rule="closed"))
    nothing = Calendar(tuple(HOLIDAYS), frozenset())
    status = status_at(rows, nothing, at("2026-10-01 10:00"))
    assert (status.is_open, status.calendar_confirmed) == (True, False)
    assert status_at(rows, CALENDAR, at("2026-10-08 10:00")).calendar_confirmed is True
    assert status_at(rows, CALENDAR, at("2027-01-04 10:00")).calendar_confirmed is False


def test_a_pause_holds_until_its_end_and_never_shows_open() -> None:
    paused = doc(
        week("mon", "09:00", "17:00"),
        state="paused",
        pause={"reason": "检修", "until": "2026-11-23T12:00:00+08:00"},
    )
    held = status_at(paused, CALENDAR, at("2026-11-23 11:59"))
    assert (held.is_open, held.held, held.closes_at) == (False, "paused", None)
    assert is_open(paused, "2026-11-23 12:00") is True


def test_a_pause_without_an_end_goes_on() -> None:
    assert (
        is_open(
            doc(week("mon", "09:00", "17:00"), state="paused", pause={"reason": "", "until": None}),
            "2026-11-23 10:00",
        )
        is False
    )


def test_a_paused_place_of_unknown_hours_is_not_open() -> None:
    assert is_open(doc(state="paused", pause={"reason": "", "until": None}), "2026-11-23 10:00") is False


def test_sold_out_holds_between_its_beginning_and_its_end() -> None:
    shut = {"reason": "sold_out", "since": "2026-11-23T11:00:00+08:00", "until": "2026-11-23T12:00:00+08:00"}
    lunch = doc(week("mon", "10:30", "13:30"), shut=shut)
    assert [is_open(lunch, f"2026-11-23 {clock}") for clock in ("10:59", "11:00", "11:59", "12:00")] == [
        True,
        False,
        False,
        True,
    ]
    assert status_at(lunch, CALENDAR, at("2026-11-23 11:30")).held == "shut"


def test_a_moment_in_another_time_zone_is_the_same_moment() -> None:
    lunch = doc(week("mon", "10:30", "13:30"))
    assert status_at(lunch, CALENDAR, dt.datetime(2026, 11, 23, 3, 0, tzinfo=dt.UTC)).is_open is True


@pytest.mark.django_db
def test_the_library_knows_the_break_and_the_swaps_of_2026() -> None:
    load_year(year=2026, confirm=True)
    calendar = current_calendar()
    break_days = [calendar.day_type(dt.date(2026, 10, day)) for day in range(1, 9)]
    assert break_days == ["holiday"] * 7 + ["workday"]
    assert calendar.day_type(dt.date(2026, 10, 10)) == "workday"
    assert calendar.day_type(dt.date(2026, 9, 20)) == "workday"
    assert calendar.day_type(dt.date(2026, 10, 17)) == "rest_day"


@pytest.mark.django_db
def test_a_year_counts_only_once_it_is_confirmed() -> None:
    load_year(year=2026, confirm=False)
    assert current_calendar() == Calendar()
    load_year(year=2026, confirm=True)
    assert current_calendar().years == {2026}
    confirmed_at = CalendarYear.objects.get(pk=2026).confirmed_at
    load_year(year=2026, confirm=False)
    assert CalendarYear.objects.get(pk=2026).confirmed_at == confirmed_at


@pytest.mark.parametrize(
    ("opens", "closes", "open_end", "field"),
    [
        (None, "10:00", False, "opens"),
        ("10:00", None, False, "closes"),
        ("10:00", "10:00", False, "closes"),
        ("10:00", "09:00", False, "closes"),
        ("10:00", "12:00", True, "closes"),
    ],
)
def test_an_interval_that_cannot_be_meant_is_refused_at_its_field(
    opens: str | None, closes: str | None, open_end: bool, field: str
) -> None:
    times = [dt.time.fromisoformat(text) if text else None for text in (opens, closes)]
    with pytest.raises(ValidationError) as refused:
        check_interval("open", *times, open_end)
    assert list(refused.value.message_dict) == [field]


@pytest.mark.parametrize(
    ("opens", "closes"), [("22:00", "02:00"), ("18:00", "10:00"), ("06:00", "00:00"), ("10:30", "13:30")]
)
def test_an_interval_that_can_be_meant_is_taken(opens: str, closes: str) -> None:
    check_interval("open", dt.time.fromisoformat(opens), dt.time.fromisoformat(closes), False)


def test_a_rule_without_times_takes_none() -> None:
    with pytest.raises(ValidationError):
        check_interval("closed", dt.time(9), None, False)
