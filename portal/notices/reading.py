"""Reading what one was told: how much is unread, opening one, and all of it; and what did not leave."""

import datetime as dt
from collections.abc import Collection
from typing import Any

from django.db import transaction
from django.db.models import Min
from django.utils import timezone

from portal.notices.models import Delivery, Notice

#: Counting ends here; a bell says "99+" above it.
MOST_COUNTED = 100


def unread_count(user: Any) -> int:
    """Return how many notices a person has not opened, at most 100; one query, whatever they were told in all."""
    return Notice.objects.shown_to(user).unread().order_by()[:MOST_COUNTED].count()


def unsent(now: dt.datetime) -> tuple[int, float]:
    """Return how many messages failed within a day, and how many seconds the oldest that is due has waited."""
    failed = Delivery.objects.filter(state=Delivery.State.FAILED, due_at__gt=now - dt.timedelta(days=1))
    oldest = Delivery.objects.filter(state=Delivery.State.WAITING, due_at__lte=now).aggregate(
        at=Min("due_at")
    )
    return failed.count(), (now - oldest["at"]).total_seconds() if oldest["at"] else 0.0


@transaction.atomic
def open_notice(*, user: Any, pk: int) -> Notice | None:
    """Mark a notice as read and return it, None for somebody else's or one that is not shown yet."""
    found = Notice.objects.shown_to(user).filter(pk=pk).first()
    if found is not None:
        Notice.objects.filter(pk=found.pk).unread().update(read_at=timezone.now())
    return found


@transaction.atomic
def read_all(*, user: Any, kind: str = "", keys: Collection[str] = ()) -> int:
    """Mark all that a person may read by now as read, or those of one kind with these keys; return how many."""
    rows = Notice.objects.shown_to(user).unread()
    return (rows.filter(kind=kind, key__in=keys) if kind else rows).update(read_at=timezone.now())
