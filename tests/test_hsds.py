"""The HSDS profile says what the documents say, by HSDS's own schemas where they are at hand."""

import datetime as dt
import uuid
from typing import Any

import pytest
import time_machine
from django.test import Client
from django.utils import timezone

from canteens.models import Canteen
from portal.accounts.models import Organisation
from portal.hsds import examples
from portal.listings import states
from portal.partners.models import ApiKey
from tests import api_places
from tests.hsds_reading import TABLES, get, is_part_of, listed, publish_one_of_each
from tests.hsds_schemas import faults, frame_faults, needs_schemas
from tests.personas import ZHALONGKOU

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("regions")]


@pytest.fixture
def one_of_each(regions: Any) -> None:
    """Publish a place of each kind, with all that HSDS has a field for."""
    publish_one_of_each()


def test_the_root_names_version_profile_and_schema() -> None:
    body = get("").json()
    assert body["version"] == "3.0"
    for name in ("profile", "openapi_url"):
        assert Client().get(body[name].removeprefix("http://testserver")).status_code == 200


@pytest.mark.usefixtures("one_of_each")
@pytest.mark.parametrize("table", TABLES)
def test_every_list_has_the_frame_of_hsds_and_every_item_its_own_address(table: str) -> None:
    body = get(f"{table}?per_page=2").json()
    assert list(body) == [
        "total_items",
        "total_pages",
        "page_number",
        "size",
        "first_page",
        "last_page",
        "empty",
        "contents",
    ]
    assert (body["page_number"], body["size"], body["first_page"]) == (1, len(body["contents"]), True)
    assert body["total_pages"] == -(-body["total_items"] // 2)
    pages = [listed(f"{table}?per_page=2&page={number + 1}") for number in range(body["total_pages"])]
    items = [item for page in pages for item in page]
    assert len({item["id"] for item in items}) == len(items) == body["total_items"] > 0
    assert get(f"{table}?per_page=2&page={body['total_pages']}").json()["last_page"] is True
    for item in items:
        for end in ("", "/"):
            assert is_part_of(item, get(f"{table}/{item['id']}{end}").json())
    past = get(f"{table}?page={body['total_pages'] + 1}")
    assert (past.status_code, past.json()["code"]) == (404, "page_past_end")


@needs_schemas
@pytest.mark.usefixtures("one_of_each")
@pytest.mark.parametrize("more", ["", "full=true", "full_service=true"])
@pytest.mark.parametrize("table", TABLES)
def test_every_answer_holds_by_the_schemas_of_hsds(table: str, more: str) -> None:
    answer = get(f"{table}?{more}")
    if answer.status_code == 400:
        assert more.partition("=")[0] in [error["field"] for error in answer.json()["errors"]]
        return
    assert frame_faults(answer.json()) == []
    for item in answer.json()["contents"]:
        assert faults(TABLES[table], item) == []
        assert faults(TABLES[table], get(f"{table}/{item['id']}").json()) == []


@needs_schemas
def test_the_check_by_the_schemas_of_hsds_finds_what_is_wrong() -> None:
    api_places.canteen()
    whole = get(f"services/{listed('services')[0]['id']}").json()
    assert faults("service", whole) == []
    address = whole["service_at_locations"][0]["location"]["addresses"][0]
    assert faults("service", {**whole, "status": "open"})
    assert faults("service", {**whole, "colour": "red"})
    assert faults("service", {**whole, "url": "not an address"})
    address["postal_code"] = None
    assert faults("service", whole)


def test_a_service_says_what_its_document_says() -> None:
    place = api_places.canteen(notice="有热水", address="康桥路12号3幢")
    (row,) = listed("services?full=true")
    assert (row["name"], row["alternate_name"]) == ("康桥食堂", "Kangqiao Shitang")
    assert row["description"].startswith("有热水")
    assert "10.00元" in row["fees_description"]
    assert "10.00 yuan" in row["fees_description"]
    assert row["url"].endswith(f"/canteens/{place.public_id}/")
    assert row["id"] == str(
        uuid.uuid5(uuid.uuid5(uuid.NAMESPACE_DNS, "hsds.nuanxin"), f"service/{place.public_id}")
    )
    assert [phone["number"] for phone in row["phones"]] == ["0571-12345"]
    location = row["service_at_locations"][0]["location"]
    assert (location["latitude"], location["longitude"]) == (30.36, 120.15)
    address = location["addresses"][0]
    assert (address["address_1"], address["address_2"]) == ("康桥路12号3幢", "Building 3, 12 Kangqiao Road")
    assert (address["state_province"], address["city"], address["region"]) == ("浙江省", "杭州市", "拱墅区")
    assert row["attributes"][0]["taxonomy_term"]["code"] == "canteen"
    assert "assured_date" not in row


def test_only_what_is_published_is_told_in_any_table() -> None:
    place = api_places.canteen()
    ids = {table: [item["id"] for item in listed(table)] for table in TABLES}
    api_places.draft(Canteen, "草稿食堂")
    states.move(listing=place, to="archived", actor=None)
    for table in ("services", "organizations", "locations", "schedules", "service_at_locations"):
        assert listed(table) == []
        assert ids[table]
        for found in ids[table]:
            assert get(f"{table}/{found}").status_code == 404


def test_a_pause_closes_the_service_for_now_and_says_why_in_both_languages() -> None:
    place = api_places.canteen()
    until = timezone.now() + dt.timedelta(days=3)
    states.move(listing=place, to="paused", actor=None, reason="设备检修", until=until)
    (row,) = listed("services")
    assert row["status"] == "temporarily closed"
    assert "设备检修" in row["alert"]
    assert "until" in row["alert"]
    with time_machine.travel(until + dt.timedelta(minutes=1)):
        assert listed("services")[0]["status"] == "active"


def test_a_key_of_an_area_reads_that_area() -> None:
    api_places.canteen("康桥食堂")
    api_places.canteen("闸弄口食堂", street=ZHALONGKOU)
    organisation = Organisation.objects.create(kind="platform", name="平台")
    _key, text = ApiKey.issue(
        organisation=organisation, name="街道", scopes=["listings:read"], area_code=ZHALONGKOU
    )
    headers = {"Authorization": f"Bearer {text}"}
    other = next(row["id"] for row in listed("services") if row["name"] == "康桥食堂")
    for table in ("services", "locations", "service_at_locations"):
        contents = get(f"{table}?full=true", **headers).json()["contents"] if table == "services" else []
        assert all(row["name"] == "闸弄口食堂" for row in contents)
        assert get(table, **headers).json()["total_items"] == 1
    assert get("schedules", **headers).json()["total_items"] < len(listed("schedules"))
    assert get(f"services/{other}", **headers).status_code == 404
    none = ApiKey.issue(organisation=organisation, name="无", scopes=["couriers:write"])[1]
    refused = get("services", Authorization=f"Bearer {none}")
    assert (refused.status_code, refused.json()["code"]) == (403, "scope_missing")
    assert get("services", Authorization="Bearer nx_wrong").status_code == 401


@needs_schemas
def test_the_examples_of_the_schema_hold_by_the_schemas_of_hsds_too() -> None:
    shown = {
        "service": (examples.SERVICE, examples.WHOLE_SERVICE),
        "service_at_location": (examples.LISTED_LINK, examples.WHOLE_LINK),
        "location": (examples.LOCATION,),
        "schedule": (examples.SCHEDULE,),
        "organization": (examples.ORGANIZATION, examples.WHOLE_ORGANIZATION),
        "taxonomy_term": (examples.TERM,),
    }
    for table, found in shown.items():
        for item in found:
            assert faults(table, item) == []
