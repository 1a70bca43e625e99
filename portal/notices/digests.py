"""One e-mail a day for staff, however much there is to say."""

import datetime as dt
from typing import Any

from django.conf import settings
from django.db import transaction
from django.utils import timezone

from portal.accounts.models import User
from portal.notices.kinds import Urgency, names_of
from portal.notices.models import Channel, Delivery, Notice
from portal.notices.sending import send_waiting

#: When the day's e-mail is made, on workdays and rest days alike.
SENT_AT = dt.time(8, 30)


def is_mailed(user: Any) -> bool:
    """Say whether there is e-mail for somebody: it goes to staff, where the city has a server for it."""
    return bool(user.is_staff and settings.EMAIL_LEAVES)


def make_digests(*, now: dt.datetime | None = None) -> int:
    """Make the day's e-mail for everybody of staff with something unread of before half past eight; return how many.

    Run it often: who has today's gets no other, and a morning that was missed is made up for when the clock runs again.
    """
    moment = now or timezone.now()
    local = timezone.localtime(moment, timezone.get_default_timezone())
    begins = dt.datetime.combine(local.date(), SENT_AT, tzinfo=local.tzinfo)
    if local < begins or not settings.EMAIL_LEAVES:
        return 0
    waiting = Notice.objects.to_mail(names_of(Urgency.DIGEST), begins).values("user_id")
    people = User.objects.filter(pk__in=waiting, is_staff=True, is_active=True).exclude(email="")
    keys = people.exclude(notice_preference__by_email=False).exclude(
        pk__in=Delivery.objects.filter(channel=Channel.EMAIL, digest_on=local.date()).values("user_id")
    )
    rows = [
        Delivery(user_id=key, channel=Channel.EMAIL, digest_on=local.date(), due_at=moment)
        for key in keys.values_list("pk", flat=True)
    ]
    if rows:
        with transaction.atomic():
            # Two clocks at the same moment make one.
            Delivery.objects.bulk_create(rows, ignore_conflicts=True)
            send_waiting.enqueue()
    return len(rows)
