"""Canteens: what may be entered of discounts, and what a card says."""

import datetime as dt
from typing import Any

import pytest
from django.core.exceptions import ValidationError

from canteens.models import Discount
from tests import api_places


def clock(text: str | None) -> dt.time | None:
    """Return a time of day."""
    return dt.time.fromisoformat(text) if text else None


@pytest.mark.parametrize(
    ("starts", "ends", "refused"),
    [
        ("22:00", "02:00", ""),
        ("20:00", "00:00", ""),
        ("13:30", "16:30", ""),
        ("13:30", "13:00", "最长 16 小时"),
        ("13:30", "13:30", "两个都留空"),
        ("13:30", None, "要么都填"),
    ],
)
def test_a_discount_may_pass_midnight_as_hours_may(starts: str, ends: str | None, refused: str) -> None:
    discount = Discount(percent_off=20, starts=clock(starts), ends=clock(ends))
    if not refused:
        discount.clean()
        return
    with pytest.raises(ValidationError) as caught:
        discount.clean()
    assert refused in " ".join(caught.value.message_dict["ends"])


@pytest.mark.django_db
def test_a_card_names_the_meal_whose_price_it_shows(client: Any, regions: Any) -> None:
    meals = [
        {"name": "晚间套餐", "dishes": "", "courier_price_yuan": "12.00", "label": "dinner"},
        {"name": "午间套餐", "dishes": "", "courier_price_yuan": "10.00", "label": "lunch"},
    ]
    api_places.canteen(meals={"set_meals": meals})
    content = client.get("/canteens/").content.decode()
    assert "午间套餐" in content
    assert "晚间套餐" not in content
