"""Checkpoints in the administration: what stands at a gate, and its posters."""

from typing import Any

from django.contrib import admin, messages
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import path, reverse
from django.utils.html import format_html
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext
from unfold.decorators import action

from portal.accounts.admin_scope import ScopedAdmin, ScopedRelatedFilter
from services.codes import posters
from services.codes.checkpoints import ensure_everywhere
from services.codes.models import Checkpoint
from services.codes.placing import printed


@admin.register(Checkpoint)
class CheckpointAdmin(ScopedAdmin):
    """The checkpoints of the listings in reach: a poster of each, and sheets of many."""

    list_display = ("listing", "name", "kind", "is_attended", "is_active", "number", "poster_link")
    list_filter = (("listing__street", ScopedRelatedFilter), "kind", "is_attended", "is_active")
    list_select_related = ("listing",)
    search_fields = ("name", "listing__name", "listing__public_id")
    autocomplete_fields = ("listing",)
    readonly_fields = ("number",)
    actions = ("poster_pages", "label_sheets", "addresses")
    actions_list = ("make_missing",)
    list_scope = "visible_to"

    def get_urls(self) -> list[Any]:
        """Add the poster's address."""
        poster = self.admin_site.admin_view(self.poster)
        return [path("<int:pk>/poster.png", poster, name="codes_checkpoint_poster"), *super().get_urls()]

    def poster(self, request: HttpRequest, pk: int) -> HttpResponse:
        """Return a checkpoint's poster as PNG."""
        point = self.get_object(request, str(pk))
        if point is None or not self.has_view_permission(request, point):
            return HttpResponse(status=404)
        return _file(
            posters.as_png(posters.poster(printed(checkpoint=point))), "image/png", f"{point.number}.png"
        )

    @admin.display(description=_("poster"))
    def poster_link(self, point: Checkpoint) -> str:
        """Return the link to the poster."""
        address = reverse("admin:codes_checkpoint_poster", args=[point.pk])
        return format_html('<a href="{}">PNG</a>', address)

    @admin.action(description=_("Posters, one A4 page each (PDF)"), permissions=["view"])
    def poster_pages(self, request: HttpRequest, points: QuerySet) -> HttpResponse:
        """Return the posters of what was chosen."""
        pictures = (posters.poster(printed(checkpoint=point)) for point in points.select_related("listing"))
        return _file(posters.as_pdf(pictures, "Place codes"), "application/pdf", "posters.pdf")

    @admin.action(description=_("Labels, eight to an A4 page (PDF)"), permissions=["view"])
    def label_sheets(self, request: HttpRequest, points: QuerySet) -> HttpResponse:
        """Return sheets of labels of what was chosen."""
        places = [printed(checkpoint=point) for point in points.select_related("listing")]
        return _file(posters.as_pdf(posters.labels(places), "Place codes"), "application/pdf", "labels.pdf")

    @admin.action(description=_("Addresses for NFC tags (CSV)"), permissions=["view"])
    def addresses(self, request: HttpRequest, points: QuerySet) -> HttpResponse:
        """Return the addresses to write to NFC tags, as records of type URI."""
        places = [printed(checkpoint=point) for point in points.select_related("listing")]
        return _file(posters.as_csv(places), "text/csv; charset=utf-8", "nfc.csv")

    @action(
        description=_("Add the missing checkpoints of all places"), permissions=["add"], icon="add_location"
    )
    def make_missing(self, request: HttpRequest) -> HttpResponse:
        """Create what the cards of all places in reach ask for, and say how many."""
        made = ensure_everywhere(user=request.user)
        said = ngettext("%(count)s checkpoint was added.", "%(count)s checkpoints were added.", made)
        messages.success(request, said % {"count": made})
        return redirect("admin:codes_checkpoint_changelist")


def _file(content: bytes, content_type: str, name: str) -> HttpResponse:
    answer = HttpResponse(content, content_type=content_type)
    answer["Content-Disposition"] = f'attachment; filename="{name}"'
    answer["Cache-Control"] = "no-store"
    return answer
