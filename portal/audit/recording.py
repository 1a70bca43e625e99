"""Recording what was done: one call, in the transaction of the deed."""

from typing import Any

from django.db import models
from django.utils import timezone

from portal.audit.models import EVENTS_KEPT, ORIGINS_KEPT, PRIVATE_KEPT, Event, Origin
from portal.running.requests import origin_of_request, request_id


def here(*, is_private: bool = False) -> str:
    """Return the number of the request that is being answered and keep from where it came; "" outside of one.

    Safe to call as often as one likes, and in a transaction that is rolled back: the row is made where it is missing.
    """
    number = request_id()
    if number:
        address, agent = origin_of_request()
        until = timezone.now() + (PRIVATE_KEPT if is_private else ORIGINS_KEPT)
        origin = Origin(request_id=number, address=address, agent=agent, kept_until=until)
        Origin.objects.bulk_create([origin], ignore_conflicts=True)
    return number


def area_of(row: models.Model | None) -> str:
    """Return the code of the area that a row lies in: its own, else that of its listing; "" for the city's matters."""
    for owner in (row, getattr(row, "listing", None)):
        for name in ("area", "area_code"):
            code = getattr(owner, name, None)
            if isinstance(code, str):
                return code[:12]
    return ""


def record(
    action: str,
    *,
    by: Any,
    about: models.Model | None = None,
    area_code: str | None = None,
    before: dict[str, Any] | None = None,
    after: dict[str, Any] | None = None,
    note: str = "",
    label: str = "",
    is_private: bool = False,
) -> Event:
    """Keep that somebody did something to a row; `by` is a user or None, `before` and `after` only what changed.

    Without `area_code` the row's own decides which office reads it. Call it in the transaction of the deed, so that
    neither is kept without the other.
    """
    known = by is not None and getattr(by, "pk", None) is not None
    post = getattr(by, "acting_post", None)
    return Event.objects.create(
        action=action,
        actor_id=by.pk if known else None,
        actor_label=str(by)[:80] if known else "",
        post_label=str(post)[:120] if post else "",
        area_code=area_of(about) if area_code is None else area_code,
        object_kind=about._meta.label_lower if about is not None else "",
        object_id=str(about.pk)[:40] if about is not None and about.pk is not None else "",
        object_label=(label or (str(about) if about is not None else ""))[:160],
        before=before or {},
        after=after or {},
        note=note[:200],
        is_private=is_private,
        kept_until=timezone.now() + (PRIVATE_KEPT if is_private else EVENTS_KEPT),
        request_id=here(is_private=is_private),
    )
