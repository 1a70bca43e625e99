"""Apartments: what is free and for how long that holds, rents on their basis, the filters that ask for both."""

import datetime as dt
from typing import Any

import pytest
import time_machine

from housing.filters import ApartmentFilter
from housing.models import ApartmentProject
from housing.templatetags.apartments import free_by_basis
from portal.listings import reading
from portal.pages.prices import leading_price
from tests import pages_places as places
from tests.factories import room
from tests.pages_places import at

NOON = at("12:00")


@pytest.fixture(autouse=True)
def _noon(regions: Any) -> Any:
    with time_machine.travel(NOON, tick=False):
        yield


def rooms(*changes: dict[str, Any]) -> dict[str, Any]:
    """Return the rooms group with one room type for each set of changes, counted an hour ago."""
    hour_ago = (NOON - dt.timedelta(hours=1)).isoformat()
    return {
        "room_types": [
            room(name=f"户型{number}", free_as_of=hour_ago, **change)
            if "free_as_of" not in change
            else room(name=f"户型{number}", **change)
            for number, change in enumerate(changes)
        ]
    }


def counted(hours: float, count: int = 3, **more: Any) -> dict[str, Any]:
    """Return a room type's count as of some hours ago."""
    return {"free_count": count, "free_as_of": (NOON - dt.timedelta(hours=hours)).isoformat(), **more}


def found(**query: str) -> list[str]:
    """Return the names that a question finds."""
    filterset = ApartmentFilter(query, queryset=ApartmentProject.objects.all())
    assert filterset.is_valid(), filterset.errors
    return list(filterset.qs.order_by("name").values_list("name", flat=True))


def card(client: Any, listing: Any) -> str:
    """Return a project's card on the list."""
    html = client.get("/housing/").content.decode()
    return str(html.split(listing.name)[1].split("</article>")[0])


def document(listing: Any) -> dict[str, Any]:
    """Return what readers get of a project."""
    return reading.cards(ApartmentProject.objects.filter(pk=listing.pk), NOON)[0].doc


def test_a_count_older_than_a_day_is_not_found_as_free() -> None:
    places.apartment("新公寓", rooms=rooms(counted(23.9)))
    places.apartment("旧公寓", rooms=rooms(counted(24.1)))
    places.apartment("满公寓", rooms=rooms(counted(1, 0)))
    assert found(free="true") == ["新公寓"]


def test_a_count_older_than_a_day_is_told_as_what_was_said(client: Any) -> None:
    listing = places.apartment("康桥公寓", rooms=rooms(counted(25)))
    for html in (card(client, listing), client.get(f"/housing/{listing.public_id}/").content.decode()):
        assert "空余情况未知" in html
        assert "上次说有 3 间，1 天前" in html
        assert "空余 3 间" not in html
        assert "tag open" not in html


def test_none_free_and_one_unknown_is_unknown(client: Any) -> None:
    listing = places.apartment("康桥公寓", rooms=rooms(counted(1, 0), {"free_count": None}))
    html = card(client, listing)
    assert "空余情况未知" in html
    assert "暂无空余" not in html


def test_each_basis_is_known_or_unknown_by_itself(client: Any) -> None:
    flats, beds = counted(1, 2, basis="flat"), counted(30, 5, basis="bed")
    listing = places.apartment("康桥公寓", rooms=rooms(flats, beds))
    html = card(client, listing)
    assert "空余 2 套" in html
    assert "空余情况未知（床）" in html
    assert [(row.count, row.is_known) for row in free_by_basis(document(listing), NOON)] == [
        (2, True),
        (5, False),
    ]


def test_the_document_says_until_when_a_count_holds() -> None:
    doc = document(places.apartment("康桥公寓", rooms=rooms(counted(1), {"free_count": None})))
    assert doc["room_types"][0]["free_valid_until"] == "2026-11-25T11:00:00+08:00"
    assert doc["room_types"][1]["free_valid_until"] is None


def test_the_lowest_rent_is_told_for_each_basis(client: Any) -> None:
    listing = places.apartment(
        "康桥公寓",
        rooms=rooms(
            {"basis": "bed", "rent_after_yuan": "450.00"},
            {"basis": "flat", "rent_before_yuan": None, "rent_after_yuan": "2000.00"},
            {"basis": "flat", "rent_before_yuan": None, "rent_after_yuan": "1800.00"},
        ),
    )
    doc = document(listing)
    assert [(rent["amount"], rent["basis"]["code"]) for rent in doc["rents_from"]] == [
        ("1800.00", "flat"),
        ("450.00", "bed"),
    ]
    assert leading_price(doc) == "1800.00 元/套·月 · 450.00 元/床·月"
    html = card(client, listing)
    assert "元/套·月" in html
    assert "元/床·月" in html


def test_the_basis_stands_beside_the_rent_and_both_ask_one_room_type(client: Any) -> None:
    beds = {"basis": "bed", "rent_after_yuan": "450.00"}
    flats = {"basis": "flat", "rent_before_yuan": None, "rent_after_yuan": "1800.00"}
    places.apartment("康桥公寓", rooms=rooms(beds, flats))
    form = client.get("/housing/").content.decode()
    assert form.index('name="rent_max"') < form.index('name="basis"') < form.index('name="free"')
    assert found(rent_max="500", basis="bed") == ["康桥公寓"]
    assert found(rent_max="500", basis="flat") == []
