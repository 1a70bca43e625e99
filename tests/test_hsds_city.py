"""The demo city in HSDS: every row of every table holds by HSDS's own schemas, and no table leaves a listing out."""

import datetime as dt
from collections.abc import Iterator
from typing import Any

import orjson
import pytest
import time_machine

from portal.hsds.weeks import HORIZON
from portal.listings.calendars import current_calendar
from portal.listings.hours import CITY_TIME
from portal.listings.models import Listing
from portal.pages.demo.loading import load
from tests.hsds_reading import TABLES, get
from tests.hsds_schemas import faults, needs_schemas
from tests.standing import standing
from tests.test_hsds_weeks import DAY, as_meant, as_read

pytestmark = pytest.mark.django_db
#: Before the holidays of autumn, so that the rows have to tell of them.
NOW = dt.datetime(2026, 9, 18, 12, tzinfo=CITY_TIME)


@pytest.fixture(scope="module", autouse=True)
def demo_city(django_db_setup: None, django_db_blocker: Any) -> Iterator[None]:
    """Load the small city once."""

    def write() -> None:
        with time_machine.travel(NOW, tick=False):
            load(scale="small", seed=1)

    yield from standing(django_db_blocker, write)


@pytest.fixture(autouse=True)
def _at_noon() -> Iterator[None]:
    with time_machine.travel(NOW, tick=False):
        yield


def everything(table: str, more: str = "") -> list[Any]:
    """Return every item of a table."""
    answer = get(f"{table}?format=ndjson{more}")
    assert answer.status_code == 200, answer.content
    return [orjson.loads(line) for line in b"".join(answer.streaming_content).splitlines()]


@needs_schemas
@pytest.mark.parametrize(
    ("table", "more"),
    [
        *((table, "") for table in TABLES),
        ("services", "&full=true"),
        ("service_at_locations", "&full=true"),
        ("organizations", "&full=true"),
        ("organizations", "&full_service=true"),
    ],
)
def test_every_row_of_the_city_holds_by_the_schemas_of_hsds(table: str, more: str) -> None:
    found = everything(table, more)
    assert found
    wrong = {item["id"]: said for item in found if (said := faults(TABLES[table], item))}
    assert wrong == {}


def test_every_published_listing_is_one_service_at_one_location_of_one_office() -> None:
    public = set(Listing.objects.published().values_list("public_id", flat=True))
    assert len(public) > 100
    services = everything("services", "&full=true")
    assert {row["service_at_locations"][0]["location"]["external_identifier"] for row in services} == public
    assert {row["id"] for row in everything("services")} == {row["id"] for row in services}
    offices = {row["id"]: row for row in everything("organizations", "&full=true")}
    assert {row["organization_id"] for row in services} <= offices.keys()
    kept = [service["id"] for office in offices.values() for service in office["services"]]
    assert sorted(kept) == sorted(row["id"] for row in services)
    assert all(row.get("parent_organization_id", next(iter(offices))) in offices for row in offices.values())


def test_all_pages_of_a_table_together_are_its_stream() -> None:
    for table in TABLES:
        pages, number = [], 1
        while True:
            page = get(f"{table}?per_page=40&page={number}").json()
            pages += page["contents"]
            if page["last_page"]:
                break
            number += 1
        assert pages == everything(table), table
        assert page["total_items"] == len(pages)


def test_schedules_say_of_every_place_and_day_what_the_portal_says() -> None:
    calendar = current_calendar()
    assert calendar.days
    documents = [
        orjson.loads(text) for text in Listing.objects.published().values_list("document", flat=True)
    ]
    services = {
        row["service_at_locations"][0]["location"]["external_identifier"]: row
        for row in everything("services", "&full=true")
    }
    looked = 0
    for doc in documents:
        rows = services[doc["id"]]["schedules"]
        looked += bool(rows)
        for step in range(HORIZON.days):
            date = NOW.date() + step * DAY
            assert as_read(rows, date) == as_meant(doc, date, calendar), (doc["id"], date)
    assert looked > 50


def test_the_schedules_by_themselves_are_those_of_the_services() -> None:
    inside = [row for service in everything("services", "&full=true") for row in service["schedules"]]
    assert everything("schedules") == inside
    assert len({row["id"] for row in inside}) == len(inside)
