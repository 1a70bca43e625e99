"""Generated compounds with gates and buildings."""

from typing import Any

from portal.listings.bulk import NewListing
from portal.pages.demo import weeks
from portal.pages.demo.draft import Maker
from portal.pages.demo.positions import shifted
from portal.regions.models import Community, Street
from services.codes.models import Compound

TURNS = ("直行", "左转", "右转", "沿主路")
SIDES = {"南门": (-1, 0), "北门": (1, 0), "东门": (0, 1), "西门": (0, -1)}


def compound(maker: Maker, street: Street, community: Community | None, role: str) -> NewListing:
    """Return a compound with one to four gates."""
    rng = maker.rng
    base = maker.base("compound", street, community)
    names = rng.sample(list(SIDES), rng.choices((1, 2, 3, 4), (2, 5, 4, 2))[0])
    admitting = rng.sample(names, rng.randint(1, len(names)))
    rides = rng.random() < 0.45
    gates = [gate(maker, base, name, admits=name in admitting, rides=rides) for name in names]
    return maker.finish(
        Compound,
        {
            **base,
            "household_count": rng.choice((None, rng.randrange(20, 260) * 10)),
            "bays": rng.choice(
                (
                    f"{admitting[0]}外设小哥停车区",
                    "物业用房旁可停 6 辆电动自行车",
                    "地面访客车位可停 15 分钟",
                    "",
                )
            ),
            "lifts": rng.choice(("", "可乘客梯", "高峰时段请乘货梯", "六层及以下无电梯")),
            "shuttle": rng.choice(("", "", "骑行止步时可借用小区摆渡推车")),
            "equal_terms": rng.choice(
                ("", "外卖、快递、网约车同样通行", "快递车辆走货运通道，外卖和访客同走人行门")
            ),
            "notice": rng.choice(("", "", "", "保安亭可避雨饮水")),
            "hours": {"weekly_hours": weeks.compound_week(rng), "hours_exceptions": []},
            "gates": {"gates": gates},
            "buildings": {"buildings": buildings(maker, admitting)},
        },
        role,
    )


def gate(maker: Maker, base: dict[str, Any], name: str, *, admits: bool, rides: bool) -> dict[str, Any]:
    """Return a gate; one that admits nobody else's riding says nothing of it."""
    rng = maker.rng
    north, east = SIDES[name]
    reach = rng.uniform(60, 160)
    lat, lng = shifted(base["lat"], base["lng"], north * reach, east * reach)
    opens, closes = rng.choice(((None, None), (None, None), ("06:00", "23:00"), ("07:00", "22:00")))
    riding = rng.choice(("always", "by_hour")) if admits and rides else "never"
    return {
        "name": name,
        "lat": lat,
        "lng": lng,
        "admits_couriers": admits,
        "opens": opens if admits else None,
        "closes": closes if admits else None,
        "riding": riding,
        "riding_from": "09:00" if riding == "by_hour" else None,
        "riding_until": "20:00" if riding == "by_hour" else None,
        "storm_riding": admits and rng.random() < 0.3,
        "note": "" if admits else "仅供业主车辆通行",
    }


def buildings(maker: Maker, admitting: list[str]) -> list[dict[str, Any]]:
    """Return up to five buildings with the way to each."""
    rng = maker.rng
    return [
        {
            "name": f"{number}幢",
            "x": round(rng.uniform(8, 92), 1),
            "y": round(rng.uniform(8, 92), 1),
            "gate": (entrance := rng.choice(admitting)),
            "route_hint": f"进{entrance}{rng.choice(TURNS)}约 {rng.randrange(3, 30) * 10} 米",
        }
        for number in range(1, rng.choice((0, 0, 3, 5)) + 1)
    ]
