"""Passes, incidents and who deals with them, for tests of what happens around the code."""

import datetime as dt
import uuid
from typing import Any

from uuid_utils.compat import uuid7

from portal.accounts.models import User
from portal.listings.models import Stewardship
from services.codes import conduct, incidents, retention
from services.codes.models import Amendment, Checkpoint, ConductCase, Credential, Holder, Incident, Pass

EPOCH = dt.datetime(1970, 1, 1, tzinfo=dt.UTC)


def uuid_at(moment: dt.datetime) -> uuid.UUID:
    """Return a new UUIDv7 of a moment."""
    return uuid7(nanoseconds=(moment - EPOCH) // dt.timedelta(microseconds=1) * 1000)


def make_pass(place: Checkpoint, credential: Credential | None, at: dt.datetime, **fields: Any) -> Pass:
    """Return a pass that a gate verified online, unless told otherwise."""
    given = {
        "method": Pass.Method.SCAN,
        "verdict": "ok",
        "assurance": 3,
        "device_id": 1,
        "row_digest": "0" * 64,
        **fields,
    }
    return Pass.objects.create(
        id=uuid_at(at),
        listing_id=place.listing_id,
        checkpoint_number=place.number,
        checkpoint_label=place.name,
        pid=credential.pid if credential else "",
        scanned_at=at,
        received_at=at,
        retention_until=at + retention.PASS,
        **given,
    )


def amend(kept: Pass, kind: str, at: dt.datetime, **fields: Any) -> Amendment:
    """Return something that was said of a pass afterwards."""
    return Amendment.objects.create(
        pass_id=kept.pk,
        listing_id=kept.listing_id,
        kind=kind,
        made_at=at,
        retention_until=at + retention.PASS,
        **fields,
    )


def keeps(user: User, listing: Any) -> User:
    """Let a person's post keep a listing, as a property manager keeps a compound; return the person."""
    Stewardship.objects.create(post=user.acting_post, listing_id=listing.pk)
    return user


def make_incident(kept: Pass, by: User, kind: str = "speeding", **fields: Any) -> Incident:
    """Return an incident about a pass, reported by a member of staff."""
    return incidents.report(kind=kind, pass_id=kept.pk, by=by, **fields)


def make_case(
    holder: Holder,
    incident: Incident,
    *,
    grade: str,
    ends_at: dt.datetime,
    state: str = ConductCase.State.UPHELD,
    **fields: Any,
) -> ConductCase:
    """Return a case in a state, as it would be after all that leads there."""
    return ConductCase.objects.create(
        **{
            "holder": holder,
            "incident": incident,
            "area_code": incident.listing.area_code,
            "grade": grade,
            "state": state,
            "reason": "骑得太快",
            "noticed_at": ends_at - conduct.LASTS[conduct.Grade(grade)] - conduct.APPEAL,
            "appeal_until": ends_at - conduct.LASTS[conduct.Grade(grade)],
            "opened_by_id": None,
            "opened_by_label": "康桥街道办事处",
            "ends_at": ends_at,
            **fields,
        }
    )
