"""The HSDS profile, read as a partner's system would."""

from typing import Any

from django.test import Client

from housing.models import ApartmentProject
from portal.accounts.models import Organisation
from services.stations.models import Amenity, Station
from tests import api_places
from tests.personas import KANGQIAO

#: List → table of HSDS.
TABLES = {
    "services": "service",
    "organizations": "organization",
    "locations": "location",
    "schedules": "schedule",
    "service_at_locations": "service_at_location",
    "taxonomies": "taxonomy",
    "taxonomy_terms": "taxonomy_term",
}


def get(path: str, **headers: str) -> Any:
    """Return the answer below /hsds/."""
    return Client().get(f"/hsds/{path}", headers=headers)


def listed(path: str) -> list[Any]:
    """Return the contents of a list."""
    answer = get(path)
    assert answer.status_code == 200, answer.content
    return answer.json()["contents"]


def is_part_of(part: Any, whole: Any) -> bool:
    """Say whether an object stands in a larger one, key by key."""
    if not isinstance(part, dict):
        return bool(part == whole)
    return all(name in whole and is_part_of(value, whole[name]) for name, value in part.items())


def publish_one_of_each() -> None:
    """Publish a place of each kind, with all that HSDS has a field for."""
    Amenity.objects.get_or_create(code="water", defaults={"name": "饮水", "name_en": "Water"})
    days = {
        "starts_on": "2026-12-01",
        "ends_on": "2026-12-03",
        "rule": "open",
        "opens": "11:00",
        "closes": "12:00",
    }
    hours = {"weekly_hours": [api_places.LUNCH], "hours_exceptions": [{**days, "reason": "国庆"}]}
    api_places.canteen(hours=hours, notice="有热水", address="康桥路12号3幢")
    api_places.compound(accuracy="approximate")
    api_places.publish(Station, "驿站", amenities={"offers": [{"amenity": "water", "count": 2}]}, phone="")
    room = {"name": "双人间", "basis": "room", "rent_after_yuan": "850.00"}
    api_places.publish(ApartmentProject, "公寓", rooms={"room_types": [room]}, deposit_yuan="500.00")
    Organisation.objects.create(kind="street", area_code=KANGQIAO, name="康桥街道办事处")
