"""The stations' rows in the API."""

from typing import Any, ClassVar

from rest_framework import serializers

from portal.listings.api.documents import EXAMPLE, Coded, ListingDocument, text, whole
from portal.listings.api.views import ListingViewSet
from services.stations.filters import StationFilter
from services.stations.models import Station


class AmenityDocument(Coded):
    """An amenity here, how many and a note."""

    count = whole()
    note = text()


class LiveDocument(Coded):
    """How full it is; unknown after `until`."""

    since = serializers.DateTimeField()
    until = serializers.DateTimeField()


class StationDocument(ListingDocument):
    """A place to rest, charge and drink water."""

    example: ClassVar[dict[str, Any]] = {
        **EXAMPLE,
        "kind": "station",
        "amenities": [{"code": "water", "zh": "饮水", "en": "Drinking water", "count": None, "note": ""}],
        "area_m2": 60.0,
        "all_night": False,
        "rules": "请保持安静",
        "live": {
            "code": "normal",
            "zh": "正常",
            "en": "normal",
            "since": "2026-11-23T11:00:00+08:00",
            "until": "2026-11-23T13:00:00+08:00",
        },
    }

    amenities = AmenityDocument(many=True)
    area_m2 = serializers.FloatField(allow_null=True)
    all_night = serializers.BooleanField(help_text="Open all night on every day that the week names.")
    rules = text()
    live = LiveDocument(allow_null=True)


StationViewSet = ListingViewSet.for_kind(Station, StationFilter, StationDocument)
