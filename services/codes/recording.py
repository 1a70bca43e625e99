"""Record judged passes in one short transaction: the passes, their proofs, what the server says otherwise."""

import datetime as dt
from collections.abc import Iterable, Sequence
from typing import Any
from uuid import UUID

from django.db import transaction

from services.codes import pass_log, retention
from services.codes.models import Amendment, Checkpoint, Device, Pass, Shift
from services.codes.proving import Facts, Judged
from services.codes.xg1 import Verdict


@transaction.atomic
def record(*, device: Device, judged: Sequence[Judged], facts: Facts, now: dt.datetime) -> set[UUID]:
    """Write what is not in the log yet; return the ids that were new. All of it or, on an error, nothing."""
    rows = [pass_row(device, one, facts, now) for one in judged]
    new = pass_log.insert_passes(rows)
    written = [one for one in judged if one.row.id in new]
    proofs, seen, amendments = [], [], []
    for one in written:
        if one.presentation is not None:
            proofs.append(pass_log.proof_of(one.row.id, one.presentation, now))
            if one.final.passes and one.final is not Verdict.OK_ALREADY_PASSED:
                seen.append(pass_log.seen_of(one.row.checkpoint, one.presentation, one.row.true_time))
        if one.differs:
            amendments.append(
                pass_log.amendment_of(
                    pass_id=one.row.id,
                    listing_id=device.listing_id,
                    kind=Amendment.Kind.VERDICT,
                    now=now,
                    verdict=one.verdict,
                    assurance=one.assurance,
                    note=" ".join(one.reasons),
                )
            )
    amendments += _annulments(device, written, now)
    pass_log.insert_proofs(proofs)
    pass_log.insert_seen(seen)
    pass_log.insert_amendments(amendments)
    return new


def _annulments(device: Device, written: Iterable[Judged], now: dt.datetime) -> list[dict[str, Any]]:
    """Return what says of passes of this listing that they were taken back by a later row."""
    wanted = {one.row.annuls: one.row for one in written if one.row.annuls is not None}
    if not wanted:
        return []
    found = Pass.objects.filter(pk__in=wanted, listing_id=device.listing_id).values_list("pk", flat=True)
    return [
        pass_log.amendment_of(
            pass_id=pk,
            listing_id=device.listing_id,
            kind=Amendment.Kind.ANNULMENT,
            now=now,
            verdict=Verdict.ANNULLED,
            other=wanted[pk].id,
            note=wanted[pk].forced_why,
            actor_label=device.name,
        )
        for pk in found
    ]


def pass_row(device: Device, one: Judged, facts: Facts, now: dt.datetime) -> dict[str, Any]:
    """Return the row of `Pass`. Only what the courier's device signed names a pid, or what nobody claims to prove."""
    row, shown = one.row, one.presentation
    shift: Shift | None = facts.shifts.get(row.shift or 0)
    place: Checkpoint = facts.checkpoints[row.checkpoint]
    is_refuted = one.verdict is not None and shown is None
    return {
        "id": row.id,
        "listing_id": device.listing_id,
        "checkpoint_number": row.checkpoint,
        "checkpoint_label": place.name,
        "device_id": device.pk,
        "sequence": row.sequence,
        "shift_id": row.shift,
        "guard_label": shift.guard_label if shift else "",
        "direction": row.direction,
        "method": row.method,
        "pid": shown.credential.pid if shown else "" if is_refuted else row.pid,
        "body_digest": shown.body_digest.hex() if shown else "",
        "step": shown.step if shown else None,
        "bound_gate": (shown.gate or None) if shown else None,
        "challenge": row.challenge,
        "scanned_at": row.scanned_at,
        "clock_offset_ms": row.clock_offset_ms,
        "received_at": now,
        "made_offline": row.made_offline,
        "list_version": row.list_version,
        "verdict": row.verdict.value,
        "reasons": list(row.reasons),
        "assurance": one.assurance,
        "forced_by": shift.guard_label if shift and row.forced_why else "",
        "forced_why": row.forced_why,
        "annuls": row.annuls,
        "row_digest": row.digest,
        "retention_until": now + retention.PASS,
    }
