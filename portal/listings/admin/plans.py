"""What is planned: a list with what is due next first, and calling off."""

import datetime as dt
from typing import Any

from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.db.models import Case, IntegerField, Q, QuerySet, Value, When
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase, HttpResponseNotAllowed
from django.shortcuts import redirect
from django.urls import URLPattern, path, reverse
from django.utils import timezone
from django.utils.html import format_html
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext
from unfold.decorators import display

from portal.listings.admin.dashboard import Due, also
from portal.listings.admin.doing import admin_url
from portal.listings.admin.lists import badge, moment_text
from portal.listings.admin.through import ReadOnlyMixin, ThroughListingAdmin
from portal.listings.models import Listing, PlannedMove
from portal.listings.planning import call_off

WEEK = dt.timedelta(days=7)
STANDINGS: dict[str, Q] = {
    "waiting": Q(done_at=None, cancelled_at=None),
    "done": Q(done_at__isnull=False, failure=""),
    "failed": ~Q(failure=""),
    "called_off": Q(cancelled_at__isnull=False),
}


class StandingFilter(admin.SimpleListFilter):
    """How it stands with a plan; what waits is shown first."""

    title = gettext_lazy("standing")
    parameter_name = "standing"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, Any]]:
        """Return the answers."""
        return [
            ("waiting", _("to be done")),
            ("week", _("within a week")),
            ("done", _("done")),
            ("failed", _("not done")),
            ("called_off", _("called off")),
        ]

    def queryset(self, request: HttpRequest, queryset: QuerySet) -> QuerySet:
        """Keep the plans that stand so."""
        if self.value() == "week":
            return queryset.filter(STANDINGS["waiting"], at__lte=timezone.now() + WEEK)
        return queryset.filter(STANDINGS.get(self.value() or "", Q()))


@admin.register(PlannedMove)
class PlannedMoveAdmin(ReadOnlyMixin, ThroughListingAdmin):
    """Planned moves of listings in reach; whoever may publish a listing may call its plans off."""

    sidebar_title = gettext_lazy("planned moves")
    list_display = (
        "listing_shown",
        "move_shown",
        "at_shown",
        "until_shown",
        "reason",
        "planner_shown",
        "standing_shown",
    )
    list_display_links = None
    list_filter = (StandingFilter, "to")
    list_select_related = ("listing",)
    search_fields = ("listing__name", "listing__public_id", "reason", "actor_label")
    search_help_text = gettext_lazy("Name or number of the listing, reason, who planned it")
    list_fullwidth = True
    show_full_result_count = False
    actions = ("call_off_chosen",)

    def get_ordering(self, request: HttpRequest) -> Any:
        """Return what waits first, by when it is due."""
        over = Case(When(STANDINGS["waiting"], then=Value(0)), default=Value(1), output_field=IntegerField())
        return (over, "at", "pk")

    def has_call_off_permission(self, request: HttpRequest) -> bool:
        """Say whether the person may call plans off at all."""
        user: Any = request.user
        return user.has_perm("listings.publish_listing")

    @display(description=gettext_lazy("listing"), ordering="listing__name")
    def listing_shown(self, obj: PlannedMove) -> str:
        """Return the listing's name, which leads to its page."""
        return format_html('<a class="nx-name" href="{}">{}</a>', admin_url(obj.listing), obj.listing.name)

    @display(description=gettext_lazy("becomes"), ordering="to")
    def move_shown(self, obj: PlannedMove) -> str:
        """Return the state that it is to have."""
        return badge(obj.get_to_display(), "open" if obj.to == "published" else "soon")

    @display(description=gettext_lazy("at"), ordering="at")
    def at_shown(self, obj: PlannedMove) -> str:
        """Return the moment."""
        return moment_text(obj.at)

    @display(description=gettext_lazy("until"), ordering="until")
    def until_shown(self, obj: PlannedMove) -> str:
        """Return the end."""
        return moment_text(obj.until) if obj.until else "—"

    @display(description=gettext_lazy("who"), ordering="actor_label")
    def planner_shown(self, obj: PlannedMove) -> str:
        """Return who planned it, for which office."""
        return format_html('{}<span class="nx-soft nx-cut">{}</span>', obj.actor_label, obj.post_label)

    @display(description=gettext_lazy("standing"))
    def standing_shown(self, obj: PlannedMove) -> str:
        """Return how it stands, and why it was not done."""
        if obj.cancelled_at:
            return format_html(
                '{} <span class="nx-soft">{}</span>', badge(_("called off")), obj.cancelled_by_label
            )
        if obj.failure:
            return format_html(
                '{} <span class="nx-soft">{}</span>', badge(_("not done"), "stop"), obj.failure
            )
        return badge(_("done"), "open") if obj.done_at else badge(_("to be done"), "soon")

    @admin.action(description=gettext_lazy("Call it off"), permissions=["call_off"])
    def call_off_chosen(self, request: HttpRequest, queryset: QuerySet) -> None:
        """Call off what is chosen and the person's to call off."""
        self._call_off(request, queryset)

    def _call_off(self, request: HttpRequest, queryset: QuerySet) -> None:
        user: Any = request.user
        mine = queryset.filter(listing__in=Listing.objects.publishable_by(user).values("pk"))
        asked = queryset.count()
        count = call_off(plans=list(mine.order_by("pk")), actor=user)
        if count:
            text = ngettext("Called off: %(count)d plan.", "Called off: %(count)d plans.", count)
            messages.success(request, text % {"count": count})
        if asked > count:
            text = ngettext(
                "%(count)d was left: it is over already, or not yours to call off.",
                "%(count)d were left: they are over already, or not yours to call off.",
                asked - count,
            )
            messages.warning(request, text % {"count": asked - count})

    def get_urls(self) -> list[URLPattern]:
        """Add the address that calls one off."""
        view = self.admin_site.admin_view(self.call_off_view)
        return [
            path("<path:object_id>/call-off/", view, name="listings_plannedmove_call_off"),
            *super().get_urls(),
        ]

    def call_off_view(self, request: HttpRequest, object_id: str) -> HttpResponseBase:
        """Call one plan off and go back to the listing."""
        plan: Any = self.get_object(request, object_id)
        if (
            plan is None
            or not Listing.objects.publishable_by(request.user).filter(pk=plan.listing_id).exists()
        ):
            raise PermissionDenied
        if request.method != "POST":
            return HttpResponseNotAllowed(["POST"])
        self._call_off(request, PlannedMove.objects.filter(pk=plan.pk))
        return redirect(admin_url(plan.listing))

    def change_view(
        self, request: HttpRequest, object_id: str, form_url: str = "", extra_context: Any = None
    ) -> HttpResponse:
        """Lead to the listing, where its plans stand."""
        plan: Any = self.get_object(request, object_id)
        if plan is None:
            raise PermissionDenied
        return redirect(admin_url(plan.listing))


def planned_this_week(user: Any) -> list[Due]:
    """Return what is planned within a week, for whoever may publish."""
    if not user.has_perm("listings.publish_listing"):
        return []
    rows = PlannedMove.objects.waiting().filter(
        at__lte=timezone.now() + WEEK, listing__in=Listing.objects.publishable_by(user).values("pk")
    )
    url = reverse("admin:listings_plannedmove_changelist") + "?standing=week"
    return [Due(rows.count(), _("Planned this week"), url)]


also(planned_this_week)
