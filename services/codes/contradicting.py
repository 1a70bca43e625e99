"""Find proofs that were used more than once: again at the same gate, or at two gates.

Asked after the passes are committed: of two devices that upload at once, the later one finds both. Whoever sends a
row again asks anew, so nothing is missed when a server ends in between.
"""

import datetime as dt
from collections import defaultdict
from collections.abc import Collection
from typing import Any
from uuid import UUID

from django.db import connection, transaction
from django.db.models import QuerySet

from services.codes import pass_log
from services.codes.models import Amendment, Pass
from services.codes.xg1 import ALREADY_PASSED_S, Verdict

_PASSED = [
    verdict.value for verdict in Verdict if verdict.passes and verdict is not Verdict.OK_ALREADY_PASSED
]


def find(*, pass_ids: Collection[UUID], now: dt.datetime) -> dict[str, Verdict]:
    """Say of passes whose proof let somebody in elsewhere, or before, that they contradict; return those of `pass_ids`.

    At one gate the earliest scan stands and later ones are `replayed`, or `ok_already_passed` within ten seconds. At
    two gates both are a `conflict` for a person to look at, which never counts against the courier by itself.
    """
    if not pass_ids:
        return {}
    mine = _let_in().filter(pk__in=list(pass_ids)).exclude(body_digest="")
    proofs = list(mine.values_list("pid", "step", "body_digest"))
    if not proofs:
        return {}
    digests = {digest for _pid, _step, digest in proofs}
    uses = defaultdict(list)
    rows = _let_in().filter(
        pid__in={pid for pid, _step, _digest in proofs},
        step__in={step for _pid, step, _digest in proofs},
    )
    names = ("id", "listing_id", "checkpoint_number", "scanned_at", "clock_offset_ms", "body_digest")
    for row in rows.values(*names):
        if row["body_digest"] in digests:
            uses[row["body_digest"]].append(row)
    wanted = [
        one for digest in sorted(uses) if len(uses[digest]) > 1 for one in _contradictions(uses[digest], now)
    ]
    if wanted:
        _say(wanted)
    return {str(one["pass_id"]): Verdict(one["verdict"]) for one in wanted if one["pass_id"] in pass_ids}


def _let_in() -> QuerySet[Pass]:
    """Return the passes by which somebody was let in. A courier's own claim opens nothing and contradicts nothing.

    It is made with the code of the same moment that the guard then scans.
    """
    return Pass.objects.filter(verdict__in=_PASSED).exclude(method=Pass.Method.CLAIM)


def _contradictions(uses: list[dict[str, Any]], now: dt.datetime) -> list[dict[str, Any]]:
    """Return the amendments that the uses of one proof call for."""
    for use in uses:
        use["at"] = use["scanned_at"] + dt.timedelta(milliseconds=use["clock_offset_ms"])
    uses.sort(key=lambda use: (use["at"], use["id"]))
    firsts: dict[int, dict[str, Any]] = {}
    found = []
    for use in uses:
        first = firsts.setdefault(use["checkpoint_number"], use)
        if first is not use:
            is_soon = (use["at"] - first["at"]).total_seconds() <= ALREADY_PASSED_S
            verdict = Verdict.OK_ALREADY_PASSED if is_soon else Verdict.REPLAYED
            found.append(_amendment(use, Amendment.Kind.VERDICT, verdict, first, now))
    if len(firsts) > 1:
        for use in firsts.values():
            other = next(first for first in firsts.values() if first is not use)
            found.append(_amendment(use, Amendment.Kind.CONFLICT, Verdict.CONFLICT, other, now))
    return found


def _amendment(
    use: dict[str, Any], kind: Amendment.Kind, verdict: Verdict, other: dict[str, Any], now: dt.datetime
) -> dict[str, Any]:
    return pass_log.amendment_of(
        pass_id=use["id"],
        listing_id=use["listing_id"],
        kind=kind,
        now=now,
        verdict=verdict,
        assurance=0 if kind is Amendment.Kind.VERDICT else None,
        other=other["id"],
    )


@transaction.atomic
def _say(wanted: list[dict[str, Any]]) -> None:
    """Insert the amendments that are not there yet; one process at a time, since each is said once."""
    if connection.vendor == "postgresql":
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_advisory_xact_lock(hashtext('codes_amendment'))")
    ids = {one["pass_id"] for one in wanted}
    said = set(
        Amendment.objects.filter(pass_id__in=ids, other_pass_id__isnull=False).values_list(
            "pass_id", "kind", "verdict"
        )
    )
    pass_log.insert_amendments(
        one for one in wanted if (one["pass_id"], one["kind"], one["verdict"]) not in said
    )
