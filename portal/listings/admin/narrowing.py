"""What the lists of listings are narrowed by."""

import datetime as dt
from typing import Any

from django.contrib import admin
from django.db.models import Q, QuerySet
from django.http import HttpRequest
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from portal.accounts.admin_scope import scoped
from portal.listings.freshness import stale_in
from portal.listings.kinds import listing_models
from portal.listings.models import FactGroup, Listing, State
from portal.regions.models import Community, District, Street


class StaleFilter(admin.SimpleListFilter):
    """Facts that nobody confirmed in time."""

    title = gettext_lazy("overdue for confirmation")
    parameter_name = "stale"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, Any]]:
        """Return the groups of facts of the kinds listed."""
        models = [model_admin.model] if model_admin.model.kind_name else listing_models()
        names = {group for model in models for group in model.fact_groups}
        return [("any", _("anything")), *(choice for choice in FactGroup.choices if choice[0] in names)]

    def queryset(self, request: HttpRequest, queryset: QuerySet) -> QuerySet:
        """Keep what is stale in the group, or in any."""
        if self.value() in FactGroup.values:
            return stale_in(queryset, str(self.value()))
        if self.value() == "any":
            found = Q()
            for group in FactGroup.values:
                found |= Q(pk__in=stale_in(Listing.objects.all(), group).values("pk"))
            return queryset.filter(found)
        return queryset


class PlaceFilter(admin.SimpleListFilter):
    """Listings that still need a street or a position."""

    title = gettext_lazy("position")
    parameter_name = "to_place"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, Any]]:
        """Return the two answers."""
        return [("1", _("to place")), ("approximate", _("approximate"))]

    def queryset(self, request: HttpRequest, queryset: Any) -> Any:
        """Keep what is to be placed, or placed only roughly."""
        if self.value() == "1":
            return queryset.to_place()
        if self.value() == "approximate":
            return queryset.filter(accuracy="approximate", lat__isnull=False)
        return queryset


class EndingFilter(admin.SimpleListFilter):
    """Pauses that end within three days."""

    title = gettext_lazy("pause")
    parameter_name = "ending"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, Any]]:
        """Return the one answer."""
        return [("1", _("ends within three days"))]

    def queryset(self, request: HttpRequest, queryset: QuerySet) -> QuerySet:
        """Keep the pauses that end soon."""
        return ending_soon(queryset) if self.value() == "1" else queryset


def ending_soon(rows: QuerySet) -> QuerySet:
    """Keep the paused listings whose pause ends within three days."""
    return rows.filter(state=State.PAUSED, paused_until__lte=timezone.now() + dt.timedelta(days=3))


class AreaFilter(admin.SimpleListFilter):
    """Parts of the post's area: districts of a city, streets of a district, communities of a street."""

    title = gettext_lazy("area")
    parameter_name = "area"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, Any]]:
        """Return the levels that divide what the person sees, at most 40 of them."""
        levels: list[Any] = [District, Street, Community]
        for level in levels:
            rows = list(scoped(level, request.user).filter(is_current=True).order_by("code")[:41])
            if 1 < len(rows) <= 40:
                return [(row.pk, str(row)) for row in rows]
        return []

    def queryset(self, request: HttpRequest, queryset: Any) -> Any:
        """Keep what lies in the area."""
        code = self.value() or ""
        return queryset.in_area(code) if code.isdecimal() else queryset


class KindFilter(admin.SimpleListFilter):
    """The kinds, in the list of all listings."""

    title = gettext_lazy("kind")
    parameter_name = "kind"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, Any]]:
        """Return the kinds by name."""
        return [(model.kind_name, model._meta.verbose_name) for model in listing_models()]

    def queryset(self, request: HttpRequest, queryset: QuerySet) -> QuerySet:
        """Keep one kind."""
        return queryset.filter(kind=self.value()) if self.value() else queryset
