"""What time it is for the pages: one place, so that a test can say otherwise."""

import datetime as dt

from django.utils import timezone

LUNCH = (dt.time(10, 30), dt.time(13, 30))
DINNER = (dt.time(16, 30), dt.time(19, 30))
NIGHT = (dt.time(22), dt.time(6))


def now() -> dt.datetime:
    """Return the present moment in the city's time zone."""
    return timezone.localtime()


def part_of_day(moment: dt.datetime) -> str:
    """Return `lunch`, `dinner`, `night` or `day` for a moment; it decides what the home page shows first."""
    clock = timezone.localtime(moment).time()
    if LUNCH[0] <= clock < LUNCH[1]:
        return "lunch"
    if DINNER[0] <= clock < DINNER[1]:
        return "dinner"
    return "night" if clock >= NIGHT[0] or clock < NIGHT[1] else "day"
