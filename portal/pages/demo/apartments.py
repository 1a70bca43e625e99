"""Generated apartment projects; flats 套 and rooms 间 are counted apart."""

from typing import Any

from housing.models import ApartmentProject
from portal.listings.bulk import NewListing
from portal.listings.snapshots import to_json
from portal.pages.demo.draft import Maker
from portal.regions.models import Community, Street

#: name, area, bunks, basis, furniture, rent before and after subsidy
ROOMS = (
    ("单人间", "15.0", 1, "room", "床、书桌、衣柜、空调、热水器", "1100.00", "750.00"),
    ("双人间", "20.0", 2, "room", "床、书桌、衣柜、空调、热水器", "1300.00", "900.00"),
    ("双人大间", "27.0", 2, "room", "床、书桌、衣柜、空调、热水器", "1450.00", "1000.00"),
    ("四人间", "35.0", 4, "room", "床、储物柜、空调、热水器", "1800.00", "1200.00"),
    ("一室一厅", "35.0", 1, "flat", "床、沙发、衣柜、空调、厨房", "1900.00", "1350.00"),
    ("一室户", "25.0", 1, "flat", "床、衣柜、空调、电磁灶", "1500.00", "1050.00"),
    ("两室家庭房", "50.0", 3, "flat", "床、衣柜、空调、厨房、洗衣机", "2600.00", "1850.00"),
)
BED = ("四人间床位", "30.0", 4, "bed", "床、储物柜、空调", "550.00", "380.00")
NOUNS = {"blue_collar": "蓝领公寓", "riders_home": "骑手之家", "warm_home": "暖新公寓"}
ADDS = {
    "blue_collar": "",
    "riders_home": "电动自行车集中充电棚、换电柜、公共厨房",
    "warm_home": "租期灵活，可短租，设家庭房",
}


def apartment(
    maker: Maker,
    street: Street,
    community: Community | None,
    role: str,
    *,
    count: int | None = None,
    programmes: tuple[str, ...] = ("blue_collar",),
) -> NewListing:
    """Return a project; with `count` its room types together count exactly that many flats or rooms, and no beds."""
    rng = maker.rng
    basis = rng.choice(("flat", "room"))
    matching = [room for room in ROOMS if room[3] == basis]
    chosen = rng.sample(matching, min(len(matching), rng.choice((1, 2, 2, 3))))
    totals = split(maker, count, len(chosen)) if count else [rng.randrange(6, 60) for _room in chosen]
    rooms = [room_type(maker, room, total) for room, total in zip(chosen, totals, strict=True)]
    if count is None and rng.random() < 0.3:
        rooms.append(room_type(maker, BED, rng.randrange(8, 40)))
    return maker.finish(
        ApartmentProject,
        {
            **maker.base("apartment", street, community, NOUNS[programmes[-1]]),
            "who_may_apply": rng.choice(
                (
                    "在本市从事外卖、快递、网约车工作，连续在岗三个月以上，本市无自有住房。",
                    "由平台企业或街道出具在岗证明的新就业群体，可两人合住一间。",
                )
            ),
            "lease_months_min": rng.choice((1, 3, 6, 12)),
            "lease_note": rng.choice(("", "可按月续租", "租期最长三年")),
            "deposit_yuan": rng.choice(("500.00", "1000.00", "1500.00")),
            "other_costs": "水电按表计费，物业费已含在租金内",
            "contact_note": rng.choice(
                ("管家服务台，每日 9:00–18:00", "前台全天有人", "工作日 9:00–17:30 可看房")
            ),
            "programmes": {
                "programme_labels": [{"programme": code, "adds": ADDS[code]} for code in programmes],
            },
            "rooms": {"room_types": rooms},
        },
        role,
    )


def split(maker: Maker, count: int, parts: int) -> list[int]:
    """Return positive whole numbers that sum up to `count`."""
    cuts = sorted(maker.rng.sample(range(1, count), parts - 1))
    return [after - before for before, after in zip([0, *cuts], [*cuts, count], strict=True)]


def room_type(maker: Maker, room: tuple[Any, ...], total: int) -> dict[str, Any]:
    """Return a room type; how many are free is known for most."""
    rng = maker.rng
    name, area, bunks, basis, furniture, before, after = room
    known = rng.random() < 0.85
    return {
        "name": name,
        "area_m2": area,
        "bunks": bunks,
        "floor": rng.choice(("", "2–6 层", "3–12 层，有电梯")),
        "furniture": furniture,
        "basis": basis,
        "total_count": total,
        "free_count": min(total, rng.choice((0, 0, 1, 2, 3, 5, 8))) if known else None,
        "free_as_of": to_json(maker.ago(1, 60)) if known else None,
        "rent_before_yuan": before,
        "rent_after_yuan": after,
    }
