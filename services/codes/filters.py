"""Filters of compounds."""

from django.db.models import QuerySet
from django.utils.translation import gettext_lazy as _

from portal.listings.filters import FlagFilter, ListingFilter
from services.codes.models import Gate


class CompoundFilter(ListingFilter):
    """Whether one may ride in."""

    riding = FlagFilter(label=_("Riding allowed"), method="rides")

    shown_on_pages = ("q", "district", "street", "open_now", "riding")

    def rides(self, rows: QuerySet, name: str, wanted: bool | None) -> QuerySet:
        """Keep compounds with a gate through which couriers ride, at some hour."""
        return rows.filter(pk__in=Gate.objects.ridden().values("compound_id")) if wanted else rows
