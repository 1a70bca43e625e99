"""The line of the scoreboard, as points of a drawing; the table beside it says the same in words."""

import datetime as dt
from collections.abc import Iterable
from dataclasses import dataclass

from portal.upkeep.models import OfficeDay
from portal.upkeep.scoreboard import DAYS

WIDTH, HEIGHT = 600, 140


@dataclass(frozen=True, slots=True)
class Line:
    """One area's share of true facts over the days: points for a polyline, the first and the last value."""

    name: str
    points: str
    last_x: float
    last_y: float
    first: int
    last: int
    first_day: dt.date
    last_day: dt.date


def line_of(name: str, days: Iterable[OfficeDay], today: dt.date) -> Line | None:
    """Return the line of an area's days, oldest first, with today at the right edge; None without any."""
    dots = [
        (
            round(WIDTH - (today - row.day).days * WIDTH / (DAYS - 1), 1),
            round(HEIGHT - HEIGHT * row.fresh_count / row.fact_count, 1),
            row,
        )
        for row in days
    ]
    if not dots:
        return None
    (_x, _y, first), (x, y, last) = dots[0], dots[-1]
    return Line(
        name,
        " ".join(f"{left},{top}" for left, top, _row in dots),
        x,
        y,
        first.fresh_count * 100 // first.fact_count,
        last.fresh_count * 100 // last.fact_count,
        first.day,
        last.day,
    )
