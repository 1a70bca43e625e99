"""How long an office may take over a correction, counted in the hours in which it works. Pure."""

import datetime as dt
from typing import NamedTuple

from portal.listings.hours import CITY_TIME, Calendar
from portal.upkeep.models import Correction

OPENS, CLOSES = dt.time(9), dt.time(18)
#: How many days are looked through at most; no break of the calendar is nearly as long.
FARTHEST_DAYS = 60


class Clock(NamedTuple):
    """How much of the office's own time a case has, and how much time must have passed at least."""

    worked: dt.timedelta
    floor: dt.timedelta


Kind = Correction.Kind
#: A day of the office has nine hours: 24 h are one of them, 72 h three, and never less than as many hours by the clock.
CLOCKS: dict[str, Clock] = {
    Kind.SOLD_OUT: Clock(dt.timedelta(hours=2), dt.timedelta(hours=2)),
    Kind.CLOSED: Clock(dt.timedelta(hours=2), dt.timedelta(hours=2)),
    Kind.WRONG_PRICE: Clock(dt.timedelta(hours=9), dt.timedelta(hours=24)),
    Kind.NOT_HERE: Clock(dt.timedelta(hours=27), dt.timedelta(hours=72)),
    Kind.OTHER: Clock(dt.timedelta(hours=27), dt.timedelta(hours=72)),
}


def due_at(kind: str, opened_at: dt.datetime, calendar: Calendar) -> dt.datetime:
    """Return when a case of this kind is due: workdays from 9 to 18 count, and the floor holds."""
    worked, floor = CLOCKS[kind]
    return max(worked_through(opened_at, worked, calendar), opened_at + floor)


def worked_through(start: dt.datetime, span: dt.timedelta, calendar: Calendar) -> dt.datetime:
    """Return the moment at which an office has worked for `span` since `start`."""
    local, left = start.astimezone(CITY_TIME), span
    for number in range(FARTHEST_DAYS):
        date = local.date() + dt.timedelta(days=number)
        if calendar.day_type(date) != "workday":
            continue
        begins = max(local, dt.datetime.combine(date, OPENS, CITY_TIME))
        ends = dt.datetime.combine(date, CLOSES, CITY_TIME)
        if begins >= ends:
            continue
        if left <= ends - begins:
            return begins + left
        left -= ends - begins
    return local + dt.timedelta(days=FARTHEST_DAYS)
