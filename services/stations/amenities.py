"""The amenities that a fresh portal knows; from then on staff keep the catalogue."""

from services.stations.models import Amenity

CATALOGUE = (
    ("water", "饮用水", "Drinking water", "水、热水、开水、饮水、喝水、接水、water"),
    ("charging", "手机充电", "Phone charging", "充电、充电宝、充手机、插座、charger、charging"),
    ("microwave", "微波炉", "Microwave", "微波、热饭、加热、热菜"),
    ("hot_meal_heating", "热饭", "Meal heating", "加热、热菜、蒸饭"),
    ("fridge", "冰箱", "Fridge", "冰柜、冷藏、冰水、refrigerator"),
    ("toilet", "卫生间", "Toilet", "厕所、洗手间、公厕、WC、restroom、bathroom"),
    ("shower", "淋浴", "Shower", "洗澡、冲凉、淋浴间、shower"),
    ("rest", "休息座椅", "Rest area", "座位、座椅、沙发、坐一会、seat"),
    ("aircon", "空调", "Air conditioning", "冷气、暖气、避暑、取暖、纳凉、AC"),
    ("wifi", "无线网络", "Wi-Fi", "WiFi、无线、上网、免费网"),
    ("medicine_box", "医药箱", "Medicine box", "药、急救、药箱、药品、创可贴、急救箱、first aid"),
    ("aed", "自动体外除颤器（AED）", "AED", "AED、除颤、急救"),
    ("battery_swap", "换电柜", "Battery swap cabinet", "换电、换电池、换电站、电池柜、swap"),
    (
        "ebike_charging",
        "电动自行车充电",
        "E-bike charging",
        "充电、电动车充电、电瓶车充电、充电桩、ebike charging、charging",
    ),
    ("car_charging", "汽车充电", "Car charging", "新能源充电、充电桩、快充"),
    ("car_bays", "网约车车位", "Bays for ride-hailing cars", "停车、车位、停车位、停车场、parking"),
    ("air_pump", "打气筒", "Air pump", "打气、充气、气筒、pump"),
    ("repair", "维修工具", "Repair tools", "修车、维修、工具、repair"),
    ("umbrellas", "雨伞雨衣", "Umbrellas and raincoats", "雨伞、雨衣、伞、借伞、umbrella"),
    ("books", "图书", "Books", "看书、书、书籍、阅读、book"),
    ("policy_desk", "政策咨询", "Policy desk", "咨询、政策、社保咨询"),
    ("legal_aid", "法律援助", "Legal aid", "法律、律师、法援、lawyer"),
    ("counselling", "心理疏导", "Counselling", "心理、心理咨询、倾诉"),
    ("training", "技能培训", "Training", "培训、学习"),
    ("womens_room", "母婴室（女性休息室）", "Women's room", "母婴、母婴室、哺乳、女性休息室"),
    ("message_wall", "留言墙", "Message wall", "留言"),
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
        Amenity(code=code, name=name, name_en=name_en, also_called=also, position=position * 10)
        for position, (code, name, name_en, also) in enumerate(CATALOGUE, 1)
        if code not in known
    ]
    Amenity.objects.bulk_create(added)
    return [amenity.code for amenity in added]
