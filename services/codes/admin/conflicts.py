"""What people decide about passes: conflicts, and rows that were refused."""

from typing import Any

import orjson
from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils.html import format_html
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from unfold.decorators import display

from portal.listings.admin.lists import badge
from services.codes import conflicts
from services.codes.admin.asking import NoteForm
from services.codes.admin.cases import CaseAdmin, Deed, Fact, NamedListing, Said, clock
from services.codes.admin.passes import pass_link
from services.codes.models import Amendment, Quarantined


class UndecidedFilter(admin.SimpleListFilter):
    """What nobody has decided."""

    title = gettext_lazy("decision")
    parameter_name = "open"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, Any]]:
        """Return the one choice beside all."""
        return [("1", _("to decide"))]

    def queryset(self, request: HttpRequest, queryset: Any) -> QuerySet:
        """Keep what is to be decided."""
        return queryset.undecided() if self.value() == "1" else queryset


def _may_decide(row: Amendment, user: Any) -> bool:
    may = user.has_perm(conflicts.PERMISSION)
    return may and Amendment.objects.undecided().filter(pk=row.pk).exists()


@admin.register(Amendment)
class ConflictAdmin(NamedListing, CaseAdmin):
    """The same code at two gates: a person looks at it, and it never counts against the courier by itself."""

    sidebar_title = gettext_lazy("Passes that contradict")
    list_display = ("made_at", "listing_shown", "pass_shown", "decision_shown")
    list_filter = (UndecidedFilter,)
    ordering = ("-made_at",)
    deeds = (
        Deed(
            "stand",
            gettext_lazy("Let the pass stand"),
            lambda row, user, asked: conflicts.decide(conflict=row, by=user, annul=False, note=asked["note"]),
            _may_decide,
            NoteForm,
            said=gettext_lazy("Decided: the pass stands."),
        ),
        Deed(
            "annul",
            gettext_lazy("Annul the pass"),
            lambda row, user, asked: conflicts.decide(conflict=row, by=user, annul=True, note=asked["note"]),
            _may_decide,
            NoteForm,
            said=gettext_lazy("Decided: the pass counts for nothing."),
            tone="grave",
        ),
    )

    def get_queryset(self, request: HttpRequest) -> QuerySet:
        """Return the conflicts only; what the server said otherwise stands on the page of the pass."""
        return super().get_queryset(request).filter(kind=Amendment.Kind.CONFLICT)

    @display(description=gettext_lazy("listing"))
    def listing_shown(self, row: Any) -> str:
        """Return the listing's name."""
        return row.listing_name or "—"

    @display(description=gettext_lazy("pass"))
    def pass_shown(self, row: Amendment) -> str:
        """Return the end of the pass's number, enough to tell rows apart."""
        return str(row.pass_id)[-12:]

    @display(description=gettext_lazy("decision"))
    def decision_shown(self, row: Any) -> str:
        """Return whether somebody has decided."""
        return badge(row.decided or _("to decide"), "quiet" if row.decided else "soon")

    def get_changelist_instance(self, request: HttpRequest) -> Any:
        """Read the decisions of the page's rows at once."""
        found = super().get_changelist_instance(request)
        keys = [row.pass_id for row in found.result_list]
        made = Amendment.objects.filter(
            pass_id__in=keys, kind__in=[Amendment.Kind.DECISION, Amendment.Kind.ANNULMENT]
        )
        decided: dict[Any, str] = {}
        for one in made.order_by("pk"):
            if decided.get(one.pass_id) != str(Amendment.Kind.ANNULMENT.label):
                decided[one.pass_id] = str(Amendment.Kind(one.kind).label)
        for row in found.result_list:
            row.decided = decided.get(row.pass_id)
        return found

    def facts(self, row: Any, request: HttpRequest) -> list[Fact]:
        """Return where it is, and what it contradicts."""
        return [
            (_("listing"), self.listing_shown(row)),
            (_("when"), clock(row.made_at)),
            (
                _("what is said"),
                _("The same code was let in at two gates, or the clocks of two devices differ."),
            ),
        ]

    def told(self, row: Amendment) -> list[Said]:
        """Return what was decided."""
        made = Amendment.objects.filter(pass_id=row.pass_id).exclude(pk=row.pk).order_by("made_at", "pk")
        return [
            Said(one.made_at, one.actor_label or _("server"), f"{one.get_kind_display()} {one.note}")
            for one in made
        ]

    def links(self, row: Amendment, request: HttpRequest) -> list[Fact]:
        """Return the two passes, as far as they may be seen."""
        other = [(_("The other pass"), url) for _text, url in pass_link(row.other_pass_id, request.user)]
        return [*pass_link(row.pass_id, request.user), *other]


REASONS = {
    "other_body": gettext_lazy("another pass has this number"),
    "bad_time": gettext_lazy("its number and its time do not fit"),
    "too_old": gettext_lazy("older than ten days"),
    "too_new": gettext_lazy("from the future"),
    "other_checkpoint": gettext_lazy("at a checkpoint that is not this device's"),
    "shift_unknown": gettext_lazy("no such shift"),
    "shift_over": gettext_lazy("the shift was over"),
    "unstorable": gettext_lazy("could not be stored"),
}


@admin.register(Quarantined)
class QuarantinedAdmin(CaseAdmin):
    """Rows that were refused, kept as they came until somebody has looked at them."""

    list_display = ("received_at", "listing", "device", "reason_shown", "state_shown")
    list_filter = ("state", "reason")
    list_select_related = ("listing", "device")
    ordering = ("-received_at",)
    deeds = (
        Deed(
            "dismiss",
            gettext_lazy("I have looked at it"),
            lambda row, user, asked: conflicts.dismiss(refused=row, by=user, note=asked["note"]),
            lambda row, user: user.has_perm(conflicts.PERMISSION) and row.state == Quarantined.State.OPEN,
            NoteForm,
            said=gettext_lazy("Noted. The row is kept as it came."),
        ),
    )

    @display(description=gettext_lazy("reason"), ordering="reason")
    def reason_shown(self, row: Quarantined) -> Any:
        """Return the reason in words, else its code."""
        what = row.reason.removeprefix("bad_")
        if row.reason not in REASONS and what != row.reason:
            return _("cannot be read: %(what)s") % {"what": what}
        return REASONS.get(row.reason, row.reason)

    @display(description=gettext_lazy("state"), ordering="state")
    def state_shown(self, row: Quarantined) -> str:
        """Return the state as a badge."""
        return badge(row.get_state_display(), "soon" if row.state == Quarantined.State.OPEN else "quiet")

    def facts(self, row: Quarantined, request: HttpRequest) -> list[Fact]:
        """Return where it came from, why it was refused, and the row itself."""
        told = orjson.dumps(row.row, option=orjson.OPT_INDENT_2).decode()
        return [
            (_("listing"), row.listing),
            (_("device"), row.device),
            (_("received at"), clock(row.received_at)),
            (_("reason"), self.reason_shown(row)),
            (_("state"), self.state_shown(row)),
            (_("decided by"), row.decided_by_label),
            (_("note"), row.note),
            (_("the row"), format_html('<code class="nx-code">{}</code>', told)),
        ]
