"""What pages show of what is free: the newest word with its moment, and nothing once it is over."""

import datetime as dt
from typing import Any

import pytest
import time_machine
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from portal.listings import reading
from portal.listings.calendars import current_calendar
from portal.listings.hours import CITY_TIME
from portal.listings.models import Availability, Listing
from portal.pages.breaks.offers import Asked, sort_cards, what_of
from services.stations.live import say_live
from tests.availability import counts, make_key, make_source, put, status
from tests.factories import make_apartment, make_canteen, make_station, meal

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("regions")]
LUNCH = dt.datetime(2026, 11, 24, 11, 42, tzinfo=CITY_TIME)
OURS = {"source": "canteens", "external_id": "1"}


@pytest.fixture(autouse=True)
def _at_lunch() -> Any:
    with time_machine.travel(LUNCH, tick=False) as clock:
        yield clock


@pytest.fixture
def key() -> Any:
    found = make_key()
    make_source(found)
    return found


def page(url: str, language: str = "zh-hans") -> str:
    client = Client()
    client.cookies.load({"django_language": language})
    return client.get(url).content.decode()


@pytest.mark.parametrize("where", ["home", "list", "detail"])
def test_what_is_left_of_a_meal_is_on_cards_and_on_the_page_with_its_moment(key: Any, where: str) -> None:
    canteen = make_canteen(extra=OURS)
    put(key, canteen, counts(("一荤两素", 12), hours=1))
    addresses = {"home": "/", "list": "/canteens/", "detail": canteen.get_absolute_url()}
    shown = page(addresses[where])
    assert "余 12 份" in shown
    assert "11:42" in shown
    assert "12 portions left" in page(f"{addresses[where]}?lang=en", "en")


@pytest.mark.parametrize("where", ["list", "detail"])
def test_what_is_over_is_not_shown(key: Any, where: str, _at_lunch: Any) -> None:
    canteen = make_canteen(extra=OURS)
    put(key, canteen, counts(("一荤两素", 12), hours=1))
    _at_lunch.shift(dt.timedelta(minutes=61))
    shown = page("/canteens/" if where == "list" else canteen.get_absolute_url())
    assert "康桥食堂" in shown
    assert "余 12 份" not in shown


def test_nothing_left_is_sold_out_and_of_several_meals_each_has_its_name(key: Any) -> None:
    meals = {"set_meals": [meal(), meal(name="两荤两素", courier_price_yuan="13.00")]}
    canteen = make_canteen(extra=OURS, meals=meals)
    put(key, canteen, counts(("一荤两素", 0), ("两荤两素", 7)))
    shown = page("/canteens/")
    assert "已售完" in shown
    assert "余 7 份" in shown
    assert shown.index("已售完") < shown.index("两荤两素") < shown.index("余 7 份")


def test_a_card_promises_nothing_where_the_canteen_is_shut(key: Any, _at_lunch: Any) -> None:
    canteen = make_canteen(extra=OURS)
    put(key, canteen, counts(("一荤两素", 12), hours=12))
    _at_lunch.move_to(LUNCH.replace(hour=15))
    assert "余 12 份" not in page("/canteens/")
    detail = page(canteen.get_absolute_url())
    assert 'tag open"' not in detail[detail.index("余 12 份") - 200 : detail.index("余 12 份")]


def test_paper_says_nothing_of_what_is_left(key: Any) -> None:
    canteen = make_canteen(extra=OURS)
    put(key, canteen, counts(("一荤两素", 12)))
    printed = page(f"{canteen.get_absolute_url()}print/")
    assert 'class="line no-print"' in printed


def test_beds_are_unknown_on_pages_when_the_system_says_no_longer(key: Any, _at_lunch: Any) -> None:
    apartment = make_apartment(extra=OURS)
    put(key, apartment, counts(("双人间", 4), hours=1))
    assert "4 间" in page(apartment.get_absolute_url())
    _at_lunch.shift(dt.timedelta(minutes=61))
    for url in (apartment.get_absolute_url(), "/housing/"):
        assert "空余情况未知" in page(url)


def test_a_report_that_renews_a_station_keeps_it_busy_on_the_page(key: Any, _at_lunch: Any) -> None:
    station = make_station(extra=OURS)
    put(key, station, status("busy", hours=1))
    _at_lunch.shift(dt.timedelta(minutes=50))
    put(key, station, status("busy", hours=1))
    _at_lunch.shift(dt.timedelta(minutes=50))
    assert "繁忙" in page(station.get_absolute_url())
    _at_lunch.shift(dt.timedelta(minutes=11))
    assert "繁忙" not in page(station.get_absolute_url())


def test_staff_speak_last_where_they_speak_later(key: Any, _at_lunch: Any) -> None:
    station = make_station(extra=OURS)
    put(key, station, status("busy", hours=1))
    _at_lunch.shift(dt.timedelta(minutes=5))
    say_live(station=station, status="full", until=timezone.now() + dt.timedelta(hours=1), actor=None)
    shown = page(station.get_absolute_url())
    assert "繁忙" not in shown


def test_a_break_sends_nobody_for_a_meal_that_is_sold_out_or_to_a_station_that_is_full(key: Any) -> None:
    meals = {"set_meals": [meal(), meal(name="两荤两素", courier_price_yuan="13.00")]}
    canteen = make_canteen(extra=OURS, meals=meals)
    station = make_station(amenities=("seats", "water"), extra={**OURS, "external_id": "2"})
    put(key, canteen, counts(("一荤两素", 0), ("两荤两素", 7)))
    Availability.objects.create(
        listing=station,
        status="full",
        as_of=LUNCH,
        valid_until=LUNCH + dt.timedelta(hours=1),
        written_at=LUNCH,
        written_by_label="x",
    )
    asked = Asked(LUNCH, current_calendar())
    found = sort_cards(reading.cards(Listing.objects.published(), LUNCH), asked)
    (offer,) = [offer for offer in found.offers if offer.card.doc["kind"] == "canteen"]
    assert what_of(offer, asked, LUNCH)["meal"]["name"] == "两荤两素"
    assert station.pk not in [offer.card.pk for offer in found.offers]


@pytest.mark.parametrize(
    "url", ["/", "/canteens/", "/housing/", "/stations/", "/search/?q=食堂", "/break/?near=30.346,120.160"]
)
def test_a_page_asks_once_for_all_that_was_reported(url: str) -> None:
    for number in range(4):
        make_canteen(name=f"食堂{number}")
        make_apartment(name=f"公寓{number}")
        make_station(name=f"驿站{number}")
    with CaptureQueriesContext(connection) as queries:
        Client().get(url)
    assert len([one for one in queries.captured_queries if "listings_availability" in one["sql"]]) == 1


def test_compounds_and_the_api_ask_for_no_reports(key: Any) -> None:
    canteen = make_canteen(extra=OURS)
    with CaptureQueriesContext(connection) as queries:
        Client().get(reverse("compounds:list"))
        Client().get("/api/v1/canteens/?format=geojson")
        Client().get(f"/api/v1/canteens/{canteen.public_id}/")
    assert not [one for one in queries.captured_queries if "listings_availability" in one["sql"]]
