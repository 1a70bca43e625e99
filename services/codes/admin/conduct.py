"""Conduct cases: evidence, the courier's appeal, and the decision of somebody who did not open them."""

from typing import Any

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from unfold.decorators import display

from portal.listings.admin.lists import badge
from services.codes import conduct, revoking
from services.codes.admin.asking import DecisionForm
from services.codes.admin.cases import CaseAdmin, Deed, Fact, Said, clock
from services.codes.admin.passes import pass_link
from services.codes.models import ConductCase, Incident

State = ConductCase.State
TONES = {
    State.NOTICE: "soon",
    State.APPEALED: "soon",
    State.UPHELD: "stop",
    State.DROPPED: "open",
    State.EXPIRED: "quiet",
}


class ToDecideFilter(admin.SimpleListFilter):
    """What may be decided now."""

    title = gettext_lazy("decision")
    parameter_name = "due"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, Any]]:
        """Return the one choice beside all."""
        return [("1", _("to decide"))]

    def queryset(self, request: HttpRequest, queryset: Any) -> QuerySet:
        """Keep what is appealed, or whose time for an appeal is over."""
        return queryset.to_decide() if self.value() == "1" else queryset


def _is_anothers(row: ConductCase, user: Any) -> bool:
    return user.has_perm(conduct.DECIDE) and row.opened_by_id != user.pk


def _may_uphold(row: ConductCase, user: Any) -> bool:
    is_due = row.state == State.APPEALED or (row.state == State.NOTICE and row.appeal_until <= timezone.now())
    may_suspend = row.grade != ConductCase.Grade.SUSPENDED or user.has_perm(revoking.SUSPEND)
    return is_due and may_suspend and _is_anothers(row, user)


def _may_drop(row: ConductCase, user: Any) -> bool:
    return State.DROPPED in ConductCase.MOVES[row.state] and _is_anothers(row, user)


@admin.register(ConductCase)
class ConductCaseAdmin(CaseAdmin):
    """Measures in the area of an office; whom they are about is not shown."""

    list_display = ("noticed_at", "grade", "listing_shown", "state_shown", "appeal_until", "ends_at")
    list_filter = (ToDecideFilter, "state", "grade")
    list_select_related = ("incident__listing",)
    deeds = (
        Deed(
            "uphold",
            gettext_lazy("Let it come into force"),
            lambda row, user, asked: conduct.decide(case=row, by=user, uphold=True, **asked),
            _may_uphold,
            DecisionForm,
            said=gettext_lazy("Decided: it is in force and ends by itself."),
            tone="grave",
        ),
        Deed(
            "drop",
            gettext_lazy("Drop it"),
            lambda row, user, asked: conduct.decide(case=row, by=user, uphold=False, **asked),
            _may_drop,
            DecisionForm,
            said=gettext_lazy("Decided: it was dropped."),
        ),
    )

    @display(description=gettext_lazy("listing"))
    def listing_shown(self, row: ConductCase) -> str:
        """Return where it happened."""
        return str(row.incident.listing)

    @display(description=gettext_lazy("state"), ordering="state")
    def state_shown(self, row: ConductCase) -> str:
        """Return the state as a badge."""
        return badge(row.get_state_display(), TONES[State(row.state)])

    def facts(self, row: ConductCase, request: HttpRequest) -> list[Fact]:
        """Return grade, evidence and clock."""
        incident: Incident = row.incident
        in_force = ConductCase.objects.in_force().filter(holder_id=row.holder_id).exclude(pk=row.pk)
        others = "、".join(str(case.get_grade_display()) for case in in_force)
        return [
            (_("grade"), row.get_grade_display()),
            (_("there is danger to people"), _("yes") if row.is_danger else ""),
            (_("state"), self.state_shown(row)),
            (_("listing"), incident.listing),
            (_("what happened"), f"{incident.get_kind_display()} {clock(incident.happened_at)}"),
            (_("note"), incident.note),
            (_("reason"), row.reason),
            (_("also in force"), others),
            (_("opened by"), row.opened_by_label),
            (_("appeal until"), clock(row.appeal_until)),
            (_("ends at"), clock(row.ends_at) if row.state in (State.UPHELD, State.EXPIRED) else ""),
        ]

    def told(self, row: ConductCase) -> list[Said]:
        """Return notice, appeal and decision."""
        said = [Said(row.noticed_at, row.opened_by_label, row.reason)]
        if row.appealed_at:
            said.append(Said(row.appealed_at, _("courier"), row.appeal, "courier"))
        if row.decided_at:
            said.append(Said(row.decided_at, row.decided_by_label, row.decision))
        return said

    def links(self, row: ConductCase, request: HttpRequest) -> list[Fact]:
        """Return the incident and the pass."""
        seen = Incident.objects.visible_to(request.user).filter(pk=row.incident_id).exists()
        found = [(_("The incident"), reverse("admin:codes_incident_change", args=[row.incident_id]))]
        return [*(found if seen else []), *pass_link(row.incident.pass_id, request.user)]
