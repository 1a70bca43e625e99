"""Forget what was read long ago, and messages that are gone."""

import datetime as dt

from django.utils import timezone

from portal.notices.models import Delivery, Notice

#: A notice after it was read. docs/privacy.md tells the same figures.
READ = dt.timedelta(days=90)
#: A notice that nobody opened: as long as what it tells of is kept.
UNREAD = dt.timedelta(days=180)
#: A message after it left or was given up; the masked number goes with it.
DELIVERY = dt.timedelta(days=30)
#: What a letter carries that could not be sent: somebody may send it again until then.
CARRIED = dt.timedelta(days=7)
BATCH = 500
MOST_BATCHES = 40


def clean(*, now: dt.datetime | None = None) -> int:
    """Delete what has had its time, in small batches; return how many rows."""
    moment = now or timezone.now()
    over = Delivery.objects.exclude(state=Delivery.State.WAITING)
    over.filter(due_at__lte=moment - CARRIED).exclude(sealed="").update(sealed="")
    rows = [
        Notice.objects.filter(read_at__lte=moment - READ),
        Notice.objects.unread().filter(shown_from__lte=moment - UNREAD),
        over.filter(due_at__lte=moment - DELIVERY),
    ]
    return sum(_in_batches(found) for found in rows)


def _in_batches(rows: object) -> int:
    count = 0
    for _batch in range(MOST_BATCHES):
        keys = list(rows.order_by().values_list("pk", flat=True)[:BATCH])  # type: ignore[attr-defined]
        if not keys:
            break
        rows.filter(pk__in=keys).delete()  # type: ignore[attr-defined]
        count += len(keys)
    return count
