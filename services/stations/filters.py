"""Filters of stations."""

from typing import Any

import django_filters
from django import forms
from django.db.models import QuerySet
from django.utils.translation import gettext_lazy as _

from portal.listings.filters import FlagFilter, ListingFilter
from portal.listings.hours import next_night
from services.stations.models import Amenity


class StationFilter(ListingFilter):
    """Amenities (all that are named must be there) and the coming night."""

    amenity = django_filters.ModelMultipleChoiceFilter(
        label=_("Amenities"),
        queryset=Amenity.objects.all(),
        to_field_name="code",
        method="offering",
        widget=forms.CheckboxSelectMultiple,
        error_messages={
            "invalid_choice": _("There is no amenity “%(value)s”. Give an amenity's code, for example water.")
        },
    )
    all_night = FlagFilter(label=_("Open at 3 a.m."), method="open_in_the_night")

    shown_on_pages = ("q", "district", "street", "open_now", "all_night", "amenity")

    def offering(self, rows: QuerySet, name: str, amenities: list[Amenity]) -> QuerySet:
        """Keep stations that offer each of the amenities."""
        for amenity in amenities:
            rows = rows.filter(pk__in=amenity.offers.values("station_id"))
        return rows

    def open_in_the_night(self, rows: Any, name: str, wanted: bool | None) -> Any:
        """Keep stations that are open at the next 3:00."""
        return rows.open_at(next_night(self.moment)) if wanted else rows
