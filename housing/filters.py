"""Filters of apartment projects."""

import django_filters
from django.db.models import QuerySet
from django.utils.translation import gettext_lazy as _

from housing.models import Basis, Programme, ProgrammeLabel, RoomType
from portal.listings.filters import ListingFilter


class ApartmentFilter(ListingFilter):
    """Rent and free rooms are asked of one room type at a time, on its own basis."""

    programme = django_filters.ChoiceFilter(label=_("Programme"), choices=Programme.choices, method="labelled")
    rent_max = django_filters.NumberFilter(label=_("Rent up to, yuan a month"), method="rent", min_value=0)
    basis = django_filters.ChoiceFilter(label=_("Counted in"), choices=Basis.choices, method="counted")
    free = django_filters.BooleanFilter(label=_("Something free"), method="has_free")

    shown_on_pages = ("q", "district", "street", "programme", "rent_max", "free")

    def labelled(self, rows: QuerySet, name: str, value: str) -> QuerySet:
        """Keep projects that carry the label."""
        return rows.filter(pk__in=ProgrammeLabel.objects.filter(programme=value).values("project_id"))

    def rent(self, rows: QuerySet, name: str, value: float) -> QuerySet:
        """Keep projects with a room type whose rent after subsidy is at most this."""
        return rows.filter(pk__in=RoomType.objects.filter(rent_after_yuan__lte=value).values("project_id"))

    def counted(self, rows: QuerySet, name: str, value: str) -> QuerySet:
        """Keep projects that let on this basis."""
        return rows.filter(pk__in=RoomType.objects.filter(basis=value).values("project_id"))

    def has_free(self, rows: QuerySet, name: str, wanted: bool | None) -> QuerySet:
        """Keep projects where something was free when last said."""
        free = RoomType.objects.filter(free_count__gt=0).values("project_id")
        return rows.filter(pk__in=free) if wanted else rows
