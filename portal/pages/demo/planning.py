"""Which places the demo city holds, at which scale."""

import datetime as dt
import random
from collections import defaultdict
from dataclasses import dataclass

from portal.listings.bulk import NewListing
from portal.pages.demo.apartments import apartment, split
from portal.pages.demo.canteens import canteen
from portal.pages.demo.compounds import compound
from portal.pages.demo.draft import Maker
from portal.pages.demo.facts import named_places
from portal.pages.demo.names import Namer
from portal.pages.demo.stations import station
from portal.regions.models import Community, Street

KANGQIAO, ZHALONGKOU = "330105010", "330102013"
#: How many of a hundred places lie in a district; the middle of the city leads.
WEIGHTS = {
    "330102": 16,  # 上城
    "330105": 15,  # 拱墅
    "330106": 14,  # 西湖
    "330108": 8,  # 滨江
    "330109": 12,  # 萧山
    "330110": 14,  # 余杭
    "330113": 6,  # 临平
    "330114": 5,  # 钱塘
    "330111": 4,  # 富阳
    "330112": 3,  # 临安
    "330122": 1,  # 桐庐
    "330127": 1,  # 淳安
    "330182": 1,  # 建德
}
#: What each of the two demo street offices keeps, in every state.
OFFICE_ROLES = {
    "canteen": ("fresh", "stale", "sold_out", "in_review", "draft"),
    "station": ("fresh", "paused", "stale", "draft"),
    "compound": ("fresh", "stale", "in_review", "unplaced"),
    "apartment": ("fresh",),
}
#: The figures of the city: public places of each kind, and what they hold together (facts.csv).
CITY = {"canteen": 740, "station": 200, "compound": 1320, "apartment": 14}
SMALL = {"canteen": 58, "station": 28, "compound": 38, "apartment": 12}
CITY_ROOMS = 1090
ALL_NIGHT = {"small": 9, "city": 49}
PUBLIC_ROLES = ("fresh", "published", "stale", "sold_out", "paused")
ROLE_WEIGHTS = (30, 40, 22, 4, 4)
PROGRAMMES = (("blue_collar",), ("blue_collar", "riders_home"), ("warm_home",), ("blue_collar", "warm_home"))


@dataclass(slots=True)
class Plan:
    """What is to be loaded, and the rows of facts.csv that belong elsewhere."""

    items: list[NewListing]
    skipped: list[str]


class Ground:
    """The streets and communities to put places into."""

    def __init__(self, rng: random.Random) -> None:
        self.rng = rng
        self.streets: dict[str, list[Street]] = defaultdict(list)
        self.communities: dict[str, list[Community]] = defaultdict(list)
        for street in Street.objects.filter(is_current=True).order_by("code"):
            self.streets[street.district_id].append(street)
        for community in Community.objects.filter(is_current=True).order_by("code"):
            self.communities[community.street_id].append(community)
        self.by_code = {street.code: street for found in self.streets.values() for street in found}
        self.districts = [code for code in WEIGHTS if self.streets[code]]

    def anywhere(self) -> tuple[Street, Community | None]:
        """Return a street and a community of it; the middle of the city comes up most."""
        district = self.rng.choices(self.districts, [WEIGHTS[code] for code in self.districts])[0]
        return self.within(self.rng.choice(self.streets[district]))

    def within(self, street: Street) -> tuple[Street, Community | None]:
        """Return the street and one of its communities."""
        found = self.communities[street.code]
        return street, self.rng.choice(found) if found else None


def plan(*, scale: str, seed: int, now: dt.datetime) -> Plan:
    """Return the places of a scale ("small" or "city"); the same seed, regions and moment give the same places."""
    rng = random.Random(f"{scale} {seed}")  # noqa: S311
    maker = Maker(rng, Namer(rng), now)
    items, skipped = named_places(maker)
    ground = Ground(rng)
    for code in (KANGQIAO, ZHALONGKOU):
        if code in ground.by_code:
            items += office(maker, ground, ground.by_code[code], scale)
    wanted = dict(CITY if scale == "city" else SMALL)
    for item in items:
        if item.statuses and item.statuses[0]["state"] == "published":
            wanted[item.model.kind_name] -= 1
    items += elsewhere(maker, ground, wanted, scale)
    rng.shuffle(items)
    return Plan(items, skipped)


def office(maker: Maker, ground: Ground, street: Street, scale: str) -> list[NewListing]:
    """Return what a demo street office keeps. Apartments of the city scale are counted together, so not here."""
    makers = {"canteen": canteen, "station": station, "compound": compound, "apartment": apartment}
    return [
        makers[kind](maker, *ground.within(street), role)
        for kind, roles in OFFICE_ROLES.items()
        if not (kind == "apartment" and scale == "city")
        for role in roles
    ]


def elsewhere(maker: Maker, ground: Ground, wanted: dict[str, int], scale: str) -> list[NewListing]:
    """Return the remaining public places."""
    rng = maker.rng
    items = []
    roles = {kind: rng.choices(PUBLIC_ROLES, ROLE_WEIGHTS, k=count) for kind, count in wanted.items()}
    items += [canteen(maker, *ground.anywhere(), role) for role in roles["canteen"]]
    night = set(rng.sample(range(wanted["station"]), ALL_NIGHT[scale]))
    items += [
        station(maker, *ground.anywhere(), role, all_night=number in night)
        for number, role in enumerate(roles["station"])
    ]
    items += [compound(maker, *ground.anywhere(), role) for role in roles["compound"]]
    shares = split(maker, CITY_ROOMS - 20 * wanted["apartment"], wanted["apartment"])
    items += [
        apartment(
            maker,
            *ground.anywhere(),
            "fresh" if role == "sold_out" else role,
            count=share + 20 if scale == "city" else None,
            programmes=PROGRAMMES[number % len(PROGRAMMES)],
        )
        for number, (role, share) in enumerate(zip(roles["apartment"], shares, strict=True))
    ]
    return items
