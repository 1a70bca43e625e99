"""Columns, filters and search of the lists of listings."""

import datetime as dt
from typing import Any

from django.core.files.storage import storages
from django.db.models import CharField, JSONField, Prefetch, QuerySet, Value
from django.db.models.fields.json import KeyTextTransform
from django.db.models.functions import Cast, NullIf
from django.http import HttpRequest
from django.utils import timezone
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext
from unfold.decorators import display

from portal.listings.admin.narrowing import AreaFilter, EndingFilter, PlaceFilter, StaleFilter
from portal.listings.admin.sources_lists import KeptFilter, SourceFilter, register_part, with_registers
from portal.listings.freshness import is_stale, lifetime, with_confirmations
from portal.listings.kinds import listing_models
from portal.listings.models import FactGroup, Listing, PlannedMove, State
from portal.listings.pictures import picture_paths

TONES = {
    State.DRAFT: "quiet",
    State.IN_REVIEW: "soon",
    State.PUBLISHED: "open",
    State.PAUSED: "soon",
    State.ARCHIVED: "quiet",
}


def badge(text: Any, tone: str = "quiet") -> str:
    """Return a small label in one of the tones open, soon, stop, quiet."""
    return format_html('<span class="nx-badge nx-{}">{}</span>', tone, text)


def age_text(at: dt.datetime | None, now: dt.datetime, stale: bool) -> str:
    """Return how long ago something was confirmed: in hours, then days."""
    if at is None:
        return _("never confirmed")
    days = (now - at).days
    if stale and days >= 1:
        return ngettext("not confirmed for %(count)d day", "not confirmed for %(count)d days", days) % {
            "count": days
        }
    if days >= 1:
        return ngettext("confirmed %(count)d day ago", "confirmed %(count)d days ago", days) % {"count": days}
    hours = int((now - at).total_seconds() // 3600)
    if hours < 1:
        return _("confirmed just now")
    return ngettext("confirmed %(count)d hour ago", "confirmed %(count)d hours ago", hours) % {"count": hours}


def moment_text(at: dt.datetime) -> str:
    """Return a moment in the city, with its year unless that is this one's."""
    local = timezone.localtime(at)
    return local.strftime("%m-%d %H:%M" if local.year == timezone.localdate().year else "%Y-%m-%d %H:%M")


def waiting_plans(listing: Any) -> list[PlannedMove]:
    """Return what is planned for a listing, the next first; one query unless the list has read it."""
    read = listing.__dict__.get("plans_read")
    return list(listing.planned_moves.waiting().order_by("at", "pk")) if read is None else read


def standing_parts(listing: Any) -> list[Any]:
    """Return the state and what holds a place shut for now, as badges."""
    parts = [badge(listing.get_state_display(), TONES[State(listing.state)])]
    if listing.state == State.PAUSED and listing.paused_until:
        end = _("until %(moment)s") % {"moment": moment_text(listing.paused_until)}
        parts.append(format_html('<span class="nx-soft">{}</span>', end))
    if listing.shut_until and listing.shut_until > timezone.now():
        parts.append(badge(listing.get_shut_reason_display(), "stop"))
    if not listing.is_placed and listing.state != State.ARCHIVED:
        parts.append(badge(_("to place"), "soon"))
    return parts


def stacked(parts: list[Any]) -> str:
    """Return badges in a row that wraps."""
    inside = format_html_join("", "{}", ((part,) for part in parts))
    return format_html('<span class="nx-stack">{}</span>', inside)


class ListingListMixin:
    """The list of listings; every column comes from one query and its prefetches, whatever the number of rows."""

    model: type[Listing]
    list_display: Any = (
        "picture_shown",
        "name_shown",
        "state_shown",
        "freshness_shown",
        "area_shown",
        "version_shown",
    )
    list_display_links: Any = ("picture_shown", "name_shown")
    list_filter: Any = ("state", StaleFilter, PlaceFilter, EndingFilter, AreaFilter, SourceFilter, KeptFilter)
    search_fields: Any = ("name",)
    search_help_text: Any = gettext_lazy("Name, address, dish or amenity; pinyin and initials too")
    list_per_page: Any = 40
    show_full_result_count: Any = False
    ordering: Any = ("name", "pk")
    list_fullwidth = True
    list_filter_sheet = True

    def get_queryset(self, request: HttpRequest) -> QuerySet:
        """Return the rows in scope; for the list with what its columns show and without the stored documents."""
        rows = super().get_queryset(request)  # type: ignore[misc]
        match = request.resolver_match
        if match is None or not (match.url_name or "").endswith("_changelist"):
            return rows
        parsed = Cast(NullIf("document", Value("")), JSONField())
        plans = Prefetch(
            "planned_moves", PlannedMove.objects.waiting().order_by("at", "pk"), to_attr="plans_read"
        )
        rows = rows.select_related("street", "district").prefetch_related("photos", plans)
        rows = rows.annotate(drawing_path=KeyTextTransform("drawing", parsed, output_field=CharField()))
        return with_confirmations(with_registers(rows)).defer("document", "search_text")

    def get_search_results(
        self, request: HttpRequest, queryset: Any, search_term: str
    ) -> tuple[QuerySet, bool]:
        """Search as the public search does: Chinese, pinyin, initials."""
        return queryset.search(search_term), False

    @display(description=gettext_lazy("picture"))
    def picture_shown(self, listing: Any) -> str:
        """Return a thumbnail: the first photo, else the drawing."""
        photo = next((row for row in listing.photos.all() if row.role == "picture"), None)
        path = picture_paths(photo.digest)["small"] if photo else getattr(listing, "drawing_path", None)
        if not path:
            return SafeString('<span class="nx-thumb nx-thumb-none" aria-hidden="true"></span>')
        return format_html(
            '<img class="nx-thumb" src="{}" alt="" width="56" height="42" loading="lazy">',
            storages["public"].url(path),
        )

    @display(description=gettext_lazy("name"), ordering="name")
    def name_shown(self, listing: Any) -> str:
        """Return name and address."""
        return format_html(
            '<span class="nx-name">{}</span><span class="nx-soft nx-cut">{}</span>',
            listing.name,
            listing.address,
        )

    @display(description=gettext_lazy("state"), ordering="state")
    def state_shown(self, listing: Any) -> str:
        """Return the state, what holds the place shut for now, and what is planned next."""
        parts = standing_parts(listing)
        for plan in waiting_plans(listing)[:1]:
            said = {"moment": moment_text(plan.at), "state": plan.get_to_display()}
            parts.append(badge(_("planned for %(moment)s: %(state)s") % said, "soon"))
        if part := register_part(listing):
            parts.append(badge(*part))
        return stacked(parts)

    @display(description=gettext_lazy("freshness"))
    def freshness_shown(self, listing: Any) -> str:
        """Return the group of facts that has waited longest past its lifetime, else the oldest one."""
        if not listing.is_public:
            return SafeString('<span class="nx-soft">—</span>')
        now = timezone.now()
        group, at = oldest_due(listing, now)
        stale = is_stale(group, at, now)
        name = FactGroup(group).label if group in FactGroup.values else group
        return format_html(
            '<span class="nx-fresh {}"><span>{}</span> <span class="nx-soft">{}</span></span>',
            "nx-is-stale" if stale else "",
            age_text(at, now, stale),
            name,
        )

    @display(description=gettext_lazy("street"), ordering="area_code")
    def area_shown(self, listing: Any) -> str:
        """Return the street, else the district."""
        return str(listing.street or listing.district or "—")

    @display(description=gettext_lazy("version"), ordering="revision_number")
    def version_shown(self, listing: Any) -> int:
        """Return the number of the last accepted version."""
        return listing.revision_number


def oldest_due(listing: Any, now: dt.datetime) -> tuple[str, dt.datetime | None]:
    """Return (group, last confirmed) of the facts that are most overdue for their lifetime."""
    kinds = {model.kind_name: model for model in listing_models()}
    groups = kinds[listing.kind].fact_groups if listing.kind in kinds else listing.fact_groups

    def overdue(group: str) -> float:
        at = getattr(listing, f"confirmed_{group}", None)
        return float("inf") if at is None else (now - at) / lifetime(group)

    group = max(groups, key=overdue)
    return str(group), getattr(listing, f"confirmed_{group}", None)
