"""The places that are written and mirrored: two streets, three kinds, drafts among them."""

from typing import Any

from canteens.models import Canteen
from housing.models import ApartmentProject
from portal.listings.bulk import NewListing, create_many
from services.stations.models import Station
from tests.api_places import LUNCH
from tests.personas import KANGQIAO, PLACES, ZHALONGKOU

KINDS = (Canteen, Station, ApartmentProject)
COUNT = 120


def fill() -> None:
    """Write the regions and the places."""
    from portal.regions.models import LEVELS

    loaded: dict[str, Any] = {}
    for code, level, name in PLACES:
        region = LEVELS[level](code=code, name=name)
        if LEVELS[level].parent_field:
            above = max((c for c in loaded if code.startswith(c)), key=len)
            setattr(region, f"{LEVELS[level].parent_field}_id", above)
        region.spell()
        region.save(force_insert=True)
        loaded[code] = region
    create_many(items=[_place(number) for number in range(COUNT)], actor=None, channel="import")


def _place(number: int) -> NewListing:
    street = (KANGQIAO, ZHALONGKOU)[number % 2]
    fields = {
        "name": f"点位{number}",
        "district": street[:6],
        "street": street,
        "lat": 30.3 + number / 10_000,
        "lng": 120.16,
        "hours": {"weekly_hours": [LUNCH], "hours_exceptions": []},
    }
    statuses = [{"state": "published"}] if number % 5 else []
    return NewListing(KINDS[number % 3], fields, statuses=statuses)
