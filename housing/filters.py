"""Filters of apartment projects."""

from django.db.models import QuerySet
from django.utils.translation import gettext_lazy as _

from housing.models import Basis, Programme, ProgrammeLabel, RoomType
from portal.listings.filters import AmountFilter, FlagFilter, ListingFilter, OneOfFilter


class ApartmentFilter(ListingFilter):
    """Rent, basis and what is free are asked of one room type together: bases are never mixed."""

    programme = OneOfFilter(label=_("Programme"), choices=Programme.choices, method="labelled")
    rent_max = AmountFilter(
        label=_("Rent up to, yuan a month"),
        method="read_elsewhere",
        min_value=0,
        max_value=99_999,
        example=1200,
    )
    basis = OneOfFilter(label=_("Counted in"), choices=Basis.choices, method="read_elsewhere")
    free = FlagFilter(label=_("Has vacancies"), method="read_elsewhere")

    shown_on_pages = ("q", "district", "street", "programme", "rent_max", "basis", "free")

    def filter_queryset(self, queryset: QuerySet) -> QuerySet:
        """Keep projects with a room type that meets everything that is asked of rooms."""
        rows = super().filter_queryset(queryset)
        asked = self.form.cleaned_data
        rooms = RoomType.objects.all()
        if asked.get("rent_max") is not None:
            rooms = rooms.filter(rent_after_yuan__lte=asked["rent_max"])
        if asked.get("basis"):
            rooms = rooms.filter(basis=asked["basis"])
        if asked.get("free"):
            rooms = rooms.free_at(self.moment)
        return rows.filter(pk__in=rooms.values("project_id")) if rooms.query.where else rows

    def labelled(self, rows: QuerySet, name: str, value: str) -> QuerySet:
        """Keep projects that carry the label."""
        return rows.filter(pk__in=ProgrammeLabel.objects.filter(programme=value).values("project_id"))
