"""Telling webhooks that there are changes: a message for each that is behind, sent by a worker or by the clock.

What is published costs nothing here while there is no webhook, and one small task a second at most where there are
some. A task is a nudge and no more: messages keep their state in the database, and the clock makes good what a lost
task, or a process that thought there was no webhook, has left.
"""

import datetime as dt
import logging
import time
import uuid

import orjson
from django.conf import settings
from django.core.cache import cache
from django.db import transaction
from django.db.models import Exists, OuterRef
from django.urls import reverse
from django.utils import timezone
from django_tasks import task

from portal.notices.sealing import Unreadable
from portal.partners.models import Nudge, NudgeTry, Webhook
from portal.partners.webhooks import retrying, sending, signing
from portal.partners.webhooks.numbers import feed_number

logger = logging.getLogger(__name__)
#: Changes that come within so many seconds are one message.
GATHER = dt.timedelta(seconds=3)
#: So long no other task is asked for: shorter than GATHER by more than two machines' clocks differ.
QUIET_SECONDS = 1
#: How long a process believes that there is no webhook, or that there is one; it hears of its own at once.
KNOWN_SECONDS = 60
#: So long one run of the clock sends before others have their turn, and so many messages it looks at.
MOST_SECONDS = 20
MOST_AT_ONCE = 500
KEPT = dt.timedelta(days=30)


class Memo:
    """What this process knows, and until when (`time.monotonic`)."""

    has_webhooks = False
    known_until = 0.0
    quiet_until = 0.0

    @classmethod
    def forget(cls) -> None:
        """Ask again at the next change: a webhook was added or started."""
        cls.known_until = cls.quiet_until = 0.0


def nudge(seq: int) -> None:
    """Say that there are changes up to `seq`, once the transaction that made them is committed.

    Whatever goes wrong here is logged and never becomes the publisher's failure.
    """
    # A named function: Django asks one that failed for its name.
    transaction.on_commit(lambda: _changed(seq), robust=True)


def _changed(seq: int) -> None:
    now = time.monotonic()
    if now < Memo.quiet_until or not _has_webhooks(now):
        return
    Memo.quiet_until = now + QUIET_SECONDS
    if cache.add("webhooks-woken", seq, QUIET_SECONDS):
        tell_webhooks.using(run_after=timezone.now() + GATHER).enqueue()


def _has_webhooks(now: float) -> bool:
    if now >= Memo.known_until:
        Memo.has_webhooks = Webhook.objects.active().exists()
        Memo.known_until = now + KNOWN_SECONDS
    return Memo.has_webhooks


@task()
def tell_webhooks() -> None:
    """Make the messages that are missing and send what is due, each by whichever worker is free."""
    make_messages()
    due = _due()[:MOST_AT_ONCE]
    for pk in due[1:]:
        send_one.enqueue(pk)
    if due:
        deliver(due[0])


@task()
def send_one(pk: int) -> None:
    """Send one message, if it is still due."""
    deliver(pk)


def make_messages() -> int:
    """Give each active webhook that is behind one message, unless one waits already; return how many were made.

    Everybody who lets a message wait holds its webhook's lock, so two who do so at the same moment make one; the
    database holds it besides. A webhook that somebody else has locked is looked at again in a minute.
    """
    waiting = Nudge.objects.in_the_way().filter(webhook=OuterRef("pk"))
    behind = Webhook.objects.behind(feed_number()).exclude(Exists(waiting)).order_by("pk")
    if not behind.exists():
        return 0
    with transaction.atomic():
        found = behind.select_for_update(of=("self",), skip_locked=True)
        rows = [new_message(row.pk, Nudge.Kind.CHANGES, row.told_seq) for row in found]
        Nudge.objects.bulk_create(rows, ignore_conflicts=True)
    return len(rows)


def new_message(webhook_id: int, kind: str, after: int) -> Nudge:
    """Return an unsaved message; its id is made once and stays over all tries."""
    return Nudge(webhook_id=webhook_id, message_id=f"msg_{uuid.uuid4().hex}", kind=kind, after_seq=after)


def deliver(pk: int, *, now: dt.datetime | None = None) -> Nudge | None:
    """Send one message if it is due and nobody else does; return it as it stands then, None when it was not ours.

    No transaction is open while the other side is asked. A change that came meanwhile is the next message.
    """
    moment = now or timezone.now()
    lease = retrying.claim(pk, moment)
    if lease is None:
        return None
    row = Nudge.objects.select_related("webhook").filter(pk=pk).first()
    if row is None:
        return None
    seq = feed_number()
    settled = retrying.settle(pk, lease, _send(row, moment), seq=seq, now=moment)
    if settled is not None and settled.state == Nudge.State.DELIVERED and feed_number() > seq:
        tell_webhooks.using(run_after=timezone.now() + GATHER).enqueue()
    return settled


def body_of(row: Nudge) -> bytes:
    """Return what a message says: that there are changes after a number, and where to read them."""
    feed = f"{settings.PUBLIC_BASE_URL}{reverse('api:changes')}"
    return orjson.dumps({"type": row.kind, "after": row.after_seq, "changes": feed})


def _send(row: Nudge, now: dt.datetime) -> sending.Answer:
    if row.try_count > retrying.MOST_TRIES:
        return sending.Answer(error="stopped")
    body = body_of(row)
    try:
        headers = signing.headers(row.webhook, row.message_id, body, now)
    except Unreadable:
        logger.error("the secret of webhook %s cannot be read; its owner must rotate it", row.webhook_id)
        return sending.Answer(error="secret")
    return sending.post(row.webhook.url, headers, body)


def send_due(*, now: dt.datetime | None = None) -> int:
    """Make what is missing and send what is due, for 20 seconds at most; return how many were tried."""
    begun, count = time.monotonic(), 0
    make_messages()
    for pk in _due(now)[:MOST_AT_ONCE]:
        if time.monotonic() - begun > MOST_SECONDS:
            break
        count += deliver(pk, now=now) is not None
    return count


def trim(*, now: dt.datetime | None = None) -> int:
    """Forget messages that were finished a month ago, their tries with them, and secrets that hold no more."""
    moment = now or timezone.now()
    Webhook.objects.filter(old_secret_until__lte=moment).update(old_secret="", old_secret_until=None)
    NudgeTry.objects.filter(made_at__lt=moment - KEPT).delete()
    count, _by_model = Nudge.objects.filter(finished_at__lt=moment - KEPT).delete()
    return count


def _due(now: dt.datetime | None = None) -> list[int]:
    rows = Nudge.objects.due(now or timezone.now()).order_by("next_try_at", "pk")
    return list(rows.values_list("pk", flat=True))
