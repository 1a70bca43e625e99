"""What stands around a listing's form: its state and buttons, the small map, its copy."""

from collections.abc import Callable
from typing import Any, NamedTuple

from django.conf import settings
from django.contrib import messages
from django.core.exceptions import PermissionDenied, ValidationError
from django.db import transaction
from django.http import HttpRequest, HttpResponseNotAllowed
from django.http.response import HttpResponseBase
from django.shortcuts import redirect
from django.urls import NoReverseMatch, URLPattern, path, reverse
from django.utils import timezone
from django.utils.translation import gettext as _

from portal.listings import repeating
from portal.listings.admin import merging
from portal.listings.admin.deeds import PUBLISH, channel_of
from portal.listings.admin.doing import admin_url
from portal.listings.admin.lists import age_text, stacked, standing_parts, waiting_plans
from portal.listings.admin.many import AdminPart
from portal.listings.admin.reported import reported
from portal.listings.coordinates import from_wgs84
from portal.listings.freshness import is_stale, with_confirmations
from portal.listings.models import Datum, FactGroup, Listing, Proposal
from portal.listings.snapshots import read_snapshot
from portal.tiles import credit


class Beside(NamedTuple):
    """A page that belongs to a listing and stands above the kernel."""

    label: str
    url: str


_BESIDE: list[Callable[[HttpRequest, Listing], Beside | None]] = []


def beside(find: Callable[[HttpRequest, Listing], Beside | None]) -> None:
    """Let an app name a page of its own beside a listing's; its admin module calls this once."""
    if find not in _BESIDE:
        _BESIDE.append(find)


def map_config(listing: Any) -> dict[str, Any]:
    """Return what the small map needs: datum, the pin, tiles if there are any, its words."""
    datum = settings.MAP_TILES_DATUM if settings.MAP_TILES_URL else str(Datum.WGS84)
    placed = listing is not None and listing.lat is not None
    return {
        "centre": [30.25, 120.17],
        "at": from_wgs84(listing.lat, listing.lng, datum) if placed else None,
        "datum": datum,
        "tiles": settings.MAP_TILES_URL,
        "subdomains": settings.MAP_TILES_SUBDOMAINS,
        "attribution": credit(),
        "outlines": reverse("map_outlines"),
        "here": _("Use my position"),
        "pin": _("Drag the pin to the place"),
        "asking": _("Asking this device for its position…"),
        "found": _("Found, to within {} metres. Drag the pin if it is off."),
        "denied": _("This device did not tell its position. Paste a map link instead."),
    }


class PagesMixin(AdminPart):
    """The strip above the form, the comparison and copy of a listing admin."""

    model: type[Listing]
    admin_site: Any

    def render_change_form(
        self,
        request: HttpRequest,
        context: Any,
        add: bool = False,
        change: bool = False,
        form_url: str = "",
        obj: Any = None,
    ) -> Any:
        """Add state, freshness, buttons, and both versions when two people saved."""
        if obj is not None and change:
            form, formsets = (
                context["adminform"].form,
                [row.formset for row in context["inline_admin_formsets"]],
            )
            context.update(self._standing(request, obj), **self.proposed_context(request, obj))
            since = merging.version_of(form["compared_from"].value())
            if form.is_bound and since is not None:
                mine = merging.collect(self.model, form, formsets)
                mine = merging.settle(mine, read_snapshot(self.model.objects.with_groups().get(pk=obj.pk)))
                stored: Any = self.get_object(request, str(obj.pk))
                context["conflict"] = merging.panel(stored, mine, since)
        context["map_config"] = map_config(obj)
        return super().render_change_form(request, context, add, change, form_url, obj)

    def _standing(self, request: HttpRequest, obj: Any) -> dict[str, Any]:
        """Return what the strip above the form shows."""
        now = timezone.now()
        rows = self.model.objects.filter(pk=obj.pk).select_related("source_record")
        stored = with_confirmations(rows).defer("document").get()
        facts = []
        for group in stored.fact_groups if stored.is_public else ():
            at = getattr(stored, f"confirmed_{group}", None)
            stale = is_stale(group, at, now)
            facts.append(
                {"label": FactGroup(group).label, "text": age_text(at, now, stale), "is_stale": stale}
            )
        waiting = list(Proposal.objects.waiting().filter(listing=obj.pk).order_by("made_at", "pk"))
        return {
            "stored": stored,
            "state_badge": stacked(standing_parts(stored)),
            "facts": facts,
            "deeds": self.offered(request, stored),
            "may_duplicate": self.has_add_permission(request),
            "promised": repeating.promise(),
            "preview_url": self._preview_url(stored),
            "public_url": self._public_url(stored),
            "waiting": waiting,
            "plans": waiting_plans(stored),
            "may_call_off": self.in_scope(request, stored, PUBLISH),
            **self.source_context(stored),
            "reported": reported(obj, now),
            "beside": [found for find in _BESIDE if (found := find(request, stored))],
            "deed_base": reverse(
                f"admin:{self.model._meta.app_label}_{self.model._meta.model_name}_change", args=[obj.pk]
            ).removesuffix("change/"),
        }

    def _preview_url(self, listing: Listing) -> str:
        try:
            return reverse(f"{type(listing).plural}:preview", args=[listing.public_id])
        except NoReverseMatch:
            return ""

    def _public_url(self, listing: Listing) -> str:
        try:
            return listing.get_absolute_url() if listing.is_public else ""
        except NoReverseMatch:
            return ""

    def get_urls(self) -> list[URLPattern]:
        """Add the address that copies a listing."""
        meta = self.model._meta
        view = self.admin_site.admin_view(self.duplicate_view)
        name = f"{meta.app_label}_{meta.model_name}_duplicate"
        return [path("<path:object_id>/duplicate/", view, name=name), *super().get_urls()]

    def duplicate_view(self, request: HttpRequest, object_id: str) -> HttpResponseBase:
        """Copy a listing into a draft of its own."""
        listing = self.get_object(request, object_id)
        if (
            listing is None
            or not self.has_add_permission(request)
            or not self.has_change_permission(request, listing)
        ):
            raise PermissionDenied
        if request.method != "POST":
            return HttpResponseNotAllowed(["POST"])
        whole = self.model.objects.with_groups().get(pk=listing.pk)
        changes = {**read_snapshot(whole), "name": _("%(name)s (copy)") % {"name": whole.name[:70]}}
        user: Any = request.user
        try:
            with transaction.atomic():
                copy = repeating.create_once(
                    model=self.model,
                    number=repeating.promised(request.POST.get("promised", "")),
                    changes=changes,
                    actor=user,
                    channel=channel_of(user),
                    is_copy=True,
                )
                self.require_scope(request, copy)
        except ValidationError as error:
            messages.error(request, " ".join(error.messages))
            return redirect(admin_url(listing))
        messages.success(request, _("This is a copy, kept as a draft. Change what differs."))
        return redirect(admin_url(copy))
