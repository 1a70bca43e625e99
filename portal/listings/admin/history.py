"""The history of a listing: its timeline, two versions side by side, and bringing back what one of them said."""

from typing import Any

from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied, ValidationError
from django.db import transaction
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.urls import URLPattern, path
from django.utils.text import capfirst
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from unfold.decorators import display

from portal.listings import restoring, revising
from portal.listings.admin import timeline
from portal.listings.admin.deeds import channel_of
from portal.listings.admin.doing import admin_url
from portal.listings.admin.many import AdminPart
from portal.listings.admin.merging import version_of
from portal.listings.admin.through import ReadOnlyMixin, ThroughListingAdmin
from portal.listings.admin.wording import Words, key_label
from portal.listings.kinds import listing_model
from portal.listings.models import Listing, Proposal, Revision
from portal.listings.parts import parts_in


class ChangedKeys:
    """Name what a proposal or version is of, and what it touches."""

    @display(description=gettext_lazy("listing"), ordering="listing__name")
    def listing_shown(self, obj: Any) -> str:
        """Return the listing's name."""
        return str(obj.listing)

    @display(description=gettext_lazy("changes"))
    def keys_shown(self, obj: Any) -> str:
        """Return the names of the changed parts, at most five."""
        changes = obj.changes if isinstance(obj, Proposal) else obj.after
        model = listing_model(obj.listing.kind)
        names = [key_label(model, part) for part in parts_in(model, changes)]
        return "、".join(names[:5]) + ("…" if len(names) > 5 else "")


class HistoryMixin(AdminPart):
    """The history pages of a listing admin."""

    model: type[Listing]
    admin_site: Any

    def get_urls(self) -> list[URLPattern]:
        """Add the address that brings back what a version said."""
        meta = self.model._meta
        view = self.admin_site.admin_view(self.earlier_view)
        name = f"{meta.app_label}_{meta.model_name}_earlier"
        return [path("<path:object_id>/earlier/", view, name=name), *super().get_urls()]

    def history_view(self, request: HttpRequest, object_id: str, extra_context: Any = None) -> HttpResponse:
        """Show what happened to the listing, a page at a time, and two of its versions side by side if asked."""
        listing = self.get_object(request, object_id)
        if listing is None or not self.has_view_or_change_permission(request, listing):
            raise PermissionDenied
        kind = request.GET.get("kind", "")
        page = timeline.page_of(listing, kind, request.GET.get("p"))
        context = {
            **self.admin_site.each_context(request),
            "title": _("History of “%(name)s”") % {"name": listing.name},
            "opts": self.model._meta,
            "original": listing,
            "object": listing,
            "page": page,
            "kinds": timeline.KINDS,
            "kind": kind,
            "entries": timeline.entries(self.model, list(page.object_list), request.user),
            "compared": self._compared(request, listing),
            "back": admin_url(listing),
            "restore_url": self._restore_url(request, listing),
            "media": self.media,
            **(extra_context or {}),
        }
        request.current_app = self.admin_site.name
        return TemplateResponse(request, "admin/listings/history.html", context)

    def _restore_url(self, request: HttpRequest, listing: Listing) -> str:
        return admin_url(listing, "earlier") if self.has_change_permission(request, listing) else ""

    def _compared(self, request: HttpRequest, listing: Listing) -> dict[str, Any] | None:
        """Return what differs between the versions a and b of the address, the earlier one first."""
        asked = sorted(
            number for name in ("a", "b") if (number := version_of(request.GET.get(name))) is not None
        )
        if len(asked) < 2 or not 0 < asked[0] < asked[1] <= listing.revision_number:
            return {"fault": True} if asked else None
        between = [row for row in revising.versions_since(listing, asked[0]) if row[0] <= asked[1]]
        changes = revising.folded(between)
        old, new = ({key: change[side] for key, change in changes.items()} for side in ("before", "after"))
        same = [key for key in old if old[key] == new[key]]
        old, new = ({key: half[key] for key in half if key not in same} for half in (old, new))
        words = Words([(self.model, old), (self.model, new)])
        return {
            "a": asked[0],
            "b": asked[1],
            "differences": words.differences(self.model, old, new) if new else [],
        }

    def earlier_view(self, request: HttpRequest, object_id: str) -> HttpResponseBase:
        """Show what would change, the present value first; bring back what is ticked."""
        listing: Any = self.get_object(request, object_id)
        if listing is None or not self.has_change_permission(request, listing):
            raise PermissionDenied
        number = version_of(request.GET.get("to"))
        if not number or number > listing.revision_number:
            messages.warning(request, _("There is no such version."))
            return redirect(admin_url(listing, "history"))
        actor: Any = request.user
        found = restoring.restorable(listing, number, request.GET.getlist("part"))
        if request.method == "POST":
            names = [one.part for one in found] if "all" in request.POST else request.POST.getlist("restore")
            if self._restore(request, listing, number, found, names):
                return redirect(admin_url(listing, "history"))
        context = {
            **self.admin_site.each_context(request),
            "title": _("“%(name)s” as it was at version %(number)d")
            % {"name": listing.name, "number": number},
            "opts": self.model._meta,
            "original": listing,
            "rows": self._rows(found, number),
            "seen": listing.revision_number,
            "waits": revising.needs_proposal(listing, actor),
            "back": admin_url(listing, "history"),
            "media": self.media,
        }
        request.current_app = self.admin_site.name
        return TemplateResponse(request, "admin/listings/earlier.html", context)

    def _restore(self, request: HttpRequest, listing: Any, number: int, found: Any, names: list[str]) -> bool:
        """Restore and say what came of it; False when the page is to be shown again."""
        user: Any = request.user
        try:
            with transaction.atomic():
                outcome = restoring.restore(
                    listing=listing,
                    number=number,
                    parts=restoring.chosen(found, names),
                    actor=user,
                    channel=channel_of(user),
                    base_number=version_of(request.POST.get("seen")) or 0,
                )
                if not isinstance(outcome, Proposal):
                    self.require_scope(request, listing)
        except revising.Conflict:
            messages.error(request, _("Somebody changed this listing meanwhile. Look again, then restore."))
            return False
        except ValidationError as error:
            messages.error(request, " ".join(error.messages))
            return False
        if isinstance(outcome, Proposal):
            text = _("This waits for someone who may publish; the public sees it after that.")
            messages.warning(request, text)
        elif outcome is not None:
            messages.success(request, _("Restored from version %(number)d.") % {"number": number})
        return True

    def _rows(self, found: list[restoring.Restorable], number: int) -> list[dict[str, Any]]:
        words = Words((self.model, half) for one in found for half in (one.now, one.then))
        photos = capfirst(key_label(self.model, "photos"))
        return [
            {
                "one": one,
                "differences": words.differences(self.model, one.now, one.then),
                "is_ticked": one.number == number + 1,
                "lost": [row.get("alt") or photos for row in one.lost],
            }
            for one in found
        ]


@admin.register(Revision)
class RevisionAdmin(ChangedKeys, ReadOnlyMixin, ThroughListingAdmin):
    """Every accepted version of every listing in reach, the newest first."""

    list_display = (
        "listing_shown",
        "number",
        "keys_shown",
        "actor_label",
        "post_label",
        "channel",
        "made_at",
    )
    list_filter = ("channel",)
    list_select_related = ("listing",)
    search_fields = ("listing__name", "listing__public_id", "actor_label")
    ordering = ("-made_at", "-pk")
    show_full_result_count = False
    list_fullwidth = True
    actions = None

    def change_view(
        self, request: HttpRequest, object_id: str, form_url: str = "", extra_context: Any = None
    ) -> HttpResponse:
        """Show what the version changed."""
        revision: Any = self.get_object(request, object_id)
        if revision is None:
            return self._get_obj_does_not_exist_redirect(request, self.opts, object_id)
        if not self.has_view_permission(request, revision):
            raise PermissionDenied
        model = listing_model(revision.listing.kind)
        context = {
            **self.admin_site.each_context(request),
            "title": _("History of “%(name)s”") % {"name": revision.listing.name},
            "opts": self.opts,
            "original": revision.listing,
            "entries": timeline.complete(model, [timeline.Entry(timeline.VERSION, revision)], request.user),
            "back": admin_url(revision.listing),
            "restore_url": admin_url(revision.listing, "earlier"),
            "media": self.media,
        }
        request.current_app = self.admin_site.name
        return TemplateResponse(request, "admin/listings/history.html", context)

    def history_view(self, request: HttpRequest, object_id: str, extra_context: Any = None) -> HttpResponse:
        """A version has no history of its own: show it."""
        return redirect("admin:listings_revision_change", object_id)
