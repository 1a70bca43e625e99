"""Published places for the tests of API, import and export, made the way staff make them."""

from typing import Any

from portal.listings import revising, states
from portal.listings.models import Listing
from tests.personas import KANGQIAO

LUNCH = {
    "day": "workday",
    "rule": "open",
    "opens": "10:30",
    "closes": "13:30",
    "is_open_end": False,
    "label": "lunch",
}
MEAL = {
    "name": "一荤两素",
    "dishes": "红烧肉、青菜、豆腐",
    "meat_count": 1,
    "vegetable_count": 2,
    "courier_price_yuan": "10.00",
    "normal_price_yuan": "15.00",
    "portions": 50,
    "label": "lunch",
}


def draft(model: type[Listing], name: str, **changes: Any) -> Listing:
    """Return a placed draft; `changes` overrides fields and groups of the snapshot."""
    fields: dict[str, Any] = {
        "name": name,
        "street": KANGQIAO,
        "lat": 30.36,
        "lng": 120.15,
        "phone": "0571-12345",
    }
    fields["hours"] = {"weekly_hours": [LUNCH], "hours_exceptions": []}
    return revising.create(model=model, changes={**fields, **changes}, actor=None, channel="office")


def publish(model: type[Listing], name: str, **changes: Any) -> Listing:
    """Return a published place."""
    listing = draft(model, name, **changes)
    states.move(listing=listing, to="published", actor=None)
    return model.objects.get(pk=listing.pk)


def canteen(name: str = "康桥食堂", **changes: Any) -> Listing:
    """Return a published canteen with one set meal."""
    from canteens.models import Canteen

    return publish(Canteen, name, **{"meals": {"set_meals": [MEAL]}, **changes})


def compound(name: str = "康桥小区", **changes: Any) -> Listing:
    """Return a published compound with one gate."""
    from services.codes.models import Compound

    gate = {"name": "南门", "lat": 30.3601, "lng": 120.1502, "admits_couriers": True, "riding": "never"}
    return publish(Compound, name, **{"gates": {"gates": [gate]}, **changes})
