"""Incidents at gates: what was told, messages that the portal passes on, closing, and opening a case."""

from typing import Any

from django.contrib import admin
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from unfold.decorators import display

from portal.accounts.admin_scope import ScopedRelatedFilter
from portal.listings.admin.lists import badge
from services.codes import conduct, incidents
from services.codes.admin.adding import AddIncident, add_page
from services.codes.admin.asking import CaseForm, MessageForm, OutcomeForm
from services.codes.admin.cases import CaseAdmin, Deed, Fact, Said, clock
from services.codes.admin.passes import pass_link
from services.codes.models import ConductCase, Incident, IncidentMessage

TONES = {
    Incident.State.OPEN: "soon",
    Incident.State.TALKING: "soon",
    Incident.State.CASE: "stop",
    Incident.State.CLOSED: "quiet",
}


def _is_open(row: Incident, user: Any) -> bool:
    return user.has_perm(incidents.CHANGE) and row.state != Incident.State.CLOSED


def _may_write(row: Incident, user: Any) -> bool:
    return _is_open(row, user) and row.pass_id is not None


def _may_open_case(row: Incident, user: Any) -> bool:
    return _may_write(row, user) and user.has_perm(conduct.OPEN)


@admin.register(Incident)
class IncidentAdmin(CaseAdmin):
    """What happened at the gates in reach."""

    list_display = ("made_at", "kind", "listing", "state_shown", "actor_label", "happened_at")
    list_filter = ("state", "kind", ("listing__street", ScopedRelatedFilter))
    list_select_related = ("listing",)
    search_fields = ("note", "listing__name")
    autocomplete_fields = ("listing",)
    deeds = (
        Deed(
            "write",
            gettext_lazy("Write to the courier"),
            lambda row, user, asked: incidents.write_to_courier(incident=row, by=user, text=asked["text"]),
            _may_write,
            MessageForm,
            said=gettext_lazy("Sent. The courier reads it in “My code” and can answer."),
        ),
        Deed(
            "close",
            gettext_lazy("Close it"),
            lambda row, user, asked: incidents.close(incident=row, by=user, outcome=asked["outcome"]),
            _is_open,
            OutcomeForm,
            said=gettext_lazy("Closed."),
        ),
        Deed(
            "case",
            gettext_lazy("Open a conduct case"),
            lambda row, user, asked: conduct.open_case(incident=row, by=user, **asked),
            _may_open_case,
            CaseForm,
            said=gettext_lazy(
                "The courier was given notice and has 48 hours to appeal. A colleague decides."
            ),
            hint=gettext_lazy(
                "Grades go up one at a time, and each ends by itself. Only a pass that was verified is evidence."
            ),
            tone="grave",
        ),
    )

    @display(description=gettext_lazy("state"), ordering="state")
    def state_shown(self, row: Incident) -> str:
        """Return the state as a badge."""
        return badge(row.get_state_display(), TONES[Incident.State(row.state)])

    def has_add_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Ask for the permission: what happened without a scan is told here too."""
        return request.user.has_perm(incidents.ADD)

    def add_view(self, request: HttpRequest, form_url: str = "", extra_context: Any = None) -> HttpResponse:
        """Ask what happened where."""
        if not self.has_add_permission(request):
            raise PermissionDenied
        return add_page(self, request, AddIncident, incidents.report)

    def opened(self, row: Incident, request: HttpRequest) -> None:
        """Mark as read what the courier wrote, for whoever deals with it."""
        if request.user.has_perm(incidents.CHANGE):
            incidents.read(incidents=[row], side=IncidentMessage.Side.PROPERTY)

    def facts(self, row: Incident, request: HttpRequest) -> list[Fact]:
        """Return what was told, without a name."""
        return [
            (_("listing"), row.listing),
            (_("what happened"), row.get_kind_display()),
            (_("when"), clock(row.happened_at)),
            (_("note"), row.note),
            (_("reported by"), row.actor_label),
            (_("state"), self.state_shown(row)),
            (_("what came of it"), row.outcome),
        ]

    def told(self, row: Incident) -> list[Said]:
        """Return the messages."""
        return [
            Said(one.made_at, one.get_side_display(), one.text, "courier" if one.side == "courier" else "")
            for one in row.messages.all()
        ]

    def links(self, row: Incident, request: HttpRequest) -> list[Fact]:
        """Return the pass, and the cases."""
        cases = ConductCase.objects.visible_to(request.user).filter(incident=row)
        may = request.user.has_perm("codes.view_conductcase")
        found = [
            (str(case), reverse("admin:codes_conductcase_change", args=[case.pk])) for case in cases if may
        ]
        return [*pass_link(row.pass_id, request.user), *found]
