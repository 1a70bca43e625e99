"""Everything that is kept about a courier, for the courier."""

from datetime import datetime
from typing import Any

from portal.accounts.models import User
from portal.notices.models import Notice
from services.codes import terms
from services.codes.answers import container_row
from services.codes.models import (
    Amendment,
    ConductCase,
    Credential,
    Holder,
    Incident,
    IncidentMessage,
    LookUp,
    Pass,
    Refusal,
    RosterEntry,
)
from services.codes.standing import live_orders

Row = dict[str, Any]


def everything(*, user: User, holder: Holder | None, now: datetime) -> Row:
    """Return all that the portal keeps about the courier's code, in words and moments that JSON holds.

    Who looked is told from the moment that a look-up says; pictures are named, not enclosed.
    """
    person = {"name": user.name, "phone": str(user.phone or ""), "joined_at": user.joined_at}
    told: Row = {
        "made_at": now,
        "terms": _terms(),
        "person": person,
        "told": _told(user, now),
        "code": None,
    }
    if holder is None:
        return told
    credentials = list(Credential.objects.filter(holder=holder).order_by("issued_at"))
    pids = [credential.pid for credential in credentials]
    return {
        **told,
        "code": _code(holder),
        "devices": [container_row(row) for row in holder.containers.all()],
        "credentials": [_credential(row) for row in credentials],
        "rosters": _rows(
            RosterEntry.objects.filter(holder=holder),
            "platform__short_name",
            "work_type",
            "pushed_at",
            "ended_at",
        ),
        "orders": _rows(live_orders(holder, now), "platform__short_name", "starts_at", "ends_at"),
        "passes": _passes(pids),
        "looked": _looked(holder, now),
        "refusals": _rows(
            Refusal.objects.filter(holder=holder),
            "number",
            "checkpoint_label",
            "reason",
            "note",
            "happened_at",
            "state",
            "answer",
        ),
        "incidents": _rows(Incident.objects.about(holder), "kind", "note", "state", "outcome", "happened_at"),
        "messages": _rows(
            IncidentMessage.objects.filter(incident__in=Incident.objects.about(holder)),
            "side",
            "text",
            "made_at",
        ),
        "conduct": _rows(
            ConductCase.objects.filter(holder=holder),
            "grade",
            "state",
            "reason",
            "noticed_at",
            "appeal",
            "decision",
            "ends_at",
        ),
    }


def _code(holder: Holder) -> Row:
    names = (
        "state",
        "basis",
        "basis_checked_at",
        "basis_label",
        "provisional_until",
        "enrolled_at",
        "terms_version",
        "consented_at",
        "location_consented_at",
        "proof_sent_at",
        "proof_reason",
        "photo_state",
        "photo_reason",
        "suspended_at",
        "suspended_until",
        "suspended_why",
        "suspended_by_label",
        "erased_at",
    )
    platform = holder.courier.platform
    return {
        "work_type": holder.courier.work_type,
        "platform": platform.name if platform else "",
        "has_proof_picture": bool(holder.proof_image),
        "has_photo": bool(holder.photo),
        **{name: getattr(holder, name) for name in names},
    }


def _credential(row: Credential) -> Row:
    names = (
        "pid",
        "issued_at",
        "ends_at",
        "revoked_at",
        "platform_number",
        "work_type",
        "is_provisional",
        "held_by_case",
    )
    return {name: getattr(row, name) for name in names}


def _passes(pids: list[str]) -> list[Row]:
    rows = _rows(
        Pass.objects.filter(pid__in=pids),
        "id",
        "listing_id",
        "checkpoint_label",
        "direction",
        "method",
        "scanned_at",
        "verdict",
        "assurance",
        "retention_until",
    )
    said: dict[Any, list[Row]] = {}
    amendments = Amendment.objects.filter(pass_id__in=[row["id"] for row in rows])
    for row in _rows(amendments, "pass_id", "kind", "verdict", "note", "made_at"):
        said.setdefault(row.pop("pass_id"), []).append(row)
    return [{**row, "said_later": said.get(row["id"], [])} for row in rows]


def _looked(holder: Holder, now: datetime) -> list[Row]:
    looked = LookUp.objects.told(now).filter(holder_id=holder.pk)
    return _rows(looked, "role_label", "unit_label", "purpose", "note", "made_at")


def _told(user: User, now: datetime) -> list[Row]:
    return [
        {"sentence": row.sentence, "shown_from": row.shown_from, "read_at": row.read_at}
        for row in Notice.objects.shown_to(user, now)
    ]


def _terms() -> list[Row]:
    return [
        {"what": str(line.what), "purpose": str(line.purpose), "until": str(line.until)}
        for line in (*terms.CODE, *terms.LOCATION)
    ]


def _rows(rows: Any, *names: str) -> list[Row]:
    return list(rows.values(*names).order_by())
