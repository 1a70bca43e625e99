"""Who sends a message, what becomes of it, and when it is tried again: over about a day, then it is given up.

A message is claimed for a minute by one conditional update, so of several workers one sends it. A worker that is
killed leaves a claim that runs out: the message is sent again under the same id, by which the other side knows it.
"""

import datetime as dt
import random
from collections.abc import Iterator
from contextlib import contextmanager

from django.db import transaction
from django.db.models import F
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from portal.notices.kinds import Kind, Urgency
from portal.notices.telling import tell
from portal.partners.keepers import keepers_of
from portal.partners.models import Nudge, NudgeTry, Webhook
from portal.partners.webhooks.sending import Answer

#: Longer than one try may take, with a slow name server before it.
LEASE = dt.timedelta(minutes=1)
#: Seconds after each failure, give or take a fifth, so that a crowd does not come back at once; a day in all.
PAUSES = (30, 60, 300, 900, 1800, 3600, 7200, 14400, 28800, 28800)
MOST_TRIES = len(PAUSES) + 1
#: How long a partner may ask to be left alone.
MOST_RETRY_AFTER = 3600
#: A webhook for which so many messages in a row were given up, each after a day, is stopped.
DEAD_IN_A_ROW = 3
WEBHOOK_DEAD = Kind(
    "webhook_dead",
    _("Your webhook at %(address)s was not reached for a day: one message was given up."),
    Urgency.DIGEST,
)
WEBHOOK_STOPPED = Kind(
    "webhook_stopped",
    _("Your webhook at %(address)s was not reached for days and is stopped. Start it again when it answers."),
    Urgency.NOW,
)
State = Nudge.State


def claim(pk: int, now: dt.datetime) -> dt.datetime | None:
    """Take a message that is due to oneself; return until when, None when somebody else has it or it is gone."""
    until = now + LEASE
    taken = Nudge.objects.due(now).filter(pk=pk).update(claimed_until=until, try_count=F("try_count") + 1)
    return until if taken else None


def settle(pk: int, lease: dt.datetime, answer: Answer, *, seq: int, now: dt.datetime) -> Nudge | None:
    """Keep a try and what follows from it; return the message, None when its webhook was taken away meanwhile.

    `seq` is the change number that was read before the message was sent: up to there its owner is told now. A try
    whose claim had run out is kept, but what becomes of the message is for whoever took it over, unless it arrived.
    """
    with _locked(pk) as nudge:
        if nudge is None:
            return None
        NudgeTry.objects.create(
            nudge=nudge,
            made_at=now,
            status=answer.status,
            error=answer.error,
            milliseconds=answer.milliseconds,
        )
        if nudge.state != State.WAITING:
            return nudge
        if answer.is_success:
            _delivered(nudge, seq, now)
        elif nudge.claimed_until == lease:
            _failed(nudge, answer, now)
        return nudge


def _delivered(nudge: Nudge, seq: int, now: dt.datetime) -> None:
    _finish(nudge, State.DELIVERED, now)
    if nudge.kind == Nudge.Kind.CHANGES:
        Webhook.objects.filter(pk=nudge.webhook_id, told_seq__lt=seq).update(told_seq=seq)


def _failed(nudge: Nudge, answer: Answer, now: dt.datetime) -> None:
    if nudge.kind == Nudge.Kind.TEST:
        # Whoever pressed the button sees it, and presses it again.
        _finish(nudge, State.DEAD, now)
        return
    if nudge.try_count < MOST_TRIES and answer.error not in ("gone", "stopped"):
        pause = PAUSES[nudge.try_count - 1] * random.SystemRandom().uniform(0.8, 1.2)
        asked = min(answer.retry_after, MOST_RETRY_AFTER)
        nudge.next_try_at = now + dt.timedelta(seconds=max(pause, asked))
        nudge.claimed_until = None
        nudge.save(update_fields=["next_try_at", "claimed_until"])
        return
    _finish(nudge, State.DEAD, now)
    if answer.error == "gone" or _is_hopeless(nudge.webhook_id):
        Webhook.objects.active().filter(pk=nudge.webhook_id).update(stopped_at=now)
        _tell_keepers(nudge, WEBHOOK_STOPPED)
    else:
        _tell_keepers(nudge, WEBHOOK_DEAD)


def _finish(nudge: Nudge, state: str, now: dt.datetime) -> None:
    nudge.state, nudge.finished_at, nudge.claimed_until = state, now, None
    nudge.save(update_fields=["state", "finished_at", "claimed_until"])


def _is_hopeless(webhook_id: int) -> bool:
    """Say whether the last messages were all given up; one that was started in vain is stopped sooner."""
    finished = Nudge.objects.filter(webhook=webhook_id, kind=Nudge.Kind.CHANGES, finished_at__isnull=False)
    last = finished.order_by("-finished_at", "-pk").values_list("state", flat=True)[:DEAD_IN_A_ROW]
    return list(last) == [State.DEAD] * DEAD_IN_A_ROW


def _tell_keepers(nudge: Nudge, kind: Kind) -> None:
    webhook = nudge.webhook
    for post in keepers_of(webhook.organisation):
        tell(
            user=post.user,
            post=post,
            kind=kind.name,
            key=f"{nudge.pk}",
            params={"address": webhook.host},
            url=reverse("partner_webhook", args=[webhook.pk]),
        )


@contextmanager
def _locked(pk: int) -> Iterator[Nudge | None]:
    """Lock a message in a transaction, its webhook before it, as everybody does who locks both."""
    with transaction.atomic():
        owner = Nudge.objects.filter(pk=pk).values("webhook")
        webhook = Webhook.objects.select_for_update(of=("self",)).filter(pk__in=owner).first()
        nudge = Nudge.objects.select_for_update(of=("self",)).filter(pk=pk).first() if webhook else None
        if nudge is not None and webhook is not None:
            nudge.webhook = webhook
        yield nudge
