"""The reasons of an import in both languages: no sentence is formed before somebody reads it."""

import re
from typing import Any

import pytest

from canteens.models import Canteen
from portal.listings import importing
from tests.factories import make_apartment, make_canteen, make_compound, make_station
from tests.test_import_rows import table

pytestmark = pytest.mark.django_db

CHINESE = re.compile(r"[㐀-鿿]")
WRONG = [
    (make_canteen, "套餐", "Lunch | Soup | 1 | 2 | 20 | 15", "set meal 1: The courier price is higher"),
    (make_canteen, "折扣", "120", "Ensure this value is less than or equal to 99."),
    (make_canteen, "折扣", "20 | 13:00", "discount 1: Give both times"),
    (make_station, "设施", "water\nwater", "2: This amenity is listed twice."),
    (make_compound, "楼幢", "B1 | 120 | 50", "both positions lie between 0 and 100 %."),
    (make_compound, "电话", "1" * 41, "Ensure this value has at most 40 characters (it has 41)."),
    (make_apartment, "信息来源", "x" * 201, "Ensure this value has at most 200 characters"),
]


@pytest.mark.parametrize(("make", "column", "text", "said"), WRONG, ids=lambda value: str(value)[:20])
def test_what_the_kernel_refuses_is_said_in_chinese_and_in_english(
    make: Any, column: str, text: str, said: str, clerk: Any
) -> None:
    place = make()
    report = importing.check_rows(type(place), table({"编号": place.public_id, column: text}), clerk)
    row = report.as_json()["rows"][0]
    assert (row["verdict"], len(row["reasons"])) == ("refused", len(row["reasons_en"]))
    assert all(CHINESE.search(reason) for reason in row["reasons"]), row["reasons"]
    assert not [reason for reason in row["reasons_en"] if CHINESE.search(reason)], row["reasons_en"]
    assert said in "\n".join(row["reasons_en"])


def test_a_listing_that_contradicts_itself_is_refused_in_both_languages(clerk: Any) -> None:
    """The table's own constraints speak too, not only those of the groups."""
    place = make_canteen()
    row = {"编号": place.public_id, "纬度": "", "经度": ""}
    found = importing.check_rows(Canteen, table(row), clerk).as_json()["rows"][0]
    assert CHINESE.search(found["reasons"][0])
    assert found["reasons_en"] == [
        "Place the listing first: a published listing needs a street and a position."
    ]
    assert Canteen.objects.get(pk=place.pk).lat is not None
