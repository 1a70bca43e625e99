"""The words that canteens are found by."""

import datetime as dt
import re
from collections.abc import Callable
from decimal import Decimal
from typing import Any

from django.db.models import Q
from django.utils.text import format_lazy
from django.utils.translation import gettext_lazy as _

from portal.listings.meanings import Meaning, Pattern, Saying, Sort, kind_saying

DIGITS = {
    mark: number
    for number, marks in enumerate(("零0", "一1", "二两2", "三3", "四4", "五5", "六6"))
    for mark in marks
}
NUMBERS = "".join(DIGITS)
NUMERALS = "零一二三四五六"
DEAREST_MEAL_YUAN = 100


def shape_of(meat: int | None, vegetable: int | None) -> list[str]:
    """Return how a meal of so many dishes is written: 一荤两素, 一荤二素, 1荤2素; nothing for more than six."""
    if (
        meat is None
        or vegetable is None
        or not 0 < meat < len(NUMERALS)
        or not 0 <= vegetable < len(NUMERALS)
    ):
        return []
    plain = f"{NUMERALS[meat]}荤{NUMERALS[vegetable]}素"
    return list(dict.fromkeys([plain.replace("二", "两"), plain, f"{meat}荤{vegetable}素"]))


def _with_meal(**asked: Any) -> Callable[[dt.datetime], Q]:
    from canteens.models import SetMeal

    return lambda moment: Q(pk__in=SetMeal.objects.filter(**asked).order_by().values("canteen_id"))


def _serving(label: str) -> Callable[[dt.datetime], Q]:
    from canteens.models import SetMeal
    from portal.listings.models import WeeklyHours

    meals = SetMeal.objects.filter(label=label).order_by().values("canteen_id")
    hours = WeeklyHours.objects.filter(label=label).order_by().values("listing_id")
    return lambda moment: Q(pk__in=meals) | Q(kind="canteen", pk__in=hours)


def _discounted(moment: dt.datetime) -> Q:
    from canteens.models import Discount

    return Q(pk__in=Discount.objects.order_by().values("canteen_id"))


def _shape(match: re.Match[str]) -> Meaning:
    meat, vegetable = DIGITS[match[1]], DIGITS[match[2]]
    written = shape_of(meat, vegetable) or [match[0]]
    return Meaning(Sort.MEAL, written[0], _with_meal(meat_count=meat, vegetable_count=vegetable))


def _price(match: re.Match[str]) -> Meaning | None:
    amount = Decimal(match[1])
    if not 0 < amount <= DEAREST_MEAL_YUAN:
        return None
    label = format_lazy(_("meals up to {amount} yuan"), amount=match[1])
    return Meaning(Sort.PRICE, label, _with_meal(courier_price_yuan__lte=amount))


PATTERNS = (
    Pattern(re.compile(rf"([{NUMBERS}])荤([{NUMBERS}])素"), _shape),
    Pattern(re.compile(r"(?:￥|¥)?(\d{1,3}(?:\.\d{1,2})?)(?:元|块钱|块|yuan)(?:以下|以内|套餐)?"), _price),
)


def sayings() -> tuple[Saying, ...]:
    """Return the everyday words of canteens and of their meals."""
    words = (
        *("食堂", "取餐点", "取餐", "吃饭", "餐厅", "套餐", "快餐", "吃的", "餐", "饭"),
        *("canteen", "meal", "food", "eat", "restaurant"),
    )
    kind = kind_saying("canteen", _("canteens"), *words)
    meals = (
        ("breakfast", _("breakfast"), ("早餐", "早饭", "早点", "breakfast")),
        ("lunch", _("lunch"), ("午餐", "午饭", "中饭", "中餐", "lunch")),
        ("dinner", _("dinner"), ("晚餐", "晚饭", "dinner", "supper")),
        ("night", _("late meal"), ("夜宵", "宵夜", "late meal")),
    )
    discount = Meaning(Sort.PRICE, _("with a discount"), _discounted, also="text")
    return (
        kind,
        *(
            Saying(words, Meaning(Sort.MEAL, name, _serving(label), also="text"))
            for label, name, words in meals
        ),
        Saying(("打折", "折扣", "优惠", "discount"), discount),
    )
