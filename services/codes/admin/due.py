"""What is due today around codes, on the first page of the administration."""

from typing import Any

from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _

from portal.listings.admin import dashboard
from portal.listings.admin.dashboard import Due
from services.codes import conduct, conflicts, incidents, looking_up, refusing
from services.codes.admin.devices import CHANGE as CHANGE_DEVICE
from services.codes.admin.devices import unseen
from services.codes.admin.look_ups import waiting
from services.codes.models import (
    Amendment,
    ConductCase,
    Device,
    Incident,
    LookUp,
    Quarantined,
    Refusal,
)


def codes_due(user: Any) -> list[Due]:
    """Return what waits for this person, each with the list behind it; a count each, however many rows there are."""

    def due(rows: Any, label: str, name: str, query: str, hint: str = "") -> Due:
        return Due(rows.count(), label, reverse(f"admin:codes_{name}_changelist") + query, hint)

    may = user.has_perm
    found: list[Due] = []
    rows: Any
    if may(refusing.CHANGE):
        rows = Refusal.objects.editable_by(user).filter(state=Refusal.State.OPEN)
        found.append(due(rows, _("Refused couriers to answer"), "refusal", "?state__exact=open"))
    if may(incidents.CHANGE):
        rows = Incident.objects.editable_by(user).filter(state=Incident.State.OPEN)
        found.append(due(rows, _("Incidents at gates"), "incident", "?state__exact=open"))
    if may(conduct.DECIDE):
        rows = ConductCase.objects.editable_by(user).to_decide().exclude(opened_by_id=user.pk)
        found.append(due(rows, _("Conduct cases to decide"), "conductcase", "?due=1"))
    if may(conflicts.PERMISSION):
        rows = Amendment.objects.editable_by(user).undecided()
        found.append(due(rows, _("Passes that contradict"), "amendment", "?open=1"))
        rows = Quarantined.objects.editable_by(user).filter(state=Quarantined.State.OPEN)
        found.append(due(rows, _("Passes that were refused"), "quarantined", "?state__exact=open"))
    if may(CHANGE_DEVICE):
        rows = Device.objects.editable_by(user).filter(unseen())
        found.append(due(rows, _("Devices not seen for a day"), "device", "?unseen=1"))
    if may(looking_up.PERMISSION):
        rows = LookUp.objects.visible_to(user).filter(**waiting()).exclude(actor_id=user.pk)
        found.append(due(rows, _("Delays of look-ups to agree to"), "lookup", "?delay=1"))
        busy = looking_up.busiest(user=user, now=timezone.now())
        if busy:
            hint = _("at least %(count)d within a day") % {"count": looking_up.MANY_PER_DAY}
            address = reverse("admin:codes_lookup_changelist")
            found.append(Due(len(busy), _("Colleagues who looked up many people"), address, hint))
    return found


dashboard.also(codes_due)
