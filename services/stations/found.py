"""The words that stations and their amenities are found by."""

from collections.abc import Iterator

from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from portal.listings.meanings import Both, Meaning, Saying, Sort, kind_saying


def sayings() -> Iterator[Saying]:
    """Yield the everyday words of stations, then those of each amenity of the catalogue (one query)."""
    from services.stations.models import Amenity, Offer

    yield kind_saying(
        "station",
        _("stations"),
        "驿站",
        "歇脚",
        "休息",
        "服务站",
        "歇脚点",
        "站点",
        "station",
        "rest",
        "rest stop",
        "break",
    )
    for amenity in Amenity.objects.all():
        offers = Offer.objects.filter(amenity_id=amenity.pk).order_by().values("station_id")
        label = Both(amenity.name, amenity.name_en)
        meaning = Meaning(Sort.OFFER, label, lambda moment, offers=offers: Q(pk__in=offers), also="text")
        yield Saying(tuple(amenity.words), meaning)
