"""A small city to search in, at a weekday noon: enough of each kind that a wrong order would show."""

from typing import Any

from portal.regions.models import Nickname
from services.stations.models import Amenity
from tests import pages_places as places
from tests.factories import gate, make_compound, meal, room
from tests.personas import ZHALONGKOU

AMENITIES = (
    ("water", "饮用水", "Drinking water", "水、热水、开水、喝水"),
    ("charging", "手机充电", "Phone charging", "充电、插座、charging"),
    ("toilet", "卫生间", "Toilet", "厕所、洗手间、WC"),
    ("microwave", "微波炉", "Microwave", "热饭、加热"),
)
CLOSED = places.daily("17:00", "19:00")


def amenities() -> None:
    """Make the catalogue of amenities with the words that couriers type."""
    for position, (code, name, name_en, also) in enumerate(AMENITIES):
        Amenity.objects.create(code=code, name=name, name_en=name_en, also_called=also, position=position)


def offers(*codes: str) -> dict[str, Any]:
    """Return the amenities of a station as a snapshot holds them."""
    return {"offers": [{"amenity": code, "count": None, "note": ""} for code in codes]}


def build() -> None:
    """Make the city: 康桥街道 around HERE, 闸弄口街道 beside it; 拱北 is what people call 康桥街道."""
    amenities()
    Nickname.objects.create(name="拱北", district_id="330105", street_id="330105010")
    two_meat = {
        "set_meals": [meal(name="实惠套餐", meat_count=2, vegetable_count=1, courier_price_yuan="13.00")]
    }
    places.canteen("康桥食堂", 200)
    places.canteen("邻里食堂", 400, meals=two_meat)
    places.canteen("弄杭里食堂", 900, street=ZHALONGKOU, hours=CLOSED)
    places.station("康桥驿站", amenities=offers("water", "charging"))
    places.station("通宵驿站", amenities=offers("toilet", "microwave"), street=ZHALONGKOU)
    places.station("早关驿站", amenities=offers("charging"), hours=CLOSED)
    rooms = {"room_types": [room(rent_after_yuan="850.00")]}
    places.apartment("丰乐公寓", rooms=rooms, hours=places.daily("09:00", "17:00"))
    make_compound(
        name="翡翠城",
        lat=places.HERE[0],
        lng=places.HERE[1],
        gates={"gates": [gate(riding="always")]},
        hours=places.daily(None, None, "all_day"),
        address="石祥路1号",
    )
