"""Reading what one was told: how much is unread, opening one, and all of it."""

from collections.abc import Collection
from typing import Any

from django.db import transaction
from django.utils import timezone

from portal.notices.models import Notice

#: Counting ends here; a bell says "99+" above it.
MOST_COUNTED = 100


def unread_count(user: Any) -> int:
    """Return how many notices a person has not opened, at most 100; one query, whatever they were told in all."""
    return Notice.objects.shown_to(user).unread().order_by()[:MOST_COUNTED].count()


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
