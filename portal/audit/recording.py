"""Recording what was done: one call, in the transaction of the deed."""

from typing import Any

from django.db import models

from portal.audit.models import Event, Origin
from portal.running.requests import origin_of_request, request_id


def here() -> str:
    """Return the number of the request that is being answered and keep from where it came; "" outside of one.

    Safe to call as often as one likes, and in a transaction that is rolled back: the row is made where it is missing.
    """
    number = request_id()
    if number:
        address, agent = origin_of_request()
        Origin.objects.bulk_create(
            [Origin(request_id=number, address=address, agent=agent)], ignore_conflicts=True
        )
    return number


def record(
    action: str,
    *,
    by: Any,
    about: models.Model | None = None,
    area_code: str = "",
    before: dict[str, Any] | None = None,
    after: dict[str, Any] | None = None,
    note: str = "",
    label: str = "",
) -> Event:
    """Keep that somebody did something to a row; `by` is a user or None, `before` and `after` only what changed.

    Call it in the transaction of the deed, so that neither is kept without the other.
    """
    post = getattr(by, "acting_post", None)
    return Event.objects.create(
        action=action,
        actor_id=getattr(by, "pk", None),
        actor_label=str(by)[:80] if by is not None and getattr(by, "pk", None) else "",
        post_label=str(post)[:120] if post else "",
        area_code=area_code,
        object_kind=about._meta.label_lower if about is not None else "",
        object_id=str(about.pk) if about is not None and about.pk is not None else "",
        object_label=(label or (str(about) if about is not None else ""))[:160],
        before=before or {},
        after=after or {},
        note=note[:200],
        request_id=here(),
    )
