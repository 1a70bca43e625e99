"""What is asked of the HSDS profile: filters, pages, streams, addresses, and questions that cannot be read."""

import uuid
from typing import Any

import orjson
import pytest

from portal.accounts.models import Organisation
from portal.listings import revising
from tests import api_places
from tests.hsds_reading import TABLES, get, listed, publish_one_of_each
from tests.personas import KANGQIAO, ZHALONGKOU

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("regions")]


@pytest.fixture
def one_of_each(regions: Any) -> None:
    """Publish a place of each kind, with all that HSDS has a field for."""
    publish_one_of_each()


def test_filters_narrow_a_list_together_and_what_is_not_ours_finds_nothing() -> None:
    api_places.canteen("康桥食堂")
    api_places.compound("康桥小区")
    api_places.canteen("闸弄口食堂", street=ZHALONGKOU)
    office = Organisation.objects.create(kind="street", area_code=KANGQIAO, name="康桥街道办事处")
    terms = {term["code"]: term["id"] for term in listed("taxonomy_terms")}
    (taxonomy,) = listed("taxonomies")
    offices = {row["name"]: row["id"] for row in listed("organizations")}
    assert set(offices) == {office.name, "杭州市"}
    stranger = uuid.uuid4()

    def found(query: str) -> set[str]:
        return {row["name"] for row in listed(f"services?{query}")}

    canteen, kangqiao = f"taxonomy_term_id={terms['canteen']}", f"organization_id={offices[office.name]}"
    assert found(canteen) == {"康桥食堂", "闸弄口食堂"}
    assert found(kangqiao) == {"康桥食堂", "康桥小区"}
    assert found(f"organization_id={offices['杭州市']}") == {"闸弄口食堂"}
    assert found(f"{canteen}&{kangqiao}&search=shitang&taxonomy_id={taxonomy['id']}") == {"康桥食堂"}
    assert found("search=xiaoqu") == {"康桥小区"}
    for name in ("taxonomy_id", "taxonomy_term_id", "organization_id"):
        assert found(f"{name}={stranger}") == set()
    assert listed(f"taxonomy_terms?parent_id={stranger}") == []
    assert [term["code"] for term in listed("taxonomy_terms?search=canteen&top_only=true")] == ["canteen"]
    assert [row["name"] for row in listed("organizations?search=康桥")] == [office.name]


def test_modified_after_counts_the_moment_itself_and_minimal_names_all_at_once() -> None:
    for number in range(60):
        api_places.canteen(f"食堂{number}")
    rows = listed("services?minimal=true")
    assert len(rows) == 60
    assert set(rows[0]) == {"id", "last_modified", "modified_date"}
    last = max(row["last_modified"] for row in rows)
    again = listed(f"services?minimal=true&modified_after={last.replace('+', '%2B')}")
    assert [row["last_modified"] for row in again] == [last] * len(again)
    assert again
    assert listed("services?modified_after=2090-01-01") == []
    page = get("services?minimal=true&page=2&per_page=25").json()
    assert (page["total_pages"], page["size"], page["contents"]) == (3, 25, rows[25:50])


def test_an_organization_names_what_it_keeps_and_whole_services_only_while_they_are_few(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    for name in ("甲食堂", "乙食堂"):
        api_places.canteen(name)
    city = Organisation.objects.create(kind="city", area_code="3301", name="杭州市总工会")
    Organisation.objects.create(kind="street", area_code=KANGQIAO, name="康桥街道办事处")
    Organisation.objects.create(kind="platform", area_code=KANGQIAO, name="平台")
    offices = {row["name"]: row for row in listed("organizations")}
    assert set(offices) == {"杭州市总工会", "康桥街道办事处"}
    street = offices["康桥街道办事处"]
    assert street["parent_organization_id"] == offices[city.name]["id"]
    whole = get(f"organizations/{street['id']}").json()
    assert [row["name"] for row in whole["services"]] == ["甲食堂", "乙食堂"]
    assert whole["organization_identifiers"][0]["identifier"] == KANGQIAO
    full = get(f"organizations/{street['id']}?full_service=true").json()
    assert full["services"] == listed("services?full=true")
    assert get(f"organizations/{offices[city.name]['id']}").json()["services"] == []
    monkeypatch.setattr("portal.hsds.organization_views.MOST_WHOLE", 1)
    for path in (f"organizations/{street['id']}?full_service=true", "organizations?full_service=true"):
        refused = get(path)
        assert (refused.status_code, refused.json()["errors"][0]["code"]) == (400, "too_many")


@pytest.mark.usefixtures("one_of_each")
@pytest.mark.parametrize("table", TABLES)
@pytest.mark.parametrize("more", ["", "&full=true"])
def test_a_stream_holds_every_item_of_the_pages_one_a_line(table: str, more: str) -> None:
    answer = get(f"{table}?format=ndjson{more}")
    if answer.status_code == 400:
        assert answer.json()["errors"][0]["field"] == "full"
        return
    assert answer["Content-Type"] == "application/x-ndjson"
    lines = b"".join(answer.streaming_content).splitlines()
    # The moment of an answer is in none of these.
    assert [orjson.loads(line) for line in lines] == listed(f"{table}?{more}")
    assert get(f"{table}", Accept="application/x-ndjson")["Content-Type"] == "application/x-ndjson"
    assert get(f"{table}?format=ndjson&page=1").status_code == 400


@pytest.mark.parametrize(
    ("query", "field"),
    [
        ("page=0", "page"),
        ("page=", "page"),
        ("page=９", "page"),
        ("per_page=201", "per_page"),
        ("full=maybe", "full"),
        ("minimal=1", "minimal"),
        ("modified_after=", "modified_after"),
        ("modified_after=yesterday", "modified_after"),
        ("modified_after=1066-10-14", "modified_after"),
        ("organization_id=1", "organization_id"),
        ("taxonomy_term_id={8947cbc6-6874-5b54-bbfd-597f77ae77ab}", "taxonomy_term_id"),
        ("search=%00", "search"),
        ("search=%ff", "search"),
        (f"search={'a' * 61}", "search"),
        ("proximity=500", "proximity"),
        ("postcode=310000", "postcode"),
        ("format=xml", "format"),
        ("lang=en", "lang"),
    ],
)
def test_what_cannot_be_read_is_named_as_a_problem(query: str, field: str) -> None:
    answer = get(f"services?{query}")
    assert (answer.status_code, answer["Content-Type"]) == (400, "application/problem+json")
    assert [error["field"] for error in answer.json()["errors"]] == [field]
    assert {"zh", "en"} <= set(answer.json()["errors"][0])


@pytest.mark.parametrize(
    "path",
    [
        "services/abc",
        "services/8947CBC668745B54BBFD597F77AE77AB",
        f"services/{uuid.UUID(int=0)}",
        "services/%00",
        "nothing",
        "programs",
        "services/a/b",
    ],
)
def test_an_address_of_nothing_is_a_problem_too(path: str) -> None:
    answer = get(path)
    assert answer.status_code == (400 if "%00" in path else 404)
    assert answer["Content-Type"] == "application/problem+json"


def test_the_uuid_of_one_table_is_none_of_another() -> None:
    api_places.canteen()
    ids = {table: listed(table)[0]["id"] for table in TABLES}
    for table in TABLES:
        for other, found in ids.items():
            assert get(f"{table}/{found}").status_code == (200 if table == other else 404), (table, other)
    upper = get(f"services/{ids['services'].upper()}")
    assert upper.json()["id"] == ids["services"]


def test_a_place_published_after_the_first_look_up_is_found_and_keeps_its_uuid() -> None:
    first = api_places.canteen("甲食堂")
    (known,) = listed("services")
    assert get(f"services/{known['id']}").status_code == 200
    api_places.canteen("乙食堂")
    revising.edit(listing=first, changes={"name": "丙食堂"}, actor=None, channel="office")
    rows = {row["name"]: row["id"] for row in listed("services")}
    assert rows["丙食堂"] == known["id"]
    for name, number in rows.items():
        assert get(f"services/{number}").json()["name"] == name
