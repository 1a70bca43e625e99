"""The real named places of facts.csv: only what their source says, with the source.

Their positions were not published: a place whose street is known is put into that street and marked approximate, any
other is a draft that waits to be placed. Nobody has confirmed any of it here, and so nothing says so.
"""

import csv
from pathlib import Path
from typing import Any

from canteens.models import Canteen
from housing.models import ApartmentProject
from portal.listings.bulk import NewListing
from portal.listings.models import Listing
from portal.listings.snapshots import Snapshot
from portal.pages.demo import positions, weeks
from portal.pages.demo.draft import Maker
from portal.regions.models import Community, District, Street
from services.codes.models import Compound
from services.stations.models import Station

FACTS = Path(__file__).resolve().parent / "data" / "facts.csv"
KINDS: dict[str, type[Listing]] = {
    "canteen": Canteen,
    "apartment": ApartmentProject,
    "station": Station,
    "compound": Compound,
}
BASES = {"article": "报道", "press": "媒体报道", "weak": "来源较弱"}
#: How a source in English words reads in Chinese.
SOURCES = {" (mirror)": "转载页", "mirror of a press page": "媒体报道转载页"}


def offers(*codes: str, **counted: int) -> dict[str, Any]:
    """Return an amenities group."""
    rows = [{"amenity": code, "count": None, "note": ""} for code in codes]
    return {
        "offers": rows + [{"amenity": code, "count": count, "note": ""} for code, count in counted.items()]
    }


def plain_gate(name: str, *, admits: bool) -> dict[str, Any]:
    """Return a gate of which no more is known than whether it admits couriers."""
    return {"name": name, "admits_couriers": admits}


#: What each source says of its place, as a snapshot.
DETAILS: dict[str, Snapshot] = {
    "弄杭里邻里食堂": {
        "serves": "couriers",
        "pickup": "约半分钟取餐",
        "hours": {
            "weekly_hours": [
                weeks.row("workday", "11:00", "", "lunch"),
                weeks.row("rest_day", rule="unknown"),
            ]
        },
        "meals": {
            "set_meals": [
                {
                    "name": "小哥套餐（一荤两素）",
                    "meat_count": 1,
                    "vegetable_count": 2,
                    "courier_price_yuan": "10.00",
                    "label": "lunch",
                }
            ]
        },
    },
    "丰乐之家": {"who_may_apply": "外卖骑手等小哥，低租金入住。"},
    "紫元·需丰馨寓": {
        "other_costs": "电动车棚可充电",
        "rooms": {
            "room_types": [
                {
                    "name": "双人间",
                    "area_m2": "27.0",
                    "bunks": 2,
                    "furniture": "书桌、衣柜、空调、热水器",
                    "basis": "room",
                    "rent_after_yuan": "850.00",
                }
            ]
        },
    },
    "祥符驿": {
        "area_m2": "25.0",
        "hours": {"weekly_hours": [weeks.row(day, rule="all_day") for day in weeks.EVERY_DAY]},
        "amenities": offers(
            "aircon", "microwave", "charging", "fridge", "medicine_box", "legal_aid", "training"
        ),
    },
    "杭州市职工服务中心": {
        "area_m2": "2000.0",
        "rules": "24 小时自助服务",
        "amenities": offers("counselling", "legal_aid", "message_wall", battery_swap=3, car_bays=3),
    },
    "文溪鼎园": {
        "bays": "小哥停车区 15 米 × 4 米，9:00–20:00",
        "notice": "夏季供应凉茶；用码进门约 30 秒，此前约 5 分钟",
    },
    "玉润钱潮府": {
        "gates": {
            "gates": [
                plain_gate("小哥可进的门", admits=True),
                plain_gate("另一个门（一）", admits=False),
                plain_gate("另一个门（二）", admits=False),
            ]
        },
    },
}


def read_facts() -> list[dict[str, str]]:
    """Return the rows of facts.csv."""
    with FACTS.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def provenance(row: dict[str, str]) -> str:
    """Return where a row comes from, for readers: 来源：杭州日报 2024-11-12（报道）."""
    source = row["source"]
    for english, chinese in SOURCES.items():
        source = source.replace(english, chinese)
    words = [source, row["published_on"]]
    return f"来源：{' '.join(word for word in words if word)}（{BASES.get(row['basis'], row['basis'])}）"


def named_places(maker: Maker) -> tuple[list[NewListing], list[str]]:
    """Return the listings of facts.csv, and the rows that are none of ours, as "kind name"."""
    made, skipped = [], []
    for row in read_facts():
        if row["kind"] not in KINDS:
            skipped.append(f"{row['kind']} {row['name_zh']}")
            continue
        made.append(_named(maker, row))
    return made, skipped


def _named(maker: Maker, row: dict[str, str]) -> NewListing:
    district = District.objects.filter(name=row["district"]).first() if row["district"] else None
    street = Street.objects.filter(name=row["street"], district=district).first() if row["street"] else None
    community = _community(row["community"], street)
    lat, lng = positions.place(maker.rng, street.code, 350.0) if street else (None, None)
    changes: Snapshot = {
        "name": row["name_zh"],
        "district": district.code if district else None,
        "street": street.code if street else None,
        "community": community.code if community else None,
        "lat": lat,
        "lng": lng,
        "entered_datum": "wgs84",
        "accuracy": "approximate",
        "provenance": provenance(row),
        **DETAILS.get(row["name_zh"], {}),
    }
    return NewListing(
        model=KINDS[row["kind"]],
        changes=changes,
        extra={"public_id": maker.public_id()},
        statuses=[{"state": "published"}] if street else [],
    )


def _community(name: str, street: Street | None) -> Community | None:
    """Return a community by its name, written with or without 居委会."""
    if not name or street is None:
        return None
    return (
        Community.objects.filter(street=street, name__startswith=name.removesuffix("社区"))
        .order_by("code")
        .first()
    )
