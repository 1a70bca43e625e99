"""Listings for tests, made as people make them: created through the kernel, then moved to their state."""

import datetime as dt
from typing import Any

from django.utils import timezone

from canteens.models import Canteen
from housing.models import ApartmentProject
from portal.listings import revising, states
from portal.listings.models import Listing
from services.codes.models import Compound
from services.stations.models import Amenity, Station
from tests.personas import KANGQIAO, ZHALONGKOU

POSITIONS = {KANGQIAO: (30.3461, 120.1602), ZHALONGKOU: (30.2881, 120.1975)}
WORKDAYS = ("mon", "tue", "wed", "thu", "fri")


def open_row(day: str, opens: str, closes: str | None, label: str = "", **more: Any) -> dict[str, Any]:
    """Return one interval of the week as a snapshot holds it."""
    row = {
        "day": day,
        "rule": "open",
        "opens": opens,
        "closes": closes,
        "is_open_end": closes is None,
        "label": label,
    }
    return {**row, **more}


def weekly(*rows: dict[str, Any], exceptions: tuple[dict[str, Any], ...] = ()) -> dict[str, Any]:
    """Return the hours group."""
    return {"weekly_hours": list(rows), "hours_exceptions": list(exceptions)}


LUNCH = weekly(*(open_row(day, "10:30", "13:30", "lunch") for day in WORKDAYS))


def make_listing(
    model: type[Listing],
    *,
    state: str = "published",
    street: str = KANGQIAO,
    extra: dict[str, Any] | None = None,
    **changes: Any,
) -> Any:
    """Return a listing of a kind in a state; `changes` are fields and groups as snapshots hold them.

    `extra` sets what no edit may set (source, external_id).
    """
    lat, lng = POSITIONS.get(street, (30.25, 120.17))
    defaults = {
        "name": f"测试{model._meta.model_name}",
        "district": street[:6],
        "street": street,
        "address": "测试路1号",
        "phone": "0571-00000000",
        "lat": lat,
        "lng": lng,
        "entered_datum": "wgs84",
        "hours": LUNCH,
    }
    listing = revising.create(
        model=model, changes={**defaults, **changes}, actor=None, channel="office", **(extra or {})
    )
    path = {
        "draft": [],
        "in_review": ["in_review"],
        "published": ["published"],
        "paused": ["published", "paused"],
        "archived": ["archived"],
    }[state]
    for step in path:
        reason = "装修" if step == "paused" else ""
        until = timezone.now() + dt.timedelta(days=2) if step == "paused" else None
        states.move(listing=listing, to=step, actor=None, reason=reason, until=until)
    return model.objects.get(pk=listing.pk)


def meal(**changes: Any) -> dict[str, Any]:
    """Return a set meal as a snapshot holds it."""
    return {
        "name": "一荤两素",
        "dishes": "红烧肉、青菜、番茄蛋汤",
        "meat_count": 1,
        "vegetable_count": 2,
        "courier_price_yuan": "10.00",
        "normal_price_yuan": "15.00",
        "portions": 50,
        "label": "lunch",
        **changes,
    }


def make_canteen(**changes: Any) -> Canteen:
    """Return a published canteen in 康桥街道 with one set meal."""
    return make_listing(Canteen, **{"name": "康桥食堂", "meals": {"set_meals": [meal()]}, **changes})


def make_station(*, amenities: tuple[str, ...] = ("water",), **changes: Any) -> Station:
    """Return a published station with amenities of the catalogue, which are created when missing."""
    for number, code in enumerate(amenities):
        defaults = {"name": f"设施{code}", "name_en": code.title(), "position": number}
        Amenity.objects.get_or_create(code=code, defaults=defaults)
    offers = [{"amenity": code, "count": None, "note": ""} for code in amenities]
    return make_listing(Station, **{"name": "康桥驿站", "amenities": {"offers": offers}, **changes})


def room(**changes: Any) -> dict[str, Any]:
    """Return a room type as a snapshot holds it."""
    return {
        "name": "双人间",
        "area_m2": "27.0",
        "bunks": 2,
        "floor": "3–6",
        "furniture": "床、衣柜、空调",
        "basis": "room",
        "total_count": 20,
        "free_count": 6,
        "free_as_of": timezone.now().astimezone(dt.UTC).isoformat(),
        "rent_before_yuan": "1200.00",
        "rent_after_yuan": "850.00",
        **changes,
    }


def make_apartment(**changes: Any) -> ApartmentProject:
    """Return a published apartment project with one programme label and one room type."""
    groups = {
        "programmes": {"programme_labels": [{"programme": "riders_home", "adds": "电动车充电"}]},
        "rooms": {"room_types": [room()]},
    }
    return make_listing(ApartmentProject, **{"name": "康桥公寓", **groups, **changes})


def gate(**changes: Any) -> dict[str, Any]:
    """Return a gate as a snapshot holds it."""
    return {
        "name": "南门",
        "lat": 30.345812,
        "lng": 120.160274,
        "admits_couriers": True,
        "opens": None,
        "closes": None,
        "riding": "never",
        "riding_from": None,
        "riding_until": None,
        "storm_riding": False,
        "note": "",
        **changes,
    }


def make_compound(**changes: Any) -> Compound:
    """Return a published compound with one gate and one building."""
    groups = {
        "gates": {"gates": [gate()]},
        "buildings": {
            "buildings": [{"name": "1幢", "x": 40.0, "y": 60.5, "gate": "南门", "route_hint": "进门左转"}]
        },
    }
    return make_listing(Compound, **{"name": "康桥小区", **groups, **changes})
