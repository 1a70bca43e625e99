"""What a pass is worth as evidence, and keeping it for as long as a case needs it."""

from typing import Any

from django.db import transaction

from services.codes.models import Amendment, ConductCase, Credential, Holder, Incident, Pass, Proof
from services.codes.xg1 import Verdict

#: The verdicts that let somebody in.
LET_IN = frozenset(verdict.value for verdict in Verdict if verdict.passes)


def pass_of(incident: Incident) -> Pass | None:
    """Return the pass of an incident, at the incident's own listing; None without one, or before it came."""
    if incident.pass_id is None:
        return None
    return Pass.objects.filter(pk=incident.pass_id, listing_id=incident.listing_id).first()


def holder_of_pid(pid: str) -> Holder | None:
    """Return whose a pid was; None when that is not known, or not any more."""
    if not pid:
        return None
    found = Credential.objects.select_related("holder__courier__user").filter(pid=pid).first()
    return found.holder if found else None


def holder_of_incident(incident: Incident) -> Holder | None:
    """Return whose pass an incident speaks of, as long as that is known."""
    kept = pass_of(incident) if not incident.pid else None
    return holder_of_pid(incident.pid or (kept.pid if kept else ""))


def assurance_of(kept: Pass) -> int:
    """Return how sure a pass is now: what the server said last of it, 0 once it was annulled.

    A conflict says nothing of its own about that; a person decides it.
    """
    said = Amendment.objects.filter(
        pass_id=kept.pk, kind__in=[Amendment.Kind.VERDICT, Amendment.Kind.ANNULMENT]
    )
    latest = said.order_by("made_at", "pk").last()
    if latest is None:
        return kept.assurance
    return 0 if latest.kind == Amendment.Kind.ANNULMENT else latest.assurance or 0


def is_proof(kept: Pass) -> bool:
    """Say whether a pass may count against somebody.

    A courier's own claim and a row without proof never do (assurance 0), nor does one that contradicts another until a
    person has looked at it.
    """
    if kept.method == Pass.Method.CLAIM or not kept.pid:
        return False
    if Amendment.objects.undecided().filter(pass_id=kept.pk).exists():
        return False
    return assurance_of(kept) > 0


@transaction.atomic
def hold(*, incident: Incident) -> None:
    """Keep what proves an incident's pass, and whose pass it was, until `release`: a case needs it."""
    if incident.pid:
        Credential.objects.filter(pid=incident.pid).update(held_by_case=True)
    if incident.pass_id:
        Proof.objects.filter(pk=incident.pass_id).update(held_by_case=True)


@transaction.atomic
def release(*, incident: Incident) -> None:
    """Let go what was kept for a case, unless another case holds the same."""
    holding: Any = ConductCase.objects.holding()
    if incident.pid and not holding.filter(incident__pid=incident.pid).exists():
        Credential.objects.filter(pid=incident.pid).update(held_by_case=False)
    if incident.pass_id and not holding.filter(incident__pass_id=incident.pass_id).exists():
        Proof.objects.filter(pk=incident.pass_id).update(held_by_case=False)
