"""Publish the status list."""

from datetime import datetime, timedelta

from django.conf import settings
from django.db import connection, transaction

from services.codes import status_list
from services.codes.indices import list_size
from services.codes.keyring import KeyRing
from services.codes.models import StatusIndex, StatusListIssue


@transaction.atomic
def publish(*, now: datetime) -> StatusListIssue:
    """Sign and keep a new issue with everything that was taken back. Raise KeyFault without a key for lists."""
    if connection.vendor == "postgresql":
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_advisory_xact_lock(hashtext('codes_statuslistissue'))")
    newest = StatusListIssue.objects.values("version", "size").first() or {"version": 0, "size": 0}
    revoked = list(StatusIndex.objects.revoked().spoken_of(now).values_list("index", flat=True))
    size = max(newest["size"], list_size())
    moment = int(now.timestamp())
    version = max(newest["version"] + 1, moment)
    address = f"{settings.PUBLIC_BASE_URL}/api/v1/status-list/"
    token = status_list.token(
        KeyRing.load(), indices=revoked, size=size, version=version, now=moment, address=address
    )
    return StatusListIssue.objects.create(
        version=version,
        made_at=now,
        expires_at=now + timedelta(seconds=status_list.LIFE),
        size=size,
        revoked_count=len(revoked),
        token=token,
    )
