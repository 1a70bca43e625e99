"""What people decide about passes: conflicts and refused rows. Neither counts against a courier by itself."""

import datetime as dt
from typing import Any

from django.core.exceptions import PermissionDenied, ValidationError
from django.db import connection, transaction
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from services.codes import retention
from services.codes.incidents import plain
from services.codes.models import Amendment, Quarantined
from services.codes.revoking import label_of
from services.codes.xg1 import Verdict

PERMISSION = "codes.change_quarantined"


@transaction.atomic
def decide(
    *, conflict: Amendment, by: Any, annul: bool, note: str, now: dt.datetime | None = None
) -> Amendment:
    """Decide about a pass that contradicts another: let it stand, or annul it. Return the decision, a row of its own.

    Raise PermissionDenied, or ValidationError without a note or when somebody has decided already.
    """
    moment = now or timezone.now()
    if not (by.has_perm(PERMISSION) and Amendment.objects.editable_by(by).filter(pk=conflict.pk).exists()):
        raise PermissionDenied
    said = plain(note)
    if not said:
        raise ValidationError(_("Say what you found."), code="note_missing")
    if connection.vendor == "postgresql":
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_advisory_xact_lock(hashtext('codes_amendment'))")
    if not Amendment.objects.undecided().filter(pk=conflict.pk).exists():
        raise ValidationError(_("Somebody else has decided this already."), code="decided")
    common = {
        "pass_id": conflict.pass_id,
        "listing_id": conflict.listing_id,
        "other_pass_id": conflict.other_pass_id,
        "note": said[:200],
        "actor_id": by.pk,
        "actor_label": label_of(by)[:80],
        "made_at": moment,
        "retention_until": moment + retention.PASS,
    }
    if annul:
        Amendment.objects.create(
            kind=Amendment.Kind.ANNULMENT, verdict=Verdict.ANNULLED, assurance=0, **common
        )
    return Amendment.objects.create(kind=Amendment.Kind.DECISION, **common)


@transaction.atomic
def dismiss(*, refused: Quarantined, by: Any, note: str, now: dt.datetime | None = None) -> Quarantined:
    """Write down that a refused row was looked at, and what was found; it is kept as it came. Return it.

    Raise PermissionDenied, or ValidationError without a note or when somebody was here before.
    """
    if not (by.has_perm(PERMISSION) and Quarantined.objects.editable_by(by).filter(pk=refused.pk).exists()):
        raise PermissionDenied
    said = plain(note)
    if not said:
        raise ValidationError(_("Say what you found."), code="note_missing")
    held = Quarantined.objects.select_for_update(of=("self",)).get(pk=refused.pk)
    if held.state != Quarantined.State.OPEN:
        raise ValidationError(_("Somebody else has decided this already."), code="decided")
    held.state, held.note = Quarantined.State.DISMISSED, said[:200]
    held.decided_at, held.decided_by_label = now or timezone.now(), label_of(by)[:80]
    held.save(update_fields=["state", "note", "decided_at", "decided_by_label"])
    return held
