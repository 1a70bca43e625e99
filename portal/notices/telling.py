"""Telling people: one call, in the transaction of what they are told about."""

import datetime as dt
from typing import Any

from django.utils import timezone

from portal.notices.kinds import kind_of
from portal.notices.models import Notice


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

    `key` names what it is about, `params` fill the kind's sentence, `url` is a path of the portal, `shown_from` a
    moment before which nobody reads it. Raises KeyError for an unknown kind.
    """
    kind_of(kind)
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
    return made if is_new else None
