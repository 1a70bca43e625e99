"""How long offices take over what couriers say, which everybody may know."""

import datetime as dt
import statistics
from typing import Any

from django.core.cache import cache
from django.utils import timezone

from portal.upkeep.models import Correction

DAYS, FEWEST, MOST = 90, 5, 2000
_SECONDS = 600


def median_to_fix(area_code: str) -> dt.timedelta | None:
    """Return the median time from the first word to the answer in an area, over the cases closed in the last 90 days.

    None for fewer than five: too few say nothing about an office. Kept for ten minutes.
    """
    key = f"corrections:median:{area_code}"
    seconds = cache.get(key)
    if seconds is None:
        seconds = _median(area_code)
        cache.set(key, seconds, _SECONDS)
    return dt.timedelta(seconds=seconds) if seconds >= 0 else None


def _median(area_code: str) -> float:
    """Return the median in seconds, -1 for too few. Of very many the latest speak for all."""
    since = timezone.now() - dt.timedelta(days=DAYS)
    rows = Correction.objects.filter(area_code__startswith=area_code, closed_at__gt=since)
    pairs: Any = rows.order_by("-closed_at").values_list("opened_at", "closed_at")[:MOST]
    spans = [(closed - opened).total_seconds() for opened, closed in pairs]
    return statistics.median(spans) if len(spans) >= FEWEST else -1.0
