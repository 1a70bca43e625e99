"""What whoever keeps a webhook does with it: add, test, give a new secret, stop, start, send again, take away."""

import datetime as dt
from typing import Any

from django.core.exceptions import ValidationError
from django.db import transaction
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext as _

from portal.accounts.models import Organisation
from portal.audit.models import Action
from portal.audit.recording import record
from portal.partners.models import Nudge, Webhook
from portal.partners.webhooks import nudging, signing
from portal.partners.webhooks.addresses import check_url
from portal.partners.webhooks.numbers import feed_number

#: An organisation needs one or two; each costs a request for every change.
MOST_WEBHOOKS = 5
#: Seconds between two tests: a button is no way to knock at somebody's door a thousand times.
TEST_PAUSE_SECONDS = 3


def check_new(*, organisation: Organisation, url: str) -> None:
    """Raise ValidationError for an address to which nothing can be sent, one that is there already, one too many."""
    check_url(url)
    held = Webhook.objects.filter(organisation=organisation)
    if held.count() >= MOST_WEBHOOKS:
        raise ValidationError(
            _("An organisation has at most %(count)d webhooks. Take one away first.")
            % {"count": MOST_WEBHOOKS},
            code="too_many",
        )
    if held.filter(url=url).exists():
        raise ValidationError(_("This organisation has this address already."), code="once")


@transaction.atomic
def add_webhook(*, organisation: Organisation, url: str, by: Any) -> tuple[Webhook, str]:
    """Add an address; return it with its secret, which is shown once. It is told of what changes from now on.

    Raises ValidationError as `check_new` does.
    """
    # Of two who add the last one that fits, the second finds the first.
    Organisation.objects.select_for_update(of=("self",)).get(pk=organisation.pk)
    check_new(organisation=organisation, url=url)
    secret = signing.new_secret()
    row = Webhook(organisation=organisation, url=url, secret=signing.sealed(secret), told_seq=feed_number())
    row.full_clean()
    row.save()
    record(Action.ADDED, by=by, about=row, label=row.host, after={"address": row.host})
    transaction.on_commit(nudging.Memo.forget)
    return row, secret


@transaction.atomic
def rotate_secret(*, webhook: Webhook, by: Any) -> str:
    """Give a webhook a new secret and return it; messages carry both signatures for a day.

    A second rotation within that day ends the oldest one at once: two hold, never three.
    """
    row = _locked(webhook)
    secret = signing.new_secret()
    row.old_secret, row.old_secret_until = row.secret, timezone.now() + signing.OVERLAP
    row.secret = signing.sealed(secret)
    row.save(update_fields=["secret", "old_secret", "old_secret_until"])
    record(Action.WEBHOOK_ROTATED, by=by, about=row, label=row.host)
    return secret


@transaction.atomic
def stop_webhook(*, webhook: Webhook, by: Any) -> bool:
    """Send nothing but tests from now on; return whether it was told of changes until then."""
    row = _locked(webhook)
    if row.stopped_at is not None:
        return False
    row.stopped_at = timezone.now()
    row.save(update_fields=["stopped_at"])
    record(Action.WEBHOOK_STOPPED, by=by, about=row, label=row.host)
    return True


@transaction.atomic
def start_webhook(*, webhook: Webhook, by: Any) -> bool:
    """Tell a stopped webhook of changes again, at once of those that it has missed; return whether it was stopped."""
    row = _locked(webhook)
    if row.stopped_at is None:
        return False
    row.stopped_at = None
    row.save(update_fields=["stopped_at"])
    now = timezone.now()
    row.nudges.in_the_way().update(next_try_at=now, try_count=0)
    record(Action.WEBHOOK_STARTED, by=by, about=row, label=row.host)
    transaction.on_commit(nudging.Memo.forget)
    nudging.tell_webhooks.enqueue()
    return True


@transaction.atomic
def remove_webhook(*, webhook: Webhook, by: Any) -> None:
    """Take a webhook away with all its messages."""
    row = _locked(webhook)
    record(Action.DELETED, by=by, about=row, label=row.host, before={"address": row.host})
    row.delete()


def send_test(*, webhook: Webhook) -> Nudge | None:
    """Send a test at once and return what came of it; None when one was sent a moment ago.

    It goes out while whoever pressed the button waits, ten seconds at most, so outside any transaction.
    """
    with transaction.atomic():
        row = _locked(webhook)
        just_now = timezone.now() - dt.timedelta(seconds=TEST_PAUSE_SECONDS)
        if row.nudges.filter(kind=Nudge.Kind.TEST, made_at__gt=just_now).exists():
            return None
        message = nudging.new_message(row.pk, Nudge.Kind.TEST, row.told_seq)
        message.save()
    return nudging.deliver(message.pk) or Nudge.objects.filter(pk=message.pk).first()


@transaction.atomic
def send_again(*, nudges: Any, by: Any) -> int:
    """Send messages that were given up again, under their own ids; return for how many webhooks that was.

    Of several of one webhook the earliest goes: its number says all that the later ones would. Where one waits
    already, that one is tried now instead. Stopped webhooks are left alone.
    """
    lost = nudges.filter(state=Nudge.State.DEAD, kind=Nudge.Kind.CHANGES)
    webhooks = Webhook.objects.active().filter(pk__in=lost.values("webhook"))
    count = 0
    for webhook in webhooks.select_for_update(of=("self",)).order_by("pk"):
        row = (
            lost.filter(webhook=webhook, after_seq__gte=webhook.told_seq).order_by("after_seq", "pk").first()
        )
        if row is None:
            continue
        now = timezone.now()
        fresh = {"next_try_at": now, "try_count": 0}
        # A message that somebody is sending at this moment stays theirs.
        free = webhook.nudges.in_the_way().filter(Q(claimed_until=None) | Q(claimed_until__lte=now))
        if webhook.nudges.in_the_way().exists():
            free.update(**fresh)
        else:
            Nudge.objects.filter(pk=row.pk).update(
                state=Nudge.State.WAITING, finished_at=None, claimed_until=None, **fresh
            )
        record(Action.WEBHOOK_REPLAYED, by=by, about=webhook, label=webhook.host, note=row.message_id)
        count += 1
    if count:
        nudging.tell_webhooks.enqueue()
    return count


def _locked(webhook: Webhook) -> Webhook:
    """Return a webhook read afresh and locked. Raises Webhook.DoesNotExist for one that was taken away."""
    return Webhook.objects.select_for_update(of=("self",)).select_related("organisation").get(pk=webhook.pk)
