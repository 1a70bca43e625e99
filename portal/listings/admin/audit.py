"""The audit in the administration: one timeline of all that was done, and each entry by itself."""

from typing import Any

from django.contrib import admin
from django.http import Http404, HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils.http import urlencode
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from portal.accounts.admin_scope import BIGINT
from portal.accounts.staff_pages import StaffPage, add_page
from portal.audit.models import Event, Origin
from portal.audit.wording import changes_of
from portal.listings.admin.audit_form import AuditForm
from portal.listings.admin.audit_lines import line_of
from portal.listings.admin.doing import admin_url
from portal.listings.admin.wording import Words
from portal.listings.inspecting import PERMISSION as EXPORT
from portal.listings.kinds import listing_model
from portal.listings.models import Listing, Revision
from portal.listings.timeline import (
    BY_NAME,
    PERMISSION,
    Place,
    in_reach,
    page_of,
    said,
    tells_origin,
    with_names,
)


def may_read(user: Any) -> bool:
    """Say whether somebody may read the audit; what of it, the acting post's reach decides."""
    return user.has_perm(PERMISSION)


def trail_view(request: HttpRequest) -> HttpResponse:
    """Show the timeline, the newest first, fifty entries at a time."""
    form = AuditForm(request.GET, user=request.user)
    lines, older = [], None
    if form.is_valid():
        rows, older = page_of(request.user, form.asked(), Place.read(request.GET.get("before", "")))
        lines = [line_of(source, row) for source, row in rows]
    kept = {key: str(value) for key, value in request.GET.items() if value and key != "before"}
    context = {
        **admin.site.each_context(request),
        "title": _("Audit"),
        "form": form,
        "lines": lines,
        "kept": urlencode(kept),
        "older": urlencode({**kept, "before": str(older)}) if older else "",
        "is_first": "before" not in request.GET,
        "is_narrowed": bool(kept),
        "export_url": reverse("admin:audit_export") if request.user.has_perm(EXPORT) else "",
    }
    request.current_app = admin.site.name
    return TemplateResponse(request, "admin/audit/trail.html", context)


def entry_view(request: HttpRequest, entry: str, number: int) -> HttpResponse:
    """Show one entry: old and new, and from where it came."""
    source = BY_NAME.get(entry)
    if source is None or number >= BIGINT:
        raise Http404
    row = (
        with_names(source)
        .filter(pk__in=in_reach(request.user, source).filter(pk=number).values("pk"))
        .first()
    )
    if row is None:
        raise Http404
    context = {
        **admin.site.each_context(request),
        "title": _("Audit"),
        "line": line_of(source, row),
        "row": row,
        "origin": origin_of(row),
        "together": f"{reverse('admin:audit_trail')}?{urlencode({'request': row.request_id})}",
        "by_person": f"{reverse('admin:audit_trail')}?{urlencode({'person': row.actor_id or ''})}",
        **_what(request, row),
    }
    request.current_app = admin.site.name
    return TemplateResponse(request, "admin/audit/entry.html", context)


def origin_of(row: Any) -> Origin | None:
    """Return from where an entry came while that is kept; never of a courier."""
    known = Origin.objects.filter(request_id=row.request_id)
    return known.first() if row.request_id and tells_origin(row) else None


def _what(request: HttpRequest, row: Any) -> dict[str, Any]:
    """Return what the page of an entry shows of what was changed, and of what."""
    if isinstance(row, Event):
        return {"changes": changes_of(row)}
    listing = said(row).listing
    may_open = Listing.objects.editable_by(request.user).filter(pk=listing.pk).exists()
    shown: dict[str, Any] = {"listing_url": admin_url(listing) if may_open else ""}
    if isinstance(row, Revision):
        model = listing_model(listing.kind)
        words = Words([(model, row.before), (model, row.after)])
        shown["differences"] = words.differences(model, row.before, row.after)
    return shown


add_page(StaffPage("audit/", "audit_trail", gettext_lazy("Audit"), trail_view, may_read, "manage_search"))
add_page(
    StaffPage("audit/<str:entry>/<int:number>/", "audit_entry", gettext_lazy("Audit"), entry_view, may_read)
)
