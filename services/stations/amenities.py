"""The amenities that a fresh portal knows; from then on staff keep the catalogue."""

from services.stations.models import Amenity

CATALOGUE = (
    ("water", "饮用水", "Drinking water"),
    ("charging", "手机充电", "Phone charging"),
    ("microwave", "微波炉", "Microwave"),
    ("hot_meal_heating", "热饭", "Meal heating"),
    ("fridge", "冰箱", "Fridge"),
    ("toilet", "卫生间", "Toilet"),
    ("shower", "淋浴", "Shower"),
    ("rest", "休息座椅", "Rest area"),
    ("aircon", "空调", "Air conditioning"),
    ("wifi", "无线网络", "Wi-Fi"),
    ("medicine_box", "医药箱", "Medicine box"),
    ("aed", "自动体外除颤器（AED）", "AED"),
    ("battery_swap", "换电柜", "Battery swap cabinet"),
    ("ebike_charging", "电动自行车充电", "E-bike charging"),
    ("car_charging", "汽车充电", "Car charging"),
    ("car_bays", "网约车车位", "Bays for ride-hailing cars"),
    ("air_pump", "打气筒", "Air pump"),
    ("repair", "维修工具", "Repair tools"),
    ("umbrellas", "雨伞雨衣", "Umbrellas and raincoats"),
    ("books", "图书", "Books"),
    ("policy_desk", "政策咨询", "Policy desk"),
    ("legal_aid", "法律援助", "Legal aid"),
    ("counselling", "心理疏导", "Counselling"),
    ("training", "技能培训", "Training"),
    ("womens_room", "母婴室（女性休息室）", "Women's room"),
    ("message_wall", "留言墙", "Message wall"),
)

#: What a courier on an e-bike and a driver charge with; the rest of a break is the same for both.
COURIER_CHARGING = frozenset({"battery_swap", "ebike_charging", "charging"})
DRIVER_CHARGING = frozenset({"car_charging", "car_bays"})
RESTING = frozenset({"rest"})
COMFORTS = frozenset({"water", "toilet"})


def load_amenities() -> list[str]:
    """Add what is missing; return the codes added. What is there already is left alone."""
    known = set(Amenity.objects.values_list("pk", flat=True))
    added = [
        Amenity(code=code, name=name, name_en=name_en, position=position * 10)
        for position, (code, name, name_en) in enumerate(CATALOGUE, 1)
        if code not in known
    ]
    Amenity.objects.bulk_create(added)
    return [amenity.code for amenity in added]
