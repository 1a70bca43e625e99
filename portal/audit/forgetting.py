"""Forgetting events and origins once the time they are kept for is over."""

import datetime as dt

from django.db import models
from django.utils import timezone

from portal.audit.models import Event, Origin

BATCH = 1000
MOST_BATCHES = 50
#: The guard goes by the database's clock, which may be a little behind.
CLOCK_MARGIN = dt.timedelta(minutes=5)


def forget_what_is_over() -> int:
    """Delete events and origins whose time is over, a thousand at a time; return how many.

    Safe to stop and to run twice. The database refuses the deletion of anything that must still be kept.
    """
    over = timezone.now() - CLOCK_MARGIN
    return sum(_forget(model, over) for model in (Event, Origin))


def _forget(model: type[models.Model], over: dt.datetime) -> int:
    count = 0
    for _batch in range(MOST_BATCHES):
        rows = model._default_manager.filter(kept_until__lte=over).order_by("kept_until")
        pks = list(rows.values_list("pk", flat=True)[:BATCH])
        if pks:
            count += model._default_manager.filter(pk__in=pks).delete()[0]
        if len(pks) < BATCH:
            break
    return count
