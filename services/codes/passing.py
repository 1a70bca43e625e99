"""Take passes from verifying devices into the log: an answer for each row, nothing lost, nothing doubled.

Repeats are normal: a device sends a row until it has that row's answer. A row's UUID makes it one pass, however often
it comes and through however many processes at once; its digest tells a repeat from another row of the same number.
"""

import datetime as dt
import logging
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any
from uuid import UUID

from django.db import DatabaseError, connection

from services.codes import contradicting, pass_log, proving, retention
from services.codes.models import Amendment, Device, Pass, Quarantined
from services.codes.pass_rows import BadRow, Row, digest_of, kept, read
from services.codes.proving import Facts, Judged
from services.codes.recording import record

MOST_ROWS = 500
#: Judge a row that came with the code's whole text, which a device sends while it is online.
JudgeText = Callable[[Row, Facts], Judged]
logger = logging.getLogger(__name__)


class TooManyRows(ValueError):
    """A batch has more than 500 rows; nothing of it was taken."""


@dataclass(slots=True)
class Answer:
    """What became of one row: created, duplicate, amended, conflict or quarantined.

    `verdict` is the one that holds from now on; `reasons` are the findings beside it, or why the row was refused.
    """

    id: str
    outcome: str
    verdict: str | None = None
    assurance: int | None = None
    reasons: list[str] = field(default_factory=list)

    def document(self) -> dict[str, Any]:
        """Return the answer as it is sent."""
        return {
            "id": self.id,
            "outcome": self.outcome,
            "verdict": self.verdict,
            "assurance": self.assurance,
            "reasons": self.reasons,
        }


def take_batch(
    *,
    device: Device,
    rows: Sequence[Any],
    now: dt.datetime,
    judge_text: JudgeText = proving.judge_proof,
) -> list[Answer]:
    """Take up to 500 rows and return an answer for each, in their order. Raise TooManyRows.

    Proofs are checked before the transaction begins; it only writes. What the answers say is committed by then.
    """
    if len(rows) > MOST_ROWS:
        raise TooManyRows
    return _Batch(device, now, judge_text).take(rows)


class _Batch:
    """The rows of one call on their way into the log."""

    def __init__(self, device: Device, now: dt.datetime, judge_text: JudgeText) -> None:
        self.device, self.now, self.judge_text = device, now, judge_text
        self.refused: list[dict[str, Any]] = []

    def take(self, given: Sequence[Any]) -> list[Answer]:
        """Read, judge, write, and look at what contradicts."""
        answers: dict[int, Answer] = {}
        rows: dict[int, Row] = {}
        for position, one in enumerate(given):
            try:
                rows[position] = read(one)
            except BadRow as fault:
                answers[position] = self.refuse_unread(one, f"bad_{fault}")
        fresh = self.fresh(rows.values())
        facts = proving.gather(self.device, fresh)
        judged, new = self.store([self.judge(row, facts) for row in fresh], facts)
        said = {id(one.row): self.say(one) for one in judged if one.quarantine or one.row.id in new}
        answers |= {position: said[id(row)] for position, row in rows.items() if id(row) in said}
        answers |= self.repeats({at: row for at, row in rows.items() if at not in answers})
        pass_log.insert(Quarantined, self.refused)
        proven = {row.id for row in rows.values() if row.proof is not None or row.text is not None}
        found = contradicting.find(pass_ids=proven, now=self.now)
        for answer in answers.values():
            if answer.id in found and answer.outcome != "conflict":
                answer.outcome, answer.verdict, answer.assurance = "amended", found[answer.id].value, 0
        return [answers[position] for position in range(len(given))]

    def fresh(self, rows: Iterable[Row]) -> list[Row]:
        """Return the first row of each UUID that is not in the log."""
        firsts: dict[UUID, Row] = {}
        for row in rows:
            firsts.setdefault(row.id, row)
        there = set(Pass.objects.filter(pk__in=list(firsts)).values_list("pk", flat=True))
        return [row for pk, row in firsts.items() if pk not in there]

    def judge(self, row: Row, facts: Facts) -> Judged:
        """Return what the server makes of a row."""
        if fault := proving.fault_of(row, facts, self.now):
            return Judged(row, quarantine=fault)
        return proving.judge_proof(row, facts) if row.text is None else self.judge_text(row, facts)

    def store(self, judged: list[Judged], facts: Facts) -> tuple[list[Judged], set[UUID]]:
        """Write what is good and return the ids that were new.

        Should a row not be storable after all, each is written by itself, and that one is quarantined.
        """
        good = [one for one in judged if not one.quarantine]
        try:
            return judged, self.write(good, facts)
        except DatabaseError:
            if not connection.is_usable():
                raise
            logger.exception("%s passes are written one by one.", len(good))
        new: set[UUID] = set()
        unstorable: set[UUID] = set()
        for one in good:
            try:
                new |= self.write([one], facts)
            except DatabaseError:
                if not connection.is_usable():
                    raise
                unstorable.add(one.row.id)
        return [
            replace(one, quarantine="unstorable") if one.row.id in unstorable else one for one in judged
        ], new

    def write(self, judged: list[Judged], facts: Facts) -> set[UUID]:
        """Write rows, all of them or none."""
        return record(device=self.device, judged=judged, facts=facts, now=self.now) if judged else set()

    def say(self, one: Judged) -> Answer:
        """Return the answer for a row that was written now, or refused."""
        if one.quarantine:
            self.refuse(one.row, one.quarantine)
            return Answer(str(one.row.id), "quarantined", reasons=[one.quarantine])
        outcome = "amended" if one.differs else "created"
        reasons = [reason.value for reason in one.reasons]
        return Answer(str(one.row.id), outcome, one.final.value, one.assurance, reasons)

    def repeats(self, rows: Mapping[int, Row]) -> dict[int, Answer]:
        """Return the answers for rows whose UUID is in the log: the same row again, or another one."""
        if not rows:
            return {}
        names = ("row_digest", "device_id", "method", "verdict", "assurance")
        pks = {row.id for row in rows.values()}
        there = {pk: kept for pk, *kept in Pass.objects.filter(pk__in=pks).values_list("pk", *names)}
        amended = latest_verdicts(pks)
        found = {}
        for position, row in rows.items():
            # A row whose first copy in this batch was quarantined is in no log.
            digest, device_id, method, verdict, assurance = there.get(row.id, (None,) * 5)
            is_same = digest == row.digest or (method == row.method == Pass.Method.MANUAL_CODE)
            if device_id == self.device.pk and is_same:
                verdict, assurance = amended.get(row.id, (verdict, assurance))
                found[position] = Answer(str(row.id), "duplicate", verdict, assurance)
            else:
                self.refuse(row, "other_body")
                found[position] = Answer(str(row.id), "conflict", reasons=["other_body"])
        return found

    def refuse(self, row: Row, reason: str) -> None:
        """Put a row aside for people to look at."""
        self.refused.append(self.quarantined(str(row.id), row.digest, row.told, reason))

    def refuse_unread(self, given: Any, reason: str) -> Answer:
        """Put aside what is no row; it is named as it named itself."""
        told = kept(given)
        name = str(told.get("id") or "")[:64]
        self.refused.append(self.quarantined(name, digest_of(told), told, reason[:40]))
        return Answer(name, "quarantined", reasons=[reason])

    def quarantined(self, name: str, digest: str, told: dict[str, Any], reason: str) -> dict[str, Any]:
        """Return the row of `Quarantined`."""
        return {
            "device_id": self.device.pk,
            "listing_id": self.device.listing_id,
            "pass_id": name,
            "row_digest": digest,
            "row": told,
            "reason": reason,
            "received_at": self.now,
            "state": Quarantined.State.OPEN.value,
            "decided_by_label": "",
            "decided_at": None,
            "note": "",
            "retention_until": self.now + retention.QUARANTINE,
        }


def latest_verdicts(pks: Iterable[UUID]) -> dict[UUID, tuple[str, int]]:
    """Return the server's newest verdict and assurance of passes that it judged otherwise than their device."""
    rows = Amendment.objects.filter(
        pass_id__in=list(pks), kind__in=[Amendment.Kind.VERDICT, Amendment.Kind.CONFLICT]
    ).order_by("made_at", "pk")
    found: dict[UUID, tuple[str, int]] = {}
    for pk, verdict, assurance in rows.values_list("pass_id", "verdict", "assurance"):
        found[pk] = (verdict, assurance or 0)
    return found
