"""One of everything that an API can be asked about, and a key that may do all of it."""

import datetime as dt
from typing import Any

from django.utils import timezone

from housing.models import ApartmentProject
from portal.listings.models import Listing
from portal.partners.models import ApiKey, Source
from portal.partners.scopes import SCOPES
from services.codes.models import Device
from services.stations.models import Amenity, Station
from tests import api_places
from tests.code_gates import make_gate
from tests.code_holders import make_platform

SOURCE = "kangqiao-register"


def one_of_each() -> list[Listing]:
    """Publish a place of every kind with all of its groups."""
    Amenity.objects.get_or_create(code="water", defaults={"name": "饮水", "name_en": "Water"})
    exception = {"starts_on": "2026-10-01", "ends_on": "2026-10-07", "rule": "closed", "reason": "国庆"}
    hours = {"weekly_hours": [api_places.LUNCH], "hours_exceptions": [exception]}
    room = {
        "name": "双人间",
        "area_m2": "27.0",
        "basis": "room",
        "rent_after_yuan": "850.00",
        "furniture": "书桌、衣柜",
    }
    return [
        api_places.canteen(
            hours=hours, discounts={"discounts": [{"percent_off": 20, "starts": "13:30", "ends": "16:00"}]}
        ),
        api_places.compound(
            buildings={"buildings": [{"name": "1 幢", "x": 10.0, "y": 20.0, "gate": "南门"}]}
        ),
        api_places.publish(
            Station, "驿站", area_m2="40.0", amenities={"offers": [{"amenity": "water", "count": 2}]}
        ),
        api_places.publish(
            ApartmentProject,
            "公寓",
            rooms={"room_types": [room]},
            programmes={"programme_labels": [{"programme": "riders_home", "adds": "充电"}]},
        ),
    ]


def whole_key(compound: Any, *, area_code: str = "") -> str:
    """Return the text of a key of a platform that has every scope, a source and a turnstile at a compound."""
    organisation: Any = make_platform(3).organisation
    Source.objects.create(name=SOURCE, label="康桥登记", organisation=organisation)
    key, text = ApiKey.issue(
        organisation=organisation, name="全部", scopes=list(SCOPES), sources=[SOURCE], area_code=area_code
    )
    place = make_gate(compound)
    now = timezone.now()
    Device.objects.create(
        listing_id=place.listing_id,
        checkpoint=place,
        kind="turnstile",
        name="闸机",
        api_key=key,
        enrolled_at=now,
        expires_at=now + dt.timedelta(days=365),
    )
    return text
