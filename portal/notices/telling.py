"""Telling people: one call, in the transaction of what they are told about."""

import datetime as dt
from typing import Any

from django.db import transaction
from django.utils import timezone

from portal.notices.kinds import Urgency, kind_of
from portal.notices.models import Notice
from portal.notices.sending import queue_text


@transaction.atomic
def tell(
    *,
    user: Any,
    kind: str,
    key: str,
    params: dict[str, Any] | None = None,
    url: str = "",
    post: Any = None,
    shown_from: dt.datetime | None = None,
) -> Notice | None:
    """Tell a person something once; return the notice, None when they were told before.

    `key` names what it is about, `params` fill the kind's sentence and name no third person and no number, `url` is a
    path of the portal, `shown_from` a moment before which nobody reads it. What cannot wait leaves by text message
    too, at once or after quiet hours; what may wait stands in the next day's e-mail to staff (`digests`). What is read
    before it leaves does not leave. Raises KeyError for an unknown kind.
    """
    is_urgent = kind_of(kind).urgency is Urgency.NOW
    made, is_new = Notice.objects.get_or_create(
        user_id=user.pk,
        kind=kind,
        key=key,
        defaults={
            "params": params or {},
            "url": url,
            "post_id": post.pk if post else None,
            "shown_from": shown_from or timezone.now(),
        },
    )
    if is_new and is_urgent:
        queue_text(notice=made, user=user)
    return made if is_new else None


@transaction.atomic
def put_off(*, user_id: int, kind: str, key: str, until: dt.datetime) -> int:
    """Let nobody read a notice before a later moment; return how many that were. Nothing that was read is put off."""
    waiting = Notice.objects.unread().filter(user_id=user_id, kind=kind, key=key, shown_from__lt=until)
    return waiting.update(shown_from=until)


@transaction.atomic
def withdraw(*, user_id: int, kind: str, key: str = "") -> int:
    """Take a notice back that says nothing true any more, and what of it has not left; return how many.

    Without a key all of the kind go.
    """
    rows = Notice.objects.filter(user_id=user_id, kind=kind)
    _count, by_model = (rows.filter(key=key) if key else rows).delete()
    return by_model.get(Notice._meta.label, 0)
