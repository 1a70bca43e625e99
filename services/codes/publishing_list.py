"""Publish the status list: what was taken back and may still be shown, signed, under a version that only rises."""

import datetime as dt
from functools import lru_cache
from typing import NamedTuple

from django.conf import settings
from django.db import connection, transaction

from services.codes import status_list
from services.codes.indices import list_size
from services.codes.keyring import KeyRing
from services.codes.models import StatusIndex, StatusListIssue

#: A list is made anew when it is older than this, though nothing was revoked: gates call one of 15 minutes stale.
RENEWED_AFTER = dt.timedelta(minutes=10)
#: Issues are kept this long after their end, to say how old a list was that a gate went by.
KEPT = dt.timedelta(days=10)


class Newest(NamedTuple):
    """An issue of the list; both its parts name it, since a restored database may count differently."""

    version: int
    made_at: dt.datetime


def address() -> str:
    """Return where the list is served; it is the subject of the signed token."""
    return f"{settings.PUBLIC_BASE_URL}/api/v1/status-list/"


@transaction.atomic
def publish(*, now: dt.datetime) -> StatusListIssue:
    """Sign and keep a new issue with everything revoked so far; call it in the transaction of a revocation.

    Whoever publishes meanwhile waits for that transaction, so a higher version never knows less. Raise KeyFault
    without a key that signs lists.
    """
    _lock()
    return _issue(now)


@transaction.atomic
def publish_if_old(*, now: dt.datetime) -> StatusListIssue:
    """Return the newest issue, a new one when it is older than ten minutes; of many callers one signs."""
    _lock()
    last = StatusListIssue.objects.first()
    return last if last is not None and _is_fresh(last.made_at, now) else _issue(now)


def newest(*, now: dt.datetime) -> Newest:
    """Return the newest issue, at most ten minutes old: one query, unless it has to be made."""
    found = StatusListIssue.objects.values_list("version", "made_at").first()
    if found is not None and _is_fresh(found[1], now):
        return Newest(*found)
    issue = publish_if_old(now=now)
    return Newest(issue.version, issue.made_at)


@lru_cache(maxsize=4)
def text_of(issue: Newest) -> str:
    """Return the signed text of an issue, read once for all who ask."""
    return StatusListIssue.objects.values_list("token", flat=True).get(version=issue.version)


def _is_fresh(made_at: dt.datetime, now: dt.datetime) -> bool:
    return abs(now - made_at) < RENEWED_AFTER


def _lock() -> None:
    """Let one transaction at a time publish; under SQLite a writing transaction is alone anyway."""
    if connection.vendor == "postgresql":
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_advisory_xact_lock(hashtext('codes_statuslistissue'))")


def _issue(now: dt.datetime) -> StatusListIssue:
    last = StatusListIssue.objects.values("version", "size").first() or {"version": 0, "size": 0}
    revoked = list(
        StatusIndex.objects.revoked().spoken_of(now).order_by("index").values_list("index", flat=True)
    )
    # It never shrinks: a gate that holds an older, larger list must not find an index beyond the end of a newer one.
    size = max(last["size"], list_size())
    moment = int(now.timestamp())
    # Seconds of the clock, so that versions rise above what gates hold even after a backup was restored.
    version = max(last["version"] + 1, moment)
    token = status_list.token(
        KeyRing.load(), indices=revoked, size=size, version=version, now=moment, address=address()
    )
    StatusListIssue.objects.filter(expires_at__lt=now - KEPT).delete()
    return StatusListIssue.objects.create(
        version=version,
        made_at=now,
        expires_at=now + dt.timedelta(seconds=status_list.LIFE),
        size=size,
        revoked_count=len(revoked),
        token=token,
    )
