"""Take one code that a turnstile read: judged by the server, logged in one statement, opened once.

This is the busiest address of the portal, hence by hand what an ORM would do more slowly: one statement reads the
facts, one writes proof and pass together, and no model is built in between.
"""

import datetime as dt
from dataclasses import dataclass
from hashlib import sha256
from typing import Any
from uuid import UUID

from portal.running.databases import ask_first
from services.codes import challenging, contradicting, pass_log, retention
from services.codes.admitting import Place, judge
from services.codes.code_facts import CodeFacts, Made, facts_of
from services.codes.models import Pass
from services.codes.xg1 import NO_CHALLENGE, NO_GATE, BadCode, Outcome, Presentation, Verdict, decode

#: What leaves no row: a code that is none of ours, one that asks for something first, a second look at the same phone.
NOT_KEPT = frozenset(
    {
        Verdict.BAD_FORMAT,
        Verdict.UNSUPPORTED_VERSION,
        Verdict.UNKNOWN_ISSUER,
        Verdict.CHALLENGE_REQUIRED,
        Verdict.OK_ALREADY_PASSED,
    }
)
_ASK_AGAIN = frozenset({Verdict.CHALLENGE_REQUIRED, Verdict.CHALLENGE_MISMATCH})


class Unregistered(Exception):
    """The device or its key was revoked or is over."""


class OtherBody(Exception):
    """A pass of this number is in the log and says something else, or belongs to another device."""


@dataclass(frozen=True, slots=True)
class Scan:
    """What a turnstile read. `challenge` is what it says it had asked for; `id` is a UUIDv7 of its own."""

    id: UUID
    text: str
    direction: str
    challenge: int | None = None
    sequence: int | None = None


@dataclass(frozen=True, slots=True)
class Taken:
    """The answer. `challenge` are digits to show now; `outcome` is created, duplicate, or refused without a row."""

    outcome: str
    verdict: Verdict
    reasons: tuple[Verdict, ...] = ()
    assurance: int | None = None
    challenge: str | None = None
    platform: int | None = None
    work_type: str | None = None
    provisional: bool | None = None

    @property
    def opens(self) -> bool:
        """Say whether the gate opens; a repeated question about the same pass is answered alike."""
        return self.verdict.passes and self.verdict is not Verdict.OK_ALREADY_PASSED


def take_one(*, place: Place, scan: Scan, now: dt.datetime) -> Taken:
    """Judge a code, log it and return the answer; of two that show the same proof at once, one opens.

    Raise Unregistered or OtherBody.
    """
    try:
        shown = decode(scan.text)
    except BadCode as fault:
        return Taken("refused", fault.verdict)
    taken = _try(place, scan, shown, now)
    # Lost a race for the number or the proof: what the other one wrote is among the facts now.
    return taken or _try(place, scan, shown, now) or Taken("refused", Verdict.REPLAYED)


def _try(place: Place, scan: Scan, shown: Presentation, now: dt.datetime) -> Taken | None:
    """Return the answer, None when another request wrote first."""
    pid = shown.credential.pid
    known = ask_first(
        lambda: facts_of(
            device_id=place.device_id,
            number=place.number,
            pid=pid,
            step=shown.step,
            challenge=shown.challenge,
            pass_id=scan.id,
            now=now,
        )
    )
    if known is None or not known.device_is_in_use:
        raise Unregistered
    digest = _digest(place, scan, shown)
    if known.made is not None:
        return _repeated(known.made, place, digest, shown)
    is_answer = shown.challenge != NO_CHALLENGE
    asked, is_locked = (
        challenging.opened(place.number, pid) if is_answer or not place.attended else (None, False)
    )
    outcome = judge(
        shown,
        place,
        known,
        now,
        direction=scan.direction,
        challenge=challenging.expected(asked, scan.challenge) if is_answer else asked,
        is_locked=is_locked,
    )
    taken = _taken(outcome, shown, known)
    if outcome.verdict not in NOT_KEPT and not _write(place, scan, shown, outcome, digest, now):
        return None
    return _follow(taken, outcome, place, scan, shown, now)


def _follow(
    taken: Taken, outcome: Outcome, place: Place, scan: Scan, shown: Presentation, now: dt.datetime
) -> Taken:
    """Use up the challenge that was answered, ask another, and look for the same proof elsewhere."""
    pid = shown.credential.pid
    verdict = outcome.verdict
    is_answer = shown.challenge != NO_CHALLENGE
    if is_answer and (outcome.opens or verdict is Verdict.CHALLENGE_MISMATCH):
        challenging.close(place.number, pid, verdict)
    if verdict in _ASK_AGAIN and not challenging.is_locked(pid):
        digits = challenging.ask(place.number, pid, attended=place.attended)
        return _with_challenge(taken, digits)
    # Only a code that is bound to no gate, and answered nothing, can be shown at two.
    if outcome.opens and shown.gate == NO_GATE and not is_answer:
        contradicting.find(pass_ids={scan.id}, now=now)
    return taken


def _with_challenge(taken: Taken, digits: str) -> Taken:
    return Taken(taken.outcome, taken.verdict, taken.reasons, challenge=digits)


def _taken(outcome: Outcome, shown: Presentation, known: CodeFacts) -> Taken:
    """Return what may be said: platform and work only when both signatures hold, and no name at all."""
    holder: Any = shown.credential
    proven = outcome.presentation is not None
    return Taken(
        "refused" if outcome.verdict in NOT_KEPT else "created",
        outcome.verdict,
        outcome.reasons,
        outcome.assurance,
        platform=holder.platform if proven else None,
        work_type=holder.work_type if proven else None,
        provisional=known.provisional if proven else None,
    )


def _repeated(made: Made, place: Place, digest: str, shown: Presentation) -> Taken:
    """Return what was answered before. Raise OtherBody when the number stands for another scan."""
    if made.device_id != place.device_id or made.row_digest != digest:
        raise OtherBody
    holder: Any = shown.credential
    return Taken(
        "duplicate",
        Verdict(made.verdict),
        assurance=made.assurance,
        platform=holder.platform,
        work_type=holder.work_type,
    )


def _digest(place: Place, scan: Scan, shown: Presentation) -> str:
    """Return the digest of what was asked; the signature's bytes are left out, since two can say the same."""
    said = f"{scan.id} {place.number} {scan.direction} ".encode()
    return sha256(said + shown.signed_body).hexdigest()


def _write(
    place: Place, scan: Scan, shown: Presentation, outcome: Outcome, digest: str, now: dt.datetime
) -> bool:
    """Write pass and proof, and for what opens the seen proof; return False when one of them was there already."""
    proven = outcome.presentation is not None
    row = {
        **dict.fromkeys(("shift_id", "list_version", "annuls")),
        **dict.fromkeys(("guard_label", "forced_by", "forced_why"), ""),
        "id": scan.id,
        "listing_id": place.listing_id,
        "checkpoint_number": place.number,
        "checkpoint_label": place.name,
        "device_id": place.device_id,
        "sequence": scan.sequence,
        "direction": scan.direction,
        "method": Pass.Method.SCAN.value,
        # Whoever held up a forged code did not become the one whose pid it carried.
        "pid": shown.credential.pid if proven else "",
        "body_digest": shown.body_digest.hex() if proven else "",
        "step": shown.step if proven else None,
        "bound_gate": (shown.gate or None) if proven else None,
        "challenge": None if shown.challenge == NO_CHALLENGE else shown.challenge,
        "scanned_at": now,
        "clock_offset_ms": 0,
        "received_at": now,
        "made_offline": False,
        "verdict": outcome.verdict.value,
        "reasons": [reason.value for reason in outcome.reasons],
        "assurance": outcome.assurance or 0,
        "row_digest": digest,
        "retention_until": now + retention.PASS,
    }
    proof = pass_log.proof_of(scan.id, shown, now) if proven else None
    seen = pass_log.seen_of(place.number, shown, now) if outcome.opens else None
    return pass_log.insert_together(row, proof, seen)
