"""Admins of what hangs on a listing: it is reached through the listing, so the listing's scope decides."""

from typing import Any

from django.db.models import Model, QuerySet
from django.http import HttpRequest

from portal.accounts.admin_scope import ScopedAdmin
from portal.listings.models import Listing


class ThroughListingAdmin(ScopedAdmin):
    """Show and open only rows whose listing the person may change."""

    listing_field = "listing"

    def get_queryset(self, request: HttpRequest) -> QuerySet:
        """Return the rows of listings in scope."""
        kept = Listing.objects.editable_by(request.user).values("pk")
        return super().get_queryset(request).filter(**{f"{self.listing_field}__in": kept})

    def covers(self, request: HttpRequest, obj: Model, scope: str = "") -> bool:
        """Ask for the row's listing; visible and editable are the same here."""
        known = request.__dict__.setdefault("_through_listing", {})
        key = (type(obj), obj.pk)
        if key not in known:
            known[key] = self.get_queryset(request).filter(pk=obj.pk).exists()
        return known[key]


class ReadOnlyMixin:
    """Rows that nobody adds, changes or deletes by hand."""

    def has_add_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Return False for everyone."""
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Return False for everyone."""
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Return False for everyone."""
        return False
