"""Opening hours as rows of weekdays: what a reader of RFC 5545 makes of them is what the one function says."""

import datetime as dt
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from portal.hsds.weeks import HORIZON, WEEKDAYS, schedules
from portal.listings.hours import WEEKDAYS as DAYS
from portal.listings.hours import Calendar, planned_pauses, rows_of

MONDAY = dt.date(2026, 9, 21)
DAY = dt.timedelta(days=1)
#: National Day with its swaps, as the State Council announces them.
CALENDAR = Calendar(
    (
        ("2026-09-26", "workday"),
        *((f"2026-10-0{day}", "holiday") for day in range(1, 8)),
        ("2026-10-10", "workday"),
    ),
    frozenset({2026}),
)


def row(day: str, opens: str | None = "10:00", closes: str | None = "14:00", **more: Any) -> dict[str, Any]:
    rule = {"rule": "open", "open_end": False, "label": ""}
    return {"day": day, **rule, "opens": opens, "closes": closes, **more}


def exception(first: str, last: str, opens: str | None = None, closes: str | None = None) -> dict[str, Any]:
    rule = {
        "rule": "open" if opens else "closed",
        "open_end": False,
        "reason": "国庆",
        "reason_en": "National Day",
    }
    return {"starts_on": first, "ends_on": last, **rule, "opens": opens, "closes": closes}


def document(weekly: list[Any], exceptions: list[Any] | None = None, pauses: list[Any] | None = None) -> Any:
    hours = {"known": True, "weekly": weekly, "exceptions": exceptions or []}
    return {"hours": hours, "planned_pauses": pauses or []}


def as_read(rows: Any, date: dt.date) -> list[tuple[str, str | None]]:
    """Return the intervals of a date as a reader finds them who knows HSDS and nothing of the portal."""
    iso = date.isoformat()
    return sorted(
        (
            (found["opens_at"][:5], found.get("closes_at", "")[:5] or None)
            for found in rows
            if found.get("valid_from", "") <= iso <= found.get("valid_to", "9999")
            and WEEKDAYS[date.weekday()] in found["byday"].split(",")
        ),
        key=str,
    )


def as_meant(doc: Any, date: dt.date, calendar: Calendar) -> list[tuple[str, str | None]]:
    """Return the intervals of a date by the portal's own rule; a day that a pause takes whole has none."""
    begins = dt.datetime.combine(date, dt.time(), dt.timezone(dt.timedelta(hours=8)))
    for start, end, _pause in planned_pauses(doc):
        if start <= begins and (end is None or end >= begins + DAY):
            return []
    found = rows_of(date, doc["hours"], calendar) or []
    said = [
        ("00:00", "23:59") if one["rule"] == "all_day" else (one["opens"], one["closes"]) for one in found
    ]
    return sorted(set(said), key=str)


def test_a_week_without_anything_special_is_one_row_for_each_interval_with_its_days() -> None:
    weekly = [row(day, label="lunch") for day in DAYS[:5]] + [row("sat", "11:00", "12:00")]
    found = schedules(document(weekly), CALENDAR, MONDAY)
    assert [(one["byday"], one["opens_at"], one["closes_at"]) for one in found] == [
        ("MO,TU,WE,TH,FR", "10:00+08:00", "14:00+08:00"),
        ("SA", "11:00+08:00", "12:00+08:00"),
    ]
    assert found[0]["description"] == "午餐 · lunch"
    assert all(one["freq"] == "WEEKLY" and "valid_to" not in one for one in found)


def test_holidays_and_swapped_days_end_the_usual_rows_and_begin_them_again() -> None:
    found = schedules(document([row("workday"), row("holiday", "11:00", "12:00")]), CALENDAR, MONDAY)
    spans = [(one.get("valid_from"), one.get("valid_to"), one["byday"], one["opens_at"][:5]) for one in found]
    assert spans == [
        (None, "2026-09-25", "MO,TU,WE,TH,FR", "10:00"),
        ("2026-09-26", "2026-09-26", "SA", "10:00"),
        ("2026-09-27", "2026-09-30", "MO,TU,WE", "10:00"),
        ("2026-10-01", "2026-10-07", "MO,TU,WE,TH,FR,SA,SU", "11:00"),
        ("2026-10-08", "2026-10-09", "TH,FR", "10:00"),
        ("2026-10-10", "2026-10-10", "SA", "10:00"),
        ("2026-10-11", "2026-12-31", "MO,TU,WE,TH,FR", "10:00"),
    ]


def test_closed_days_are_a_gap_and_open_ones_say_why() -> None:
    weekly = [row(day) for day in DAYS]
    closed = schedules(document(weekly, [exception("2026-10-01", "2026-10-03")]), CALENDAR, MONDAY)
    assert [(one.get("valid_from"), one.get("valid_to")) for one in closed] == [
        (None, "2026-09-30"),
        ("2026-10-04", None),
    ]
    special = exception("2026-10-01", "2026-10-03", "11:00", "12:00")
    (_before, during, _after) = schedules(document(weekly, [special]), CALENDAR, MONDAY)
    assert (during["byday"], during["notes"]) == ("TH,FR,SA", "国庆 · National Day")


def test_hours_that_hold_today_began_when_they_began_and_what_is_over_is_not_told() -> None:
    weekly = [row(day) for day in DAYS]
    running = exception("2026-09-01", "2026-09-30", "11:00", "12:00")
    over = exception("2026-08-01", "2026-08-30")
    found = schedules(document(weekly, [over, running]), CALENDAR, MONDAY)
    assert [(one.get("valid_from"), one.get("valid_to")) for one in found] == [
        ("2026-09-01", "2026-09-30"),
        ("2026-10-01", None),
    ]


def test_a_pause_ahead_takes_its_whole_days() -> None:
    pause = {"starts_at": "2026-10-01T12:00:00+08:00", "until": "2026-10-04T00:00:00+08:00", "reason": ""}
    doc = document([row(day) for day in DAYS], pauses=[pause])
    assert [(one.get("valid_from"), one.get("valid_to")) for one in schedules(doc, CALENDAR, MONDAY)] == [
        (None, "2026-10-01"),
        ("2026-10-04", None),
    ]
    endless = document([row(day) for day in DAYS], pauses=[{**pause, "until": None}])
    (found,) = schedules(endless, CALENDAR, MONDAY)
    assert found["valid_to"] == "2026-10-01"


def test_nights_open_ends_and_day_and_night_are_said_as_hsds_says_them() -> None:
    rows = [
        row("mon", "22:00", "02:00"),
        row("tue", "11:00", None, open_end=True),
        row("wed", None, None, rule="all_day"),
        row("thu", None, None, rule="closed"),
        row("fri", None, None, rule="unknown"),
    ]
    night, sold_out, all_day = schedules(document(rows), CALENDAR, MONDAY)
    assert (night["opens_at"], night["closes_at"]) == ("22:00+08:00", "02:00+08:00")
    assert "next day" in night["description"]
    assert "closes_at" not in sold_out
    assert "until sold out" in sold_out["description"]
    assert (all_day["opens_at"], all_day["closes_at"]) == ("00:00+08:00", "23:59+08:00")


def test_what_lies_beyond_the_horizon_only_ends_what_is_known() -> None:
    far = exception("2027-02-01", "2027-02-10", "11:00", "12:00")
    (found,) = schedules(document([row(day) for day in DAYS], [far]), CALENDAR, MONDAY)
    assert found["valid_to"] == "2027-01-31"


times = st.sampled_from([("08:00", "12:00"), ("13:00", "20:00"), ("22:00", "03:00"), ("00:00", "00:30")])
weekly_rows = st.builds(
    lambda day, span, rule: row(day, *(span if rule == "open" else (None, None)), rule=rule),
    st.sampled_from([*DAYS, "workday", "rest_day", "holiday"]),
    times,
    st.sampled_from(["open", "open", "open", "all_day", "closed", "unknown"]),
)
dates = st.integers(-20, 120).map(lambda days: MONDAY + days * DAY)
exceptions = st.builds(
    lambda first, length, span: exception(
        first.isoformat(), (first + length * DAY).isoformat(), *(span or (None, None))
    ),
    dates,
    st.integers(0, 40),
    st.none() | times,
)
moments = st.builds(
    lambda date, hour: dt.datetime.combine(date, dt.time(hour), dt.timezone(dt.timedelta(hours=8))),
    dates,
    st.sampled_from([0, 9]),
)
pauses = st.builds(
    lambda start, hours: {
        "starts_at": start.isoformat(),
        "until": (start + dt.timedelta(hours=hours)).isoformat() if hours else None,
        "reason": "",
    },
    moments,
    st.none() | st.integers(1, 500),
)


@given(
    st.lists(weekly_rows, max_size=8),
    st.lists(exceptions, max_size=4),
    st.lists(pauses, max_size=2),
    st.sampled_from([CALENDAR, Calendar()]),
)
def test_whatever_the_hours_a_reader_of_the_rows_finds_what_the_portal_says_of_every_day(
    weekly: list[Any], special: list[Any], ahead: list[Any], calendar: Calendar
) -> None:
    doc = document(weekly, special, ahead)
    found = schedules(doc, calendar, MONDAY)
    for step in range(HORIZON.days):
        date = MONDAY + step * DAY
        assert as_read(found, date) == as_meant(doc, date, calendar), date
    assert len(found) == len({repr(sorted(one.items())) for one in found})
