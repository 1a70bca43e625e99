"""How often keys asked, day by day, and the chart of it."""

import datetime as dt
from collections.abc import Collection
from dataclasses import dataclass

from django.utils import timezone

from portal.partners.models import KeyUsage

DAYS = 30
#: The chart's own measure: a column a day, and the height of the busiest.
STEP, THICK, HEIGHT = 20, 14, 120


@dataclass(frozen=True, slots=True)
class Day:
    """One day: how often was asked, refused and too often; and its column, whose parts stand on each other."""

    day: dt.date
    requests: int
    refused: int
    throttled: int
    x: int
    served_height: float
    refused_height: float
    throttled_height: float

    @property
    def whole_height(self) -> float:
        """Return the height of the whole column."""
        return round(self.served_height + self.refused_height + self.throttled_height, 1)

    @property
    def refused_top(self) -> float:
        """Return where the refused part ends, measured from the top."""
        return round(HEIGHT - self.served_height - self.refused_height, 1)

    @property
    def throttled_top(self) -> float:
        """Return where the part of what came too often ends."""
        return round(self.refused_top - self.throttled_height, 1)

    @property
    def served_top(self) -> float:
        """Return where the part of what was answered ends."""
        return round(HEIGHT - self.served_height, 1)


@dataclass(frozen=True, slots=True)
class Use:
    """The last 30 days of a key, today at the end, and their sums."""

    days: list[Day]
    requests: int
    refused: int
    throttled: int
    most: int

    @property
    def width(self) -> int:
        """Return the chart's width."""
        return STEP * DAYS - (STEP - THICK)

    @property
    def height(self) -> int:
        """Return the chart's height."""
        return HEIGHT


def use_of(keys: Collection[int]) -> dict[int, Use]:
    """Return the use of keys by their number over the last 30 days of the city's calendar; one query."""
    today = timezone.localdate(timezone=timezone.get_default_timezone())
    first = today - dt.timedelta(days=DAYS - 1)
    found: dict[int, dict[dt.date, tuple[int, int, int]]] = {key: {} for key in keys}
    rows = KeyUsage.objects.filter(api_key__in=found, day__gte=first, day__lte=today)
    for row in rows:
        counts = (row.request_count, row.refused_count, row.throttled_count)
        found[row.api_key_id][row.day] = counts
    return {key: _use(counts, first) for key, counts in found.items()}


def _use(counts: dict[dt.date, tuple[int, int, int]], first: dt.date) -> Use:
    most = max((requests for requests, _refused, _throttled in counts.values()), default=0)
    days = []
    for number in range(DAYS):
        day = first + dt.timedelta(days=number)
        requests, refused, throttled = counts.get(day, (0, 0, 0))
        served = max(0, requests - refused - throttled)
        days.append(
            Day(
                day,
                requests,
                refused,
                throttled,
                number * STEP,
                _height(served, most),
                _height(refused, most),
                _height(throttled, most),
            )
        )
    return Use(
        days,
        sum(day.requests for day in days),
        sum(day.refused for day in days),
        sum(day.throttled for day in days),
        most,
    )


def _height(count: int, most: int) -> float:
    """Return the height of a part; one that is there at all is seen."""
    return round(max(1.5, HEIGHT * count / most), 1) if count and most else 0.0
