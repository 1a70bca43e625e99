"""Generated canteens."""

from typing import Any

from canteens.models import Canteen
from portal.listings.bulk import NewListing
from portal.pages.demo import weeks
from portal.pages.demo.draft import Maker
from portal.regions.models import Community, Street

MEATS = (
    "红烧肉",
    "土豆烧鸡块",
    "鱼香肉丝",
    "梅干菜扣肉",
    "糖醋里脊",
    "青椒肉丝",
    "卤鸡腿",
    "清蒸鲈鱼",
    "狮子头",
    "番茄牛腩",
)
VEGETABLES = (
    "炒青菜",
    "番茄炒蛋",
    "麻婆豆腐",
    "酸辣土豆丝",
    "手撕包菜",
    "蒜蓉西兰花",
    "凉拌黄瓜",
    "油焖茄子",
    "雪菜毛豆",
)
SOUPS = ("紫菜蛋汤", "番茄蛋汤", "冬瓜汤")
COUNTS = ((1, 2), (1, 2), (1, 2), (2, 2), (1, 1), (2, 1), (1, 3), (2, 3))
IN_WORDS = "零一两三"
PICKUPS = (
    "报小哥身份，窗口直接取餐",
    "扫码下单，三号窗口取餐",
    "提前电话预订，到店半分钟取餐",
    "出示骑手端首页，收银台付款",
    "",
)
LABELS = {"breakfast": "早餐", "lunch": "午间", "dinner": "晚间", "night": "夜宵"}


def canteen(maker: Maker, street: Street, community: Community | None, role: str) -> NewListing:
    """Return a canteen with set meals, a percentage or both."""
    rng = maker.rng
    weekly = weeks.canteen_week(rng)
    sells = rng.choices(("meal", "two meals", "percentage", "both"), (6, 3, 2, 2))[0]
    labels = list(dict.fromkeys(row["label"] for row in weekly if row["label"])) or [""]
    meals: list[dict[str, Any]] = []
    if sells != "percentage":
        chosen = labels[:2] if sells == "two meals" and len(labels) > 1 else [rng.choice(labels)]
        meals = [set_meal(maker, label) for label in chosen]
    return maker.finish(
        Canteen,
        {
            **maker.base("canteen", street, community),
            "serves": rng.choices(("couriers", "everyone", "with_code"), (6, 3, 1))[0],
            "pickup": rng.choice(PICKUPS),
            "seats": rng.choice((None, 8, 12, 20, 24, 36, 60)),
            "notice": rng.choice(("", "", "", "可免费续饭", "提供热水和充电", "雨天可在店内休息")),
            "hours": {"weekly_hours": weekly, "hours_exceptions": weeks.exceptions(rng, maker.now.date())},
            "meals": {"set_meals": meals},
            "discounts": {"discounts": [discount(maker)] if sells in ("percentage", "both") else []},
        },
        role,
    )


def set_meal(maker: Maker, label: str) -> dict[str, Any]:
    """Return a set meal for a meal period ("" for any)."""
    rng = maker.rng
    if label == "breakfast":
        price, normal = rng.choice((("5.00", "8.00"), ("6.00", "9.00")))
        meats, vegetables, dishes = (
            0,
            1,
            [rng.choice(("豆浆", "白粥")), rng.choice(("肉包两个", "烧饼油条")), "茶叶蛋", "小菜"],
        )
    else:
        meats, vegetables = rng.choice(COUNTS)
        price, normal = {0: ("10.00", "15.00"), 1: ("10.00", "16.00")}.get(meats, ("12.00", "18.00"))
        price = rng.choice((price, price, "10.00", "11.50", "13.00"))
        dishes = [*rng.sample(MEATS, meats), *rng.sample(VEGETABLES, vegetables), "米饭"]
        if rng.random() < 0.4:
            dishes.append(rng.choice(SOUPS))
    plain = f"{IN_WORDS[meats]}荤{IN_WORDS[vegetables]}素" if meats else "早餐组合"
    return {
        "name": f"小哥{LABELS.get(label, '')}套餐（{plain}）",
        "dishes": "、".join(dishes),
        "meat_count": meats,
        "vegetable_count": vegetables,
        "courier_price_yuan": price,
        "normal_price_yuan": normal if rng.random() < 0.85 else None,
        "portions": rng.choice((None, 30, 50, 80, 100)),
        "label": label,
    }


def discount(maker: Maker) -> dict[str, Any]:
    """Return a percentage, mostly off-peak."""
    starts, ends = maker.rng.choice(
        (("13:30", "16:30"), ("14:00", "16:00"), ("20:00", "22:00"), (None, None))
    )
    return {
        "percent_off": maker.rng.choice((10, 15, 20, 20, 30)),
        "starts": starts,
        "ends": ends,
        "note": "错峰优惠" if starts else "全天优惠",
    }
