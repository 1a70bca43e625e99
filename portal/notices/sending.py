"""Sending what leaves the portal: by a worker at once, by the clock what is due later or was left lying."""

import datetime as dt
import logging
import time
from typing import Any

from django.core.mail import EmailMultiAlternatives
from django.db import transaction
from django.utils import timezone
from django_tasks import task

from portal.accounts.sms import send_sms
from portal.notices import outbox
from portal.notices.composing import Message, Wait, compose, is_reached_by_text
from portal.notices.models import Channel, Delivery, Notice
from portal.notices.quiet import after_quiet, preference_of
from portal.notices.sealing import seal

logger = logging.getLogger(__name__)
#: So long the clock, or one piece of a worker's work, sends before it lets others have their turn.
MOST_SECONDS = 20
MOST_AT_ONCE = 500


@task()
def send_one(key: int) -> None:
    """Send one message, if it is still due."""
    deliver(key)


@task()
def send_waiting() -> None:
    """Send what is due; what is left over when the time is up goes on in another piece of work."""
    if send_due() and Delivery.objects.due(timezone.now()).exists():
        send_waiting.enqueue()


@transaction.atomic
def queue_text(*, notice: Notice, user: Any) -> Delivery | None:
    """Let a notice go by text message, after quiet hours; None for somebody who is not reached that way.

    Call it in the transaction of the notice: the worker finds the message when that is committed.
    """
    preference = preference_of(user)
    if not (preference.by_sms and is_reached_by_text(user)):
        return None
    due_at = after_quiet(max(notice.shown_from, timezone.now()), preference)
    row = Delivery.objects.create(user=user, notice=notice, channel=Channel.SMS, due_at=due_at)
    _wake(row)
    return row


@transaction.atomic
def text_to_number(*, phone: str, text: str, key: str, at_night: bool = False) -> Delivery:
    """Send a text to a number without an account, once for each key; return the message.

    It is kept sealed until it has left, then number and text are erased. At night it waits until 8 in the morning,
    unless `at_night`. Call it in the transaction that makes what the text speaks of.
    """
    number = str(phone)
    now = timezone.now()
    due_at = now if at_night else after_quiet(now, preference_of(None))
    masked = f"{number[:-8].removeprefix('+86')}****{number[-4:]}" if len(number) > 8 else "****"
    return _letter(Channel.SMS, key, masked, {"to": number, "text": text}, due_at)


@transaction.atomic
def mail_to_address(*, user: Any, address: str, subject: str, text: str, key: str) -> Delivery:
    """Send an e-mail to an address that somebody gave, once for each key; return the message."""
    name, _at, host = address.partition("@")
    carried = {"to": address, "subject": subject, "text": text}
    return _letter(Channel.EMAIL, key, f"{name[:1]}***@{host}"[:80], carried, timezone.now(), user)


def deliver(pk: int, *, now: dt.datetime | None = None) -> str:
    """Send one message if it is due and nobody else does; return where it stands then, "" when it was not ours.

    No transaction is open while the provider is asked. Neither number nor text is ever logged.
    """
    moment = now or timezone.now()
    lease = outbox.claim(pk, moment)
    if lease is None:
        return ""
    row = Delivery.objects.select_related("user", "notice").get(pk=pk)
    if row.tries > outbox.MOST_TRIES:
        outbox.failed(row, lease, "stopped", moment)
        return Delivery.State.FAILED
    try:
        message = compose(row, moment)
        if message is not None:
            _send(message)
    except Wait as wait:
        outbox.put_off(row, lease, wait.until)
    except Exception as error:
        # Whatever a provider or a library raises: its words may hold the number, so its name must do.
        why = str(error) if type(error).__name__ == "SmsNotSent" else type(error).__name__
        logger.error("message %s did not leave (try %s): %s", pk, row.tries, why)
        outbox.failed(row, lease, why, moment)
    else:
        _note(row, lease, message, moment)
    return Delivery.objects.values_list("state", flat=True).get(pk=pk)


def send_due(*, now: dt.datetime | None = None) -> int:
    """Send what is due, or was left by a worker that stopped, for 20 seconds at most; return how many were tried."""
    begun, count = time.monotonic(), 0
    keys = Delivery.objects.due(now or timezone.now()).order_by("due_at", "pk").values_list("pk", flat=True)
    for pk in list(keys[:MOST_AT_ONCE]):
        if time.monotonic() - begun > MOST_SECONDS:
            break
        count += bool(deliver(pk, now=now))
    return count


@transaction.atomic
def send_again(*, delivery: Delivery) -> bool:
    """Try a message that failed anew; return whether it could be."""
    if not outbox.try_again(delivery, timezone.now()):
        return False
    send_one.enqueue(delivery.pk)
    return True


@transaction.atomic
def _note(row: Delivery, lease: dt.datetime, message: Message | None, now: dt.datetime) -> None:
    """Write down that it left, and which notices an e-mail told of."""
    if message is None:
        outbox.dropped(row, lease)
    elif outbox.gone(row, lease, now) and message.notices:
        Notice.objects.filter(pk__in=message.notices).update(mailed_at=now)


def _letter(
    channel: str, key: str, label: str, carried: dict[str, str], due_at: dt.datetime, user: Any = None
) -> Delivery:
    row, is_new = Delivery.objects.get_or_create(
        key=key,
        defaults={
            "user": user,
            "channel": channel,
            "sealed": seal(carried),
            "to_label": label,
            "due_at": due_at,
        },
    )
    if is_new:
        _wake(row)
    return row


def _wake(row: Delivery) -> None:
    """Give a message that is due now to a worker; the clock takes up the others."""
    if row.due_at <= timezone.now():
        send_one.enqueue(row.pk)


def _send(message: Message) -> None:
    if message.channel == Channel.SMS:
        send_sms(message.to, message.text)
        return
    mail = EmailMultiAlternatives(
        message.subject, message.text, to=[message.to], headers=message.headers or None
    )
    if message.html:
        mail.attach_alternative(message.html, "text/html")
    mail.send()
