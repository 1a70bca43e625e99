"""The courier's own record of having come in by a place code: a claim, of assurance 0, that counts for nobody else."""

import datetime as dt
import hashlib
import uuid
from typing import Any

from django.core.cache import cache
from django.db import IntegrityError, transaction
from django.utils.translation import gettext as _

from services.codes import retention, xg1
from services.codes.keyring import KeyRing
from services.codes.minute_words import english, word_at
from services.codes.models import Checkpoint, Credential, Pass
from services.codes.placing import NoSuchPlace, find

#: How late a claim that waited for a signal may come, and how far ahead a phone's clock may be.
OLDEST, AHEAD = dt.timedelta(days=10), dt.timedelta(minutes=10)
#: How far the time in a claim's id may be from the claim's own: the log is kept by months of it.
APART_MS = 600_000
#: More than a courier goes through in an hour; the log cannot be emptied of what a script writes.
CLAIMS_PER_HOUR = 30


class Refused(Exception):
    """The claim is not kept; the sentence says what to do."""

    def __init__(self, code: str, say: str, status: int = 400) -> None:
        super().__init__(say)
        self.code, self.status = code, status


def claim(*, body: dict[str, Any], now: dt.datetime) -> dict[str, Any]:
    """Keep one claim; return {"kept", "word", "word_en", "word_ends_ms"}.

    `body` is {id: UUIDv7, place: text of the place code, text: a gate-bound code, at_ms}. The same id twice is kept
    once. The word is told only to who shows a code that is good now. Raises Refused.
    """
    at = _moment_of(body.get("at_ms"), now)
    key = _id_of(body.get("id"), body["at_ms"])
    try:
        checkpoint = find(str(body.get("place", "")), now=now.timestamp()).checkpoint
    except NoSuchPlace as error:
        raise Refused(
            error.reason, _("This place code is not in use. Look for another, or ask the guard.")
        ) from error
    shown = _shown(str(body.get("text", "")), checkpoint, at)
    _pace(shown.credential.pid, now)
    _keep(key, checkpoint, shown, at, now)
    is_now = abs(now - at) < dt.timedelta(minutes=1)
    minute = int(now.timestamp() // 60)
    word = word_at(checkpoint.number, minute) if is_now else None
    return {
        "kept": True,
        "word": word,
        "word_en": english(word) if word else None,
        "word_ends_ms": (minute + 1) * 60_000 if is_now else None,
    }


def _id_of(value: Any, at_ms: int) -> uuid.UUID:
    """Return the UUIDv7 of a claim, made at the claim's own time."""
    try:
        key = uuid.UUID(str(value))
    except ValueError:
        key = uuid.UUID(int=0)
    if key.version != 7 or abs((key.int >> 80) - at_ms) > APART_MS:
        raise Refused("bad_request", _("This could not be read. Reload the page and try again."))
    return key


def _moment_of(value: Any, now: dt.datetime) -> dt.datetime:
    if not isinstance(value, int) or not 0 < value < 1 << 45:
        raise Refused("bad_request", _("This could not be read. Reload the page and try again."))
    at = dt.datetime.fromtimestamp(value / 1000, dt.UTC)
    if not now - OLDEST < at < now + AHEAD:
        raise Refused("bad_time", _("The clock of this phone is wrong. Set it by the network and try again."))
    return at


def _shown(text: str, checkpoint: Checkpoint, at: dt.datetime) -> xg1.Presentation:
    """Return the presentation of a code that was good at the gate at that moment; raise Refused for any other."""
    not_believed = Refused(
        "not_believed", _("This code is not valid here. Open “My code” and try again."), 422
    )
    try:
        presentation = xg1.decode(text)
    except xg1.BadCode as error:
        raise not_believed from error
    row = Credential.objects.filter(pid=presentation.credential.pid).only("revoked_at", "digest").first()
    if row is None or row.digest != presentation.credential.digest.hex():
        raise not_believed
    revoked = row.revoked_at is not None and row.revoked_at <= at
    asking = xg1.Asking(now=at.timestamp(), gate=checkpoint.number, online=True, list_age_s=0, scanned=False)
    keys = KeyRing.load().code_keys()
    outcome = xg1.verify(
        presentation, keys=keys, status=lambda _index: revoked, asking=asking, seen=lambda *_code: False
    )
    if not outcome.verdict.passes or presentation.gate != checkpoint.number:
        raise not_believed
    return presentation


def _pace(pid: str, now: dt.datetime) -> None:
    """Raise Refused when a code has written more claims than a person can mean."""
    name = f"code-claims:{pid}:{int(now.timestamp()) // 3600}"
    if cache.count(name, 3700) > CLAIMS_PER_HOUR:  # type: ignore[attr-defined]
        raise Refused("rate_limited", _("That was too often. Try again in an hour."), 429)


def _keep(
    key: uuid.UUID, checkpoint: Checkpoint, shown: xg1.Presentation, at: dt.datetime, now: dt.datetime
) -> None:
    """Write the pass once; another claim under the same id is refused."""
    body = f"{key} {checkpoint.number} {shown.body_digest.hex()} {at.timestamp():.3f}"
    row_digest = hashlib.sha256(body.encode()).hexdigest()
    kept = Pass(
        id=key,
        listing_id=checkpoint.listing_id,
        checkpoint_number=checkpoint.number,
        checkpoint_label=checkpoint.name,
        method=Pass.Method.CLAIM,
        pid=shown.credential.pid,
        body_digest=shown.body_digest.hex(),
        step=shown.step,
        bound_gate=shown.gate,
        challenge=None if shown.challenge == xg1.NO_CHALLENGE else shown.challenge,
        scanned_at=at,
        received_at=now,
        made_offline=abs(now - at) > dt.timedelta(minutes=1),
        verdict=xg1.Verdict.OK,
        assurance=0,
        row_digest=row_digest,
        retention_until=now + retention.PASS,
    )
    try:
        with transaction.atomic():
            kept.save(force_insert=True)
    except IntegrityError as error:
        if Pass.objects.filter(pk=key, row_digest=row_digest).exists():
            return
        raise Refused("conflict", _("This record exists already with other contents."), 409) from error
