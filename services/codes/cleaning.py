"""Forget what has had its time, in small batches that hold nobody up; running it twice is running it once."""

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

from django.db import transaction
from django.db.models import Exists, OuterRef, Q, QuerySet
from django.utils import timezone

from portal.partners.models import Answered
from services.codes import conduct, private_pictures, retention
from services.codes.erasing import cut_links
from services.codes.models import (
    Amendment,
    ConductCase,
    Container,
    Credential,
    Holder,
    Incident,
    LiveOrder,
    LookUp,
    ManualCode,
    Pass,
    Proof,
    Quarantined,
    Refusal,
    RosterEntry,
    SeenProof,
    Shift,
    StatusIndex,
)
from services.codes.partitions import ensure_partitions

BATCH = 500
#: At most so many batches of one thing in one run; the rest is done an hour later.
MOST_BATCHES = 200
#: The database's clock guards the pass log, and may be behind this machine's.
CLOCK_MARGIN = timedelta(hours=1)

Deed = Callable[[QuerySet], object]


def clean(*, now: datetime | None = None) -> dict[str, int]:
    """Forget everything that is due, make the pass log's next months, and return how many rows of what were touched."""
    moment = now or timezone.now()
    ensure_partitions(now=moment)
    ended = conduct.expire(now=moment)
    done = {name: _in_batches(rows, deed) for name, rows, deed in _due(moment)}
    done["proof pictures"] = _forget_pictures(moment)
    done["measures"] = ended
    return {name: count for name, count in done.items() if count}


def _due(now: datetime) -> list[tuple[str, QuerySet, Deed]]:
    logged = {"retention_until__lte": now - CLOCK_MARGIN}
    newest = Credential.objects.filter(container=OuterRef("pk"), ends_at__gt=now - retention.IDLE_CONTAINER)
    left = Q(holder=None, forget_at__lte=now) | Q(ended_at__lte=now - retention.ROSTER)
    linked = Credential.objects.exclude(holder=None, container=None).filter(held_by_case=False)
    over, erased = Q(ends_at__lte=now - retention.PERSON), Q(holder__state=Holder.State.ERASED)
    ended = Container.objects.filter(credentials=None, retired_at__lte=now - retention.ENDED_CONTAINER)
    settled = ConductCase.objects.exclude(pk__in=ConductCase.objects.holding().values("pk"))
    told = Incident.objects.filter(made_at__lte=now - retention.REPORT, cases=None)
    return [
        ("bytes of credentials", Credential.objects.filter(ends_at__lte=now, data__isnull=False), _no_bytes),
        ("links to people", linked.filter(over | erased), cut_links),
        ("idle devices", Container.objects.live().filter(~Exists(newest)), _end_idle(now)),
        ("ended devices", ended, _delete),
        ("manual codes", ManualCode.objects.filter(expires_at__lte=now - retention.MANUAL_CODE), _delete),
        ("credentials", _forgettable(now), _delete),
        ("roster entries", RosterEntry.objects.filter(left), _delete),
        ("orders", LiveOrder.objects.filter(ends_at__lte=now - retention.ORDER), _delete),
        ("answers", Answered.objects.filter(made_at__lte=now - retention.IDEMPOTENT), _delete),
        ("places in the list", StatusIndex.objects.filter(free_at__lte=now), _delete),
        ("seen proofs", SeenProof.objects.filter(seen_at__lte=now - retention.SEEN), _delete),
        ("proofs", Proof.objects.filter(kept_until__lte=now, held_by_case=False), _delete),
        ("amendments", Amendment.objects.filter(**logged), _delete),
        ("passes", Pass.objects.filter(**logged), _delete),
        ("look-ups", LookUp.objects.filter(**logged), _delete),
        ("conduct cases", settled.filter(ends_at__lte=now - retention.CASE), _delete),
        ("incidents", told, _delete),
        ("refusals", Refusal.objects.filter(made_at__lte=now - retention.REPORT), _delete),
        ("proofs of refused rows", _with_proof(now), _no_proof),
        ("quarantined rows", Quarantined.objects.filter(**logged), _delete),
        ("shifts", Shift.objects.filter(ends_at__lte=now - retention.PASS), _delete),
    ]


def _forgettable(now: datetime) -> QuerySet[Credential]:
    return Credential.objects.filter(
        ends_at__lte=now - retention.CREDENTIAL, holder=None, container=None, held_by_case=False
    )


def _with_proof(now: datetime) -> QuerySet[Quarantined]:
    return Quarantined.objects.filter(received_at__lte=now - retention.PROOF, row__has_key="presentation")


def _no_proof(rows: QuerySet) -> object:
    """Take the proof out of refused rows, which themselves stay longer; they are few."""
    kept = list(rows)
    for quarantined in kept:
        del quarantined.row["presentation"]
    return Quarantined.objects.bulk_update(kept, ["row"])


def _in_batches(rows: QuerySet, deed: Deed) -> int:
    count = 0
    for _batch in range(MOST_BATCHES):
        pks = list(rows.order_by().values_list("pk", flat=True)[:BATCH])
        if not pks:
            break
        with transaction.atomic():
            # Asked again: somebody may have renewed, or a case may hold it, since it was chosen.
            deed(rows.filter(pk__in=pks))
        count += len(pks)
    return count


def _delete(rows: QuerySet) -> object:
    return rows.delete()


def _no_bytes(rows: QuerySet) -> object:
    return rows.update(data=None)


def _end_idle(now: datetime) -> Deed:
    def end(rows: QuerySet) -> Any:
        return rows.update(retired_at=now, retired_why="idle")

    return end


def _forget_pictures(now: datetime) -> int:
    """Delete the pictures of proofs that nobody has looked at in time; the courier may send one again."""
    late = Holder.objects.filter(proof_sent_at__lte=now - retention.PROOF_IMAGE).exclude(proof_image="")
    forgotten = 0
    for pk, name in late.values_list("pk", "proof_image")[:BATCH]:
        if Holder.objects.filter(pk=pk, proof_image=name).update(proof_image="", proof_sent_at=None):
            private_pictures.forget(name)
            forgotten += 1
    return forgotten
