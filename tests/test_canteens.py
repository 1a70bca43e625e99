"""Canteens: what may be entered of discounts."""

import datetime as dt

import pytest
from django.core.exceptions import ValidationError

from canteens.models import Discount


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
