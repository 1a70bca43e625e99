"""All listings in one list, and who keeps which."""

from typing import Any

from django.contrib import admin
from django.core.exceptions import PermissionDenied
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils.translation import gettext_lazy
from unfold.decorators import display

from portal.accounts.admin_scope import ScopedAdmin, scoped
from portal.accounts.models import Post
from portal.listings.admin.doing import DeedsMixin, admin_url
from portal.listings.admin.lists import ListingListMixin
from portal.listings.admin.narrowing import KindFilter
from portal.listings.admin.sources_pages import SourcesMixin
from portal.listings.admin.through import ThroughListingAdmin
from portal.listings.kinds import listing_models
from portal.listings.models import Listing, Stewardship


@admin.register(Listing)
class EveryListingAdmin(SourcesMixin, DeedsMixin, ListingListMixin, ScopedAdmin):
    """Every listing in reach, of all kinds; a row opens the page of its kind."""

    sidebar_title = gettext_lazy("All listings")
    list_display = (
        "picture_shown",
        "name_shown",
        "kind_shown",
        "state_shown",
        "freshness_shown",
        "area_shown",
        "version_shown",
    )
    list_filter = (KindFilter, *ListingListMixin.list_filter)

    @display(description=gettext_lazy("kind"), ordering="kind")
    def kind_shown(self, listing: Listing) -> str:
        """Return the kind's name."""
        names = {model.kind_name: model._meta.verbose_name for model in listing_models()}
        return str(names.get(listing.kind, listing.kind))

    def has_add_permission(self, request: HttpRequest) -> bool:
        """Return False: a listing is always of a kind."""
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Return False: listings are archived, never deleted."""
        return False

    def change_view(
        self, request: HttpRequest, object_id: str, form_url: str = "", extra_context: Any = None
    ) -> HttpResponse:
        """Lead to the page of the listing's kind."""
        return redirect(admin_url(self._found(request, object_id)))

    def history_view(self, request: HttpRequest, object_id: str, extra_context: Any = None) -> HttpResponse:
        """Lead to the history on the page of the listing's kind."""
        return redirect(admin_url(self._found(request, object_id), "history"))

    def _found(self, request: HttpRequest, object_id: str) -> Listing:
        listing: Any = self.get_object(request, object_id)
        if listing is None:
            raise PermissionDenied
        return listing


@admin.register(Stewardship)
class StewardshipAdmin(ThroughListingAdmin):
    """Which post keeps which listing: a canteen's operator, a compound's property manager."""

    list_display = ("listing", "post", "person_shown")
    list_select_related = ("listing", "post__user", "post__organisation", "post__group")
    search_fields = ("listing__name", "post__user__name", "post__organisation__name")
    autocomplete_fields = ("listing",)

    @display(description=gettext_lazy("person"))
    def person_shown(self, obj: Stewardship) -> str:
        """Return whose post it is."""
        return str(obj.post.user)

    def formfield_for_foreignkey(self, db_field: Any, request: HttpRequest, **kwargs: Any) -> Any:
        """Offer listings that the person may change, and posts that the person sees."""
        if db_field.name == "listing":
            kwargs["queryset"] = scoped(Listing, request.user, "editable_by")
        else:
            rows: QuerySet = scoped(Post, request.user)
            kwargs["queryset"] = rows.select_related("user", "organisation", "group")
        return super().formfield_for_foreignkey(db_field, request, **kwargs)
