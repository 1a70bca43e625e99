"""Generated service stations."""

import datetime as dt
from typing import Any

from portal.listings.bulk import NewListing
from portal.listings.snapshots import to_json
from portal.pages.demo import weeks
from portal.pages.demo.draft import Maker
from portal.regions.models import Community, Street
from services.stations.models import Station

PROFILES: tuple[tuple[str, ...], ...] = (
    ("water", "charging", "microwave", "rest", "aircon", "toilet", "medicine_box"),
    ("water", "charging", "rest", "umbrellas"),
    ("water", "charging", "microwave", "fridge", "rest", "aircon", "wifi", "books", "medicine_box"),
    ("water", "rest", "battery_swap", "ebike_charging", "air_pump", "repair"),
    ("water", "charging", "toilet", "shower", "rest", "aircon", "car_charging", "car_bays"),
    ("water", "charging", "hot_meal_heating", "rest", "legal_aid", "policy_desk", "counselling", "aircon"),
    ("water", "charging", "microwave", "rest", "womens_room", "aed", "toilet", "aircon", "wifi"),
    (
        "water",
        "charging",
        "battery_swap",
        "microwave",
        "rest",
        "aircon",
        "medicine_box",
        "umbrellas",
        "air_pump",
    ),
    ("water", "charging", "toilet", "rest", "books", "training", "message_wall", "wifi", "aircon"),
    ("water", "toilet", "rest", "aed"),
)
COUNTED = {
    "battery_swap": (1, 4),
    "car_bays": (2, 9),
    "car_charging": (2, 6),
    "ebike_charging": (4, 12),
    "charging": (4, 16),
}
RULES = (
    "请保持安静，离开时带走垃圾；电池不得带入室内充电。",
    "夜间凭手机号开门，请勿留宿。",
    "冰箱内物品请注明日期，每周日清理。",
    "",
)


def station(
    maker: Maker, street: Street, community: Community | None, role: str, *, all_night: bool = False
) -> NewListing:
    """Return a station; every seventh or so says how it is right now."""
    rng = maker.rng
    profile = rng.choices(PROFILES, weights=(6, 4, 5, 3, 2, 2, 3, 3, 2, 2))[0]
    made = maker.finish(
        Station,
        {
            **maker.base("station", street, community),
            "area_m2": rng.choice(("12.0", "18.0", "25.0", "30.0", "45.0", "60.0", "120.0")),
            "rules": rng.choice(RULES),
            "notice": rng.choice(("", "", "", "夏季供应凉茶", "每周三下午有人值班")),
            "hours": {
                "weekly_hours": weeks.station_week(rng, all_night=all_night),
                "hours_exceptions": [] if all_night else weeks.exceptions(rng, maker.now.date()),
            },
            "amenities": {"offers": [offer(maker, code) for code in profile]},
        },
        role,
    )
    if role in ("fresh", "published") and rng.random() < 0.3:
        made.statuses.append(live_status(maker))
    return made


def offer(maker: Maker, code: str) -> dict[str, Any]:
    """Return an amenity, counted where a count helps."""
    count = maker.rng.randint(*COUNTED[code]) if code in COUNTED else None
    return {"amenity": code, "count": count, "note": ""}


def live_status(maker: Maker) -> dict[str, Any]:
    """Return a live status that holds for some hours."""
    until = (maker.now + dt.timedelta(hours=maker.rng.randrange(1, 5))).replace(second=0, microsecond=0)
    return {
        "live_status": maker.rng.choice(("normal", "busy", "full")),
        "live_at": to_json(maker.ago(0.1, 1)),
        "live_until": to_json(until),
    }
