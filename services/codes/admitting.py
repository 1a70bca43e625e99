"""Judge a code that is shown now, online: the protocol's rules with the server's own facts in place of a list."""

import datetime as dt
from dataclasses import dataclass
from functools import lru_cache

from services.codes import gate_terms
from services.codes.code_facts import CodeFacts, facts_of
from services.codes.keyring import KeyRing, Purpose
from services.codes.models import Checkpoint
from services.codes.pass_rows import Row
from services.codes.proving import Facts, Judged, judged
from services.codes.xg1 import (
    Asking,
    BadCode,
    Credential,
    Issued,
    Key,
    Outcome,
    Presentation,
    Verdict,
    compress,
    decode,
    verify,
)

MOST_REMEMBERED = 50_000


@dataclass(frozen=True, slots=True)
class Place:
    """Where the code is shown, and by which device it is read."""

    device_id: int
    listing_id: int
    number: int
    name: str
    kind: str
    attended: bool


class _Remembered:
    """Issuer signatures that held, up to a number; forgotten all at once, since the next day's are others."""

    def __init__(self) -> None:
        self._held: set[bytes] = set()

    def __contains__(self, proof: object, /) -> bool:
        return proof in self._held

    def add(self, proof: bytes, /) -> None:
        if len(self._held) >= MOST_REMEMBERED:
            self._held = set()
        self._held.add(proof)


_issuer_signatures = _Remembered()


def issuer_keys(now: float) -> dict[int, Key]:
    """Return the issuer's published keys by kid as the protocol reads them, as they were within this second."""
    return _keys(_ring(int(now)), int(now) // 60)


@lru_cache(maxsize=2)
def _ring(second: int) -> KeyRing:
    """Return the set of keys; its file is looked at once a second."""
    return KeyRing.load()


@lru_cache(maxsize=4)
def _keys(ring: KeyRing, minute: int) -> dict[int, Key]:
    found = ring.public_keys(minute * 60, Purpose.CREDENTIAL)
    return {
        kid: Key(kid, compress(public.key), public.nbf, public.exp, public.purpose)
        for kid, public in found.items()
    }


def judge(
    shown: Presentation,
    place: Place,
    known: CodeFacts,
    now: dt.datetime,
    *,
    direction: str,
    challenge: int | None = None,
    is_locked: bool = False,
) -> Outcome:
    """Return what a code is worth here and now by what the server knows.

    `challenge` is the number that is open for this pid, `is_locked` whether it guessed wrong too often.
    """
    moment = now.timestamp()
    return verify(
        shown,
        keys=issuer_keys(moment),
        status=known.is_revoked,
        asking=Asking(
            now=moment,
            gate=place.number,
            attended=place.attended,
            online=True,
            list_age_s=0,
            challenge=challenge,
        ),
        seen=lambda *_proof: known.is_seen,
        last_pass=lambda _pid: known.passed_at.timestamp() if known.passed_at else None,
        rule=lambda holder: _objection(holder, place, known, now, direction, is_locked=is_locked),
        issuer_cache=_issuer_signatures,
    )


def _objection(
    holder: Credential | Issued,
    place: Place,
    known: CodeFacts,
    now: dt.datetime,
    direction: str,
    *,
    is_locked: bool,
) -> Verdict | None:
    """Return what the server's rows and the gate's terms have against a holder whose signatures hold."""
    # A pid is index, time and life: the digest says that it is this very credential.
    if known.digest != holder.digest.hex():
        return Verdict.HOLDER_UNKNOWN
    if known.ends_at is not None and known.ends_at <= now:
        return Verdict.CREDENTIAL_EXPIRED
    if is_locked:
        return Verdict.RATE_LIMITED
    if direction != "in":
        return None
    return _terms(place.listing_id, known.document_hash, place.kind, place.name, int(now.timestamp()) // 60)


@lru_cache(maxsize=4096)
def _terms(listing_id: int, document_hash: str, kind: str, name: str, minute: int) -> Verdict | None:
    """Return what a checkpoint's terms say in a minute; another document is another question."""
    moment = dt.datetime.fromtimestamp(minute * 60, dt.UTC)
    return gate_terms.objection(gate_terms.house_of(listing_id), kind, name, moment)


@dataclass(slots=True)
class Online:
    """Judge the rows that come with a code's whole text, and keep what may be shown of each for a moment.

    `shown` maps a row's id to the outcome and the facts behind it.
    """

    device_id: int
    listing_id: int
    now: dt.datetime
    shown: dict[str, tuple[Outcome, CodeFacts]]

    def __call__(self, row: Row, facts: Facts) -> Judged:
        """Return what the server makes of a row that was scanned a moment ago."""
        checkpoint = facts.checkpoints[row.checkpoint]
        try:
            code = decode(row.text or "")
        except BadCode as fault:
            return judged(row, Outcome(fault.verdict))
        if row.pid not in ("", code.credential.pid) or (row.proof or code.proof)[:9] != code.proof[:9]:
            return judged(row, Outcome(Verdict.BAD_DEVICE_SIGNATURE))
        known = facts_of(
            device_id=self.device_id,
            number=row.checkpoint,
            pid=code.credential.pid,
            step=code.step,
            challenge=code.challenge,
            pass_id=row.id,
            now=self.now,
        )
        if known is None or not checkpoint.is_active:
            return judged(row, Outcome(Verdict.DEVICE_UNREGISTERED))
        place = place_of(self.device_id, checkpoint)
        outcome = judge(code, place, known, self.now, direction=row.direction, challenge=row.challenge)
        self.shown[str(row.id)] = outcome, known
        return judged(row, outcome)


def place_of(device_id: int, checkpoint: Checkpoint) -> Place:
    """Return a checkpoint as codes are judged at it."""
    return Place(
        device_id,
        checkpoint.listing_id,
        checkpoint.number,
        checkpoint.name,
        checkpoint.kind,
        checkpoint.is_attended,
    )
