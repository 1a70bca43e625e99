"""The words that stations and their amenities are found by."""

import datetime as dt
from collections.abc import Callable, Iterator

from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from portal.listings.meanings import Both, Meaning, Saying, Sort, kind_saying


def sayings() -> Iterator[Saying]:
    """Yield the everyday words of stations, then those of each amenity of the catalogue (one query)."""
    from services.stations.models import Amenity

    words = ("驿站", "歇脚", "休息", "服务站", "歇脚点", "站点", "station", "rest", "rest stop", "break")
    yield kind_saying("station", _("stations"), *words)
    for amenity in Amenity.objects.all():
        label = Both(amenity.name, amenity.name_en)
        yield Saying(tuple(amenity.words), Meaning(Sort.OFFER, label, _offering(amenity.pk), also="text"))


def _offering(code: str) -> Callable[[dt.datetime], Q]:
    from services.stations.models import Offer

    offers = Offer.objects.filter(amenity_id=code).order_by().values("station_id")
    return lambda moment: Q(pk__in=offers)
