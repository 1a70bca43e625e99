"""The street's queue of couriers who were refused at a gate."""

from typing import Any

from django.contrib import admin
from django.http import HttpRequest
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from unfold.decorators import display

from portal.listings.admin.lists import badge
from services.codes import refusing
from services.codes.admin.asking import AnswerForm
from services.codes.admin.cases import CaseAdmin, Deed, Fact, Said, clock
from services.codes.admin.passes import pass_link
from services.codes.models import Refusal

State = Refusal.State
TONES = {State.OPEN: "soon", State.ANSWERED: "open", State.CLOSED: "quiet"}


def _may_answer(row: Refusal, user: Any) -> bool:
    return user.has_perm(refusing.CHANGE) and row.state == State.OPEN


def _may_close(row: Refusal, user: Any) -> bool:
    return user.has_perm(refusing.CHANGE) and row.state != State.CLOSED


@admin.register(Refusal)
class RefusalAdmin(CaseAdmin):
    """What couriers say of gates, without their names."""

    list_display = ("made_at", "place_shown", "reason", "confirmed_shown", "state_shown", "happened_at")
    list_filter = ("state", "reason")
    list_select_related = ("listing",)
    search_fields = ("number", "listing__name", "checkpoint_label")
    deeds = (
        Deed(
            "answer",
            gettext_lazy("Answer"),
            lambda row, user, asked: refusing.answer(refusal=row, by=user, is_last=False, **asked),
            _may_answer,
            AnswerForm,
            said=gettext_lazy("Answered. The courier reads it in “My code”."),
        ),
        Deed(
            "close",
            gettext_lazy("Answer for the last time and close"),
            lambda row, user, asked: refusing.answer(refusal=row, by=user, is_last=True, **asked),
            _may_close,
            AnswerForm,
            said=gettext_lazy("Closed. The courier reads it in “My code”."),
        ),
    )

    @display(description=gettext_lazy("place"), ordering="listing__name")
    def place_shown(self, row: Refusal) -> str:
        """Return the place and the gate."""
        return f"{row.listing or ''} {row.checkpoint_label}".strip()

    @display(description=gettext_lazy("confirmed by a pass"), boolean=True)
    def confirmed_shown(self, row: Refusal) -> bool:
        """Return whether a gate's own record bears it out."""
        return row.confirmed_pass_id is not None

    @display(description=gettext_lazy("state"), ordering="state")
    def state_shown(self, row: Refusal) -> str:
        """Return the state as a badge."""
        return badge(row.get_state_display(), TONES[State(row.state)])

    def facts(self, row: Refusal, request: HttpRequest) -> list[Fact]:
        """Return what the courier said."""
        confirmed = row.confirmed_pass_id or refusing.confirming_pass(row)
        return [
            (_("number"), row.number),
            (_("place"), self.place_shown(row)),
            (_("when"), clock(row.happened_at)),
            (_("reason"), row.get_reason_display()),
            (_("note"), row.note),
            (_("confirmed by a pass"), _("yes") if confirmed else _("no: the courier's claim")),
            (_("state"), self.state_shown(row)),
        ]

    def told(self, row: Refusal) -> list[Said]:
        """Return the answer."""
        return [Said(row.answered_at, row.answered_by_label, row.answer)] if row.answered_at else []

    def links(self, row: Refusal, request: HttpRequest) -> list[Fact]:
        """Return the pass that bears it out."""
        return pass_link(row.confirmed_pass_id or refusing.confirming_pass(row), request.user)
