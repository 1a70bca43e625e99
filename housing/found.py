"""The words that apartment projects are found by."""

import datetime as dt
import re
from collections.abc import Callable
from decimal import Decimal
from typing import Any

from django.db.models import Q
from django.utils.text import format_lazy
from django.utils.translation import gettext_lazy as _

from portal.listings.meanings import Meaning, Pattern, Saying, Sort, kind_saying

LOWEST_RENT_YUAN, HIGHEST_RENT_YUAN = 200, 99_999


def _with_room(**asked: Any) -> Callable[[dt.datetime], Q]:
    from housing.models import RoomType

    return lambda moment: Q(pk__in=RoomType.objects.filter(**asked).order_by().values("project_id"))


def _with_free_room(moment: dt.datetime) -> Q:
    from housing.models import RoomType

    return Q(pk__in=RoomType.objects.free_at(moment).order_by().values("project_id"))


def _rent(match: re.Match[str]) -> Meaning | None:
    amount = Decimal(match[1])
    if not LOWEST_RENT_YUAN <= amount <= HIGHEST_RENT_YUAN:
        return None
    label = format_lazy(_("rent up to {amount} yuan"), amount=match[1])
    return Meaning(Sort.PRICE, label, _with_room(rent_after_yuan__lte=amount))


PATTERNS = (
    Pattern(re.compile(r"(?:￥|¥)?(\d{3,5})(?:元|块钱|块|yuan)(?:以下|以内)?(?:/?[一每]?个?月)?"), _rent),
)


def sayings() -> tuple[Saying, ...]:
    """Return the everyday words of apartments and of what is free in them."""
    words = (
        *("公寓", "租房", "住宿", "宿舍", "房子", "住房", "床位", "睡觉", "租", "住", "房", "床"),
        *("apartment", "flat", "housing", "room", "bed", "rent", "dorm", "accommodation"),
    )
    kind = kind_saying("apartment", _("apartment projects"), *words)
    free = Meaning(Sort.OFFER, _("has vacancies"), _with_free_room)
    return (kind, Saying(("空房", "有房", "空床", "vacancy", "vacant"), free))
