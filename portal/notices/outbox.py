"""The outbox: who sends a message, what becomes of it, and when it is tried again."""

import datetime as dt
import random
from typing import Any

from django.db.models import F

from portal.notices.models import Delivery

#: Longer than any provider may take to answer; afterwards somebody else may send.
LEASE = dt.timedelta(minutes=2)
#: How long after each failure it is tried again, give or take a quarter, so that a crowd does not come back at once.
PAUSES = (30, 120, 600, 3600)
MOST_TRIES = len(PAUSES) + 1
State = Delivery.State


def claim(pk: int, now: dt.datetime) -> dt.datetime | None:
    """Take a message that is due to oneself; return until when, None when somebody else has it or it is gone.

    One conditional update: of two who try at the same moment one finds no row.
    """
    until = now + LEASE
    taken = Delivery.objects.due(now).filter(pk=pk).update(leased_until=until, tries=F("tries") + 1)
    return until if taken else None


def gone(row: Delivery, lease: dt.datetime, now: dt.datetime) -> bool:
    """Note that it left, and erase what it carried."""
    return _finish(row, lease, state=State.SENT, sent_at=now, sealed="", failure="")


def dropped(row: Delivery, lease: dt.datetime) -> bool:
    """Note that nobody needs it any more, and erase what it carried."""
    return _finish(row, lease, state=State.DROPPED, sealed="", failure="")


def put_off(row: Delivery, lease: dt.datetime, until: dt.datetime) -> bool:
    """Let it wait until a moment; this was no try."""
    return _finish(row, lease, due_at=until, tries=F("tries") - 1)


def failed(row: Delivery, lease: dt.datetime, why: str, now: dt.datetime) -> bool:
    """Note why it did not leave; it is tried again later, at most five times in all."""
    if row.tries >= MOST_TRIES:
        return _finish(row, lease, state=State.FAILED, failure=why[:80])
    pause = PAUSES[row.tries - 1] * random.SystemRandom().uniform(0.75, 1.25)
    return _finish(row, lease, due_at=now + dt.timedelta(seconds=pause), failure=why[:80])


def try_again(row: Delivery, now: dt.datetime) -> bool:
    """Let a message that failed begin anew; return whether it had failed and still has what it carries."""
    lost = row.key != "" and row.sealed == ""
    if lost:
        return False
    waiting = Delivery.objects.filter(pk=row.pk, state=State.FAILED)
    return bool(waiting.update(state=State.WAITING, due_at=now, tries=0, failure="", leased_until=None))


def _finish(row: Delivery, lease: dt.datetime, **changes: Any) -> bool:
    """Write what became of it, unless the lease ran out and somebody else took it meanwhile."""
    own = Delivery.objects.filter(pk=row.pk, state=State.WAITING, leased_until=lease)
    return bool(own.update(leased_until=None, **changes))
