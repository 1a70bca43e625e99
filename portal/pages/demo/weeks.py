"""Opening hours of every shape that the portal knows, as snapshots of the hours group."""

import datetime as dt
import random
from typing import Any

Rows = list[dict[str, Any]]
WEEK = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
EVERY_DAY = ("workday", "rest_day")


def row(day: str, opens: str = "", closes: str = "", label: str = "", rule: str = "open") -> dict[str, Any]:
    """Return a weekly row; open without an end is open-ended."""
    return {
        "day": day,
        "rule": rule,
        "opens": opens or None,
        "closes": closes or None,
        "is_open_end": rule == "open" and not closes,
        "label": label,
    }


def days(names: tuple[str, ...], *spans: tuple[str, str, str]) -> Rows:
    """Return the same spans (opens, closes, label) on each of the days."""
    return [row(day, *span) for day in names for span in spans]


def exception(
    starts_on: dt.date, ends_on: dt.date, reason: str, opens: str = "", closes: str = "", rule: str = ""
) -> dict[str, Any]:
    """Return a dated row: with times open then, else closed."""
    rule = rule or ("open" if opens else "closed")
    return {
        "starts_on": starts_on.isoformat(),
        "ends_on": ends_on.isoformat(),
        "rule": rule,
        "opens": opens or None,
        "closes": closes or None,
        "is_open_end": rule == "open" and not closes,
        "reason": reason,
    }


def canteen_week(rng: random.Random) -> Rows:
    """Return one of the weeks that canteens keep."""
    lunch, dinner = ("10:30", "13:30", "lunch"), ("16:30", "19:30", "dinner")
    weeks: list[Rows] = [
        [*days(EVERY_DAY, lunch, dinner), row("holiday", rule="closed")],
        [*days(("workday",), lunch, dinner), *days(("rest_day",), ("10:30", "13:00", "lunch"))],
        days(
            EVERY_DAY,
            ("06:00", "09:00", "breakfast"),
            ("10:30", "14:00", "lunch"),
            ("16:30", "20:00", "dinner"),
        ),
        [*days(WEEK[:6], ("11:00", "", "lunch")), row("sun", rule="closed")],
        days(("workday",), ("11:00", "", "lunch"), ("17:00", "", "dinner")),
        days(EVERY_DAY, ("05:30", "10:00", "breakfast")),
        days(EVERY_DAY, ("17:00", "02:00", "night")),
        [*days(WEEK[:4], ("18:00", "01:30", "night")), *days(WEEK[4:], ("18:00", "04:00", "night"))],
        days(
            EVERY_DAY, ("10:00", "14:00", "lunch"), ("16:00", "21:00", "dinner"), ("21:00", "23:30", "night")
        ),
        [row(day, rule="all_day") for day in EVERY_DAY],
        [row(day, rule="unknown") for day in EVERY_DAY],
        [*days(("workday",), lunch, dinner), row("rest_day", rule="unknown")],
        [],
    ]
    return rng.choices(weeks, weights=(14, 12, 14, 6, 4, 6, 5, 2, 8, 1, 3, 3, 3))[0]


def station_week(rng: random.Random, *, all_night: bool) -> Rows:
    """Return one of the weeks that stations keep."""
    if all_night:
        through = [row(day, rule="all_day") for day in EVERY_DAY]
        return rng.choices(
            [through, [row(day, rule="all_day") for day in WEEK], days(EVERY_DAY, ("18:00", "08:00", ""))],
            (8, 2, 1),
        )[0]
    weeks: list[Rows] = [
        days(EVERY_DAY, ("08:00", "20:00", "")),
        days(EVERY_DAY, ("09:00", "21:00", "")),
        [*days(("workday",), ("08:30", "17:30", "")), row("rest_day", rule="closed")],
        [
            *days(("workday",), ("08:30", "11:30", ""), ("13:30", "17:30", "")),
            *days(("rest_day",), ("09:00", "16:00", "")),
        ],
        days(EVERY_DAY, ("09:00", "00:30", "")),
        [*days(EVERY_DAY, ("07:00", "00:00", "")), *days(("holiday",), ("09:00", "17:00", ""))],
        [row(day, rule="unknown") for day in EVERY_DAY],
    ]
    return rng.choices(weeks, weights=(8, 6, 4, 4, 3, 3, 1))[0]


def compound_week(rng: random.Random) -> Rows:
    """Return when couriers may enter a compound at all; often nobody has said."""
    weeks: list[Rows] = [
        [row(day, rule="all_day") for day in EVERY_DAY],
        days(EVERY_DAY, ("06:00", "23:00", "")),
        days(EVERY_DAY, ("05:00", "01:00", "")),
        [],
    ]
    weeks[2] = days(EVERY_DAY, ("09:00", "01:00", ""))
    return rng.choices(weeks, weights=(6, 5, 1, 3))[0]


def exceptions(rng: random.Random, today: dt.date) -> Rows:
    """Return up to two dated exceptions, around the autumn holidays of this year or the coming days."""
    year = today.year
    autumn = dt.date(year, 10, 1)
    soon = today + dt.timedelta(days=rng.randrange(-1, 12))
    choices: list[Rows] = [
        [],
        [exception(autumn, autumn + dt.timedelta(days=2), "国庆放假")],
        [
            exception(autumn, autumn + dt.timedelta(days=6), "国庆调整营业时间", "11:00", "15:00"),
            exception(autumn + dt.timedelta(days=3), autumn + dt.timedelta(days=3), "设备检修"),
        ],
        [
            exception(
                autumn - dt.timedelta(days=6), autumn - dt.timedelta(days=6), "中秋值班", "18:00", "03:00"
            )
        ],
        [exception(dt.date(year, 10, 10), dt.date(year, 10, 10), "调休上班", "10:30", "14:30")],
        [exception(soon, soon + dt.timedelta(days=1), "设备检修")],
        [exception(soon, soon, "社区活动，推迟开门", "12:00", "18:00")],
        [exception(autumn + dt.timedelta(days=4), autumn + dt.timedelta(days=5), "时间待定", rule="unknown")],
    ]
    return rng.choices(choices, weights=(60, 8, 4, 3, 4, 5, 4, 2))[0]
