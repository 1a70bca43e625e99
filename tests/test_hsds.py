"""The HSDS profile: what it answers, by HSDS's own schemas where they are at hand, and by what is written here."""

from typing import Any

import pytest
from django.test import Client

from tests import api_places
from tests.hsds_schemas import faults, needs_schemas

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("regions")]
FRAME = {
    "total_items",
    "total_pages",
    "page_number",
    "size",
    "first_page",
    "last_page",
    "empty",
    "contents",
}


def get(path: str, **headers: str) -> Any:
    """Return the answer below /hsds/."""
    return Client().get(f"/hsds/{path}", headers=headers)


def test_the_root_names_version_profile_and_schema() -> None:
    body = get("").json()
    assert body["version"] == "3.0"
    for name in ("profile", "openapi_url"):
        assert Client().get(body[name].removeprefix("http://testserver")).status_code == 200


def test_services_are_listed_in_the_frame_of_hsds_and_found_by_their_number() -> None:
    for name in ("甲食堂", "乙食堂", "丙食堂"):
        api_places.canteen(name)
    first, second = get("services?per_page=2").json(), get("services?per_page=2&page=2").json()
    assert set(first) == FRAME
    assert (first["total_items"], first["total_pages"], first["size"]) == (3, 2, 2)
    assert (first["first_page"], first["last_page"], second["first_page"], second["last_page"]) == (
        True,
        False,
        False,
        True,
    )
    listed = first["contents"] + second["contents"]
    assert [row["name"] for row in listed] == ["甲食堂", "乙食堂", "丙食堂"]
    for row in listed:
        whole = get(f"services/{row['id']}").json()
        assert whole.items() >= row.items()
        assert whole["service_at_locations"][0]["location"]["latitude"] == 30.36


@needs_schemas
def test_a_service_is_one_by_the_schema_of_hsds() -> None:
    api_places.canteen(notice="有热水")
    (listed,) = get("services").json()["contents"]
    assert faults("service", listed) == []
    assert faults("service", get(f"services/{listed['id']}/").json()) == []
