"""What the server knows of a code at the moment it is shown: one statement, on the way of every pass."""

import datetime as dt
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.db import connection

from services.codes.models import Holder

_QUESTION = """
SELECT device.revoked_at, device.expires_at, api_key.revoked_at, api_key.expires_at, listing.document_hash,
  cred.digest, cred.revoked_at, cred.ends_at, cred.is_provisional, holder.id, holder.state,
  (SELECT MAX(seen.seen_at) FROM codes_seenproof AS seen
    WHERE seen.checkpoint_number = %s AND seen.pid = %s AND seen.step >= %s),
  EXISTS(SELECT 1 FROM codes_seenproof AS seen
    WHERE seen.checkpoint_number = %s AND seen.pid = %s AND seen.step = %s AND seen.challenge = %s),
  made.row_digest, made.device_id, made.verdict, made.assurance
FROM codes_device AS device
JOIN listings_listing AS listing ON listing.id = device.listing_id
LEFT JOIN partners_apikey AS api_key ON api_key.id = device.api_key_id
LEFT JOIN codes_credential AS cred ON cred.pid = %s
LEFT JOIN codes_holder AS holder ON holder.id = cred.holder_id
LEFT JOIN codes_pass AS made ON made.id = %s
WHERE device.id = %s
"""
#: What passed longer ago than this is no "already passed": its steps need not be looked at.
_STEPS_BACK = 30


@dataclass(frozen=True, slots=True)
class Made:
    """A pass that is in the log under the same number."""

    row_digest: str
    device_id: int | None
    verdict: str
    assurance: int


@dataclass(frozen=True, slots=True)
class CodeFacts:
    """The facts. `digest` is None for a credential that the server did not issue or no longer knows."""

    device_is_in_use: bool
    document_hash: str
    digest: str | None
    revoked_at: dt.datetime | None
    ends_at: dt.datetime | None
    provisional: bool
    holder_id: int | None
    holder_is_active: bool
    passed_at: dt.datetime | None
    is_seen: bool
    made: Made | None

    def is_revoked(self, _index: int) -> bool | None:
        """Say whether a credential was taken back or its holder suspended; None when it is not known."""
        if self.digest is None:
            return None
        return self.revoked_at is not None or not self.holder_is_active


def facts_of(
    *, device_id: int, number: int, pid: str, step: int, challenge: int, pass_id: UUID, now: dt.datetime
) -> CodeFacts | None:
    """Read the facts about one presentation at one checkpoint; None when there is no such device."""
    with connection.cursor() as cursor:
        pass_key: Any = pass_id if connection.vendor == "postgresql" else pass_id.hex
        cursor.execute(
            _QUESTION,
            [number, pid, step - _STEPS_BACK, number, pid, step, challenge, pid, pass_key, device_id],
        )
        row = cursor.fetchone()
    if row is None:
        return None
    (gone, ends, key_gone, key_ends, document, digest, revoked, cred_ends, provisional, holder, state) = row[
        :11
    ]
    passed_at, is_seen, *made = row[11:]
    gone, ends, key_gone, key_ends, revoked, cred_ends, passed_at = (
        _moment(value) for value in (gone, ends, key_gone, key_ends, revoked, cred_ends, passed_at)
    )
    in_use = gone is None and ends is not None and ends > now
    key_in_use = key_gone is None and (key_ends is None or key_ends > now)
    return CodeFacts(
        device_is_in_use=in_use and key_in_use,
        document_hash=document,
        digest=digest,
        revoked_at=revoked,
        ends_at=cred_ends,
        provisional=bool(provisional),
        holder_id=holder,
        holder_is_active=state == Holder.State.ACTIVE,
        passed_at=passed_at,
        is_seen=bool(is_seen),
        made=Made(*made) if made[0] is not None else None,
    )


def _moment(value: Any) -> dt.datetime | None:
    """Return a moment as PostgreSQL gives it, or as SQLite keeps it: in UTC without saying so, as text in MAX()."""
    if value is None:
        return None
    found = dt.datetime.fromisoformat(value) if isinstance(value, str) else value
    return found if found.tzinfo else found.replace(tzinfo=dt.UTC)
