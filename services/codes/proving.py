"""Judge uploaded rows once more, each by its proof against the credential that the server itself issued."""

import datetime as dt
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from services.codes import shifts
from services.codes.models import Checkpoint, Credential, Device, Shift, StatusListIssue
from services.codes.pass_rows import Row
from services.codes.status_list import LIFE, TTL
from services.codes.xg1 import Asking, Group, Issued, Outcome, Presentation, Verdict, verify_proof

#: UUIDs say when a pass was made; older ones have no partition to go to, later ones come from a wrong clock.
OLDEST = dt.timedelta(days=10)
AHEAD = dt.timedelta(minutes=10)
#: What a device refuses for a reason that the server cannot see: an earlier use, digits, a lock, another gate.
SEEN_AT_THE_GATE = frozenset(
    {
        Verdict.REPLAYED,
        Verdict.RATE_LIMITED,
        Verdict.CHALLENGE_REQUIRED,
        Verdict.CHALLENGE_MISMATCH,
        Verdict.WRONG_GATE,
    }
)


@dataclass(frozen=True, slots=True)
class Known:
    """What the server kept of a credential."""

    pid: str
    issued: Issued
    ends_at: dt.datetime
    revoked_at: dt.datetime | None


@dataclass(frozen=True, slots=True)
class Facts:
    """What the server knows of the rows of one batch: read once, before any of them is judged."""

    credentials: Mapping[str, Known]
    checkpoints: Mapping[int, Checkpoint]
    shifts: Mapping[int, Shift]
    lists: Mapping[int, dt.datetime]


@dataclass(frozen=True, slots=True)
class Judged:
    """What the server makes of a row.

    `quarantine` is why it must not enter the log. `verdict` is the server's own, None where there is nothing to judge
    by. `proven` says that the courier's device signed.
    """

    row: Row
    quarantine: str = ""
    verdict: Verdict | None = None
    reasons: tuple[Verdict, ...] = ()
    assurance: int = 0
    presentation: Presentation | None = None

    @property
    def proven(self) -> bool:
        """Say whether the row holds a proof that holds."""
        return self.presentation is not None

    @property
    def differs(self) -> bool:
        """Say whether the server would have decided otherwise than the device did."""
        return self.verdict is not None and self.verdict.passes != self.row.verdict.passes

    @property
    def final(self) -> Verdict:
        """Return the verdict that holds from now on."""
        return self.verdict if self.differs and self.verdict is not None else self.row.verdict


def gather(device: Device, rows: Iterable[Row]) -> Facts:
    """Read what the rows of a batch refer to: four queries, however many rows there are."""
    rows = list(rows)
    pids = {row.pid for row in rows if row.proof is not None and row.pid}
    versions = {row.list_version for row in rows if row.list_version}
    numbers = {row.shift for row in rows if row.shift}
    return Facts(
        credentials=credentials_of(pids),
        checkpoints={place.number: place for place in shifts.checkpoints_of(device, with_former=True)},
        shifts={found.pk: found for found in Shift.objects.filter(pk__in=numbers, device=device)}
        if numbers
        else {},
        lists=dict(
            StatusListIssue.objects.filter(version__in=versions).values_list("version", "made_at")
            if versions
            else ()
        ),
    )


def credentials_of(pids: Iterable[str]) -> dict[str, Known]:
    """Return what is kept of credentials by pid."""
    found = Credential.objects.filter(pid__in=pids).values_list(
        "pid", "digest", "public_key", "ends_at", "revoked_at"
    )
    return {
        pid: Known(pid, issued(pid, digest, public_key), ends_at, revoked_at)
        for pid, digest, public_key, ends_at, revoked_at in found
    }


def issued(pid: str, digest: str, public_key: str) -> Issued:
    """Return a kept credential as the protocol checks proofs by; all three are hex digits."""
    return Issued(
        index=int(pid[:6], 16),
        issued_at=int(pid[6:14], 16),
        life_hours=int(pid[14:], 16),
        digest=bytes.fromhex(digest),
        public_key=bytes.fromhex(public_key),
    )


def fault_of(row: Row, facts: Facts, now: dt.datetime) -> str:
    """Return why a row cannot be of this device and this time, "" when it can."""
    if row.made_at_ms < (now - OLDEST).timestamp() * 1000:
        return "too_old"
    # Asked before it is made a moment: a number may name a year beyond all calendars.
    if row.made_at_ms > (now + AHEAD).timestamp() * 1000:
        return "too_new"
    made_at = dt.datetime.fromtimestamp(row.made_at_ms / 1000, dt.UTC)
    # Both come from the same clock at the same tap.
    if abs(row.scanned_at - made_at) > AHEAD and abs(row.true_time - made_at) > AHEAD:
        return "bad_time"
    if row.checkpoint not in facts.checkpoints:
        return "other_checkpoint"
    if row.shift is not None:
        shift = facts.shifts.get(row.shift)
        if shift is None:
            return "shift_unknown"
        if not shifts.was_running(shift, row.true_time):
            return "shift_over"
    return ""


def judge_proof(row: Row, facts: Facts) -> Judged:
    """Return what the server makes of a row by its proof."""
    return Judged(row) if row.proof is None else judged(row, _outcome(row, row.proof, facts))


def judged(row: Row, outcome: Outcome) -> Judged:
    """Return a row with what the protocol says of it. Only what let somebody in is quarantined for a bad proof.

    A refusal that the device logged is right to stand there without a person: whoever held up a forged code did not
    become the one whose pid it carried.
    """
    if outcome.presentation is None:
        is_let_in = row.verdict.passes or row.verdict.group is Group.LATER
        return Judged(row, outcome.verdict.value if is_let_in else "", outcome.verdict)
    if outcome.verdict.passes and _stands(row):
        return Judged(row, presentation=outcome.presentation)
    return Judged(row, "", outcome.verdict, outcome.reasons, outcome.assurance or 0, outcome.presentation)


def _stands(row: Row) -> bool:
    """Say whether a device's refusal stands although the code is good: nobody went in.

    Copies, wrong answers and its own rules only the device saw; for the rest the server's word comes too late, unless
    the code is being shown at this moment.
    """
    return not row.verdict.passes and (row.text is None or row.verdict in SEEN_AT_THE_GATE)


def _outcome(row: Row, proof: bytes, facts: Facts) -> Outcome:
    """Return what a proof was worth at the gate when it was scanned, by what the server knows of that time now."""
    known = facts.credentials.get(row.pid)
    if known is None:
        return Outcome(Verdict.HOLDER_UNKNOWN)
    if row.credential_digest and row.credential_digest != known.issued.digest.hex():
        return Outcome(Verdict.BAD_DEVICE_SIGNATURE)
    moment = row.true_time
    listed_at = facts.lists.get(row.list_version or 0)
    age = None if listed_at is None else (moment - listed_at).total_seconds()
    outcome = verify_proof(
        proof,
        known.issued,
        status=lambda _index: known.revoked_at is not None and known.revoked_at <= moment,
        asking=Asking(
            now=moment.timestamp(),
            gate=row.checkpoint,
            attended=facts.checkpoints[row.checkpoint].is_attended,
            online=not row.made_offline,
            list_age_s=age,
            list_ttl_s=TTL,
            list_is_expired=age is not None and age > LIFE,
            challenge=row.challenge,
        ),
        seen=lambda *_proof: False,
    )
    # "Online" is the device's word here: the server was not asked, so this is worth no more than offline.
    assurance = outcome.assurance and min(outcome.assurance, 2)
    return Outcome(outcome.verdict, outcome.presentation, outcome.reasons, assurance)
