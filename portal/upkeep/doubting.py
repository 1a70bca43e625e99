"""When several say within half an hour that a place is closed or sold out, the public is told so until it is checked.

Two count as several where they come from two people or two addresses: one phone that throws its cookie away does not.
It ends when the office answers, and two hours after the last word.
"""

import datetime as dt
from typing import Any

from django.core.cache import cache
from django.db import transaction
from django.utils import timezone

from portal.listings.doubts import Doubt
from portal.upkeep.models import Correction

ENOUGH = 2
WITHIN, LASTS = dt.timedelta(minutes=30), dt.timedelta(hours=2)
KINDS = (Correction.Kind.CLOSED, Correction.Kind.SOLD_OUT)
_KNOWN, _KNOWN_SECONDS = "corrections:doubted", 20


def weigh(case: Correction, now: dt.datetime) -> None:
    """Let the public know of a case that enough people speak of; call it in the transaction of a word, case locked."""
    if case.kind not in KINDS:
        return
    lately = case.reports.filter(made_at__gt=now - WITHIN).exclude(origin="")
    is_doubted = case.doubted_until is not None and case.doubted_until > now
    if is_doubted or lately.values("origin").distinct().count() >= ENOUGH:
        Correction.objects.filter(pk=case.pk).update(doubted_until=now + LASTS)
        transaction.on_commit(forget_known)


def forget_known() -> None:
    """Have the doubts read again by the next who asks."""
    cache.delete(_KNOWN)


def known() -> dict[int, Doubt]:
    """Return all doubts of the city by the listings' keys: one query, kept for a moment."""
    found = cache.get(_KNOWN)
    if found is None:
        now = timezone.now()
        rows = Correction.objects.open().filter(kind__in=KINDS, doubted_until__gt=now)
        names = ("listing_id", "kind", "report_count", "opened_at", "doubted_until")
        told: Any = rows.order_by("doubted_until").values_list(*names)
        found = {pk: Doubt(*what) for pk, *what in told}
        cache.set(_KNOWN, found, _KNOWN_SECONDS)
    return found
