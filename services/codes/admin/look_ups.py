"""Look-ups, read-only, and the second person's word on telling a courier later."""

from typing import Any

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from unfold.decorators import display

from portal.accounts.models import User
from portal.listings.admin.lists import badge
from services.codes import looking_up
from services.codes.admin.cases import CaseAdmin, Deed, Fact, clock
from services.codes.models import LookUp


class ToAgreeFilter(admin.SimpleListFilter):
    """Delays that wait for a second person."""

    title = gettext_lazy("delay")
    parameter_name = "delay"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, Any]]:
        """Return the one choice beside all."""
        return [("1", _("to agree to"))]

    def queryset(self, request: HttpRequest, queryset: QuerySet) -> QuerySet:
        """Keep what waits for an agreement."""
        return queryset.filter(**waiting()) if self.value() == "1" else queryset


def waiting() -> dict[str, Any]:
    """Return the conditions of a delay that somebody may still agree to."""
    return {"delay__isnull": False, "delay__agreed_at": None, "shown_from__gt": timezone.now()}


def _may_agree(row: LookUp, user: Any) -> bool:
    if row.actor_id == user.pk or not user.has_perm(looking_up.PERMISSION):
        return False
    delay = getattr(row, "delay", None)
    return delay is not None and delay.agreed_at is None and row.shown_from > timezone.now()


@admin.register(LookUp)
class LookUpAdmin(CaseAdmin):
    """Who looked up somebody in the area, for which unit and what for; the person who was looked up is not named."""

    list_display = ("made_at", "actor_shown", "unit_label", "purpose", "note", "listing_label", "told_shown")
    list_filter = (ToAgreeFilter, "purpose")
    list_select_related = ("delay",)
    search_fields = ("unit_label", "note", "listing_label")
    ordering = ("-made_at",)
    has_own_log = True
    deeds = (
        Deed(
            "agree",
            gettext_lazy("Agree that the courier is told later"),
            lambda row, user, asked: looking_up.agree_to_delay(look_up=row, by=user),
            _may_agree,
            said=gettext_lazy("Agreed. The courier is told on the day that was asked for."),
            tone="grave",
        ),
    )

    def get_changelist_instance(self, request: HttpRequest) -> Any:
        """Read the names of those who looked at once."""
        found = super().get_changelist_instance(request)
        people = User.objects.in_bulk({row.actor_id for row in found.result_list})
        for row in found.result_list:
            row.actor = people.get(row.actor_id)
        return found

    @display(description=gettext_lazy("who"))
    def actor_shown(self, row: Any) -> str:
        """Return who looked: colleagues may know, couriers read the role only."""
        person = getattr(row, "actor", None) or User.objects.filter(pk=row.actor_id).first()
        return f"{person or '—'} · {row.role_label}"

    @display(description=gettext_lazy("told to the courier from"))
    def told_shown(self, row: LookUp) -> str:
        """Return since when the courier reads it, or from when."""
        moment = looking_up.told_from(row)
        text = clock(moment)
        return badge(text, "soon" if moment > timezone.now() else "quiet")

    def facts(self, row: LookUp, request: HttpRequest) -> list[Fact]:
        """Return who looked, for whom and what for."""
        delay = getattr(row, "delay", None)
        return [
            (_("when"), clock(row.made_at)),
            (_("who"), self.actor_shown(row)),
            (_("unit"), row.unit_label),
            (_("purpose"), row.get_purpose_display()),
            (_("note"), row.note),
            (_("listing"), row.listing_label),
            (_("told to the courier from"), self.told_shown(row)),
            (_("why the courier is told later"), delay.why if delay else ""),
            (_("asked until"), timezone.localtime(delay.until).strftime("%Y-%m-%d") if delay else ""),
            (_("delay agreed by"), delay.agreed_by_label if delay else ""),
        ]
