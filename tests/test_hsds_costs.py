"""What an answer of the HSDS profile costs, who may keep it, and how often one may ask."""

from typing import Any

import pytest
from django.conf import settings as portal_settings
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from portal.accounts.models import Organisation
from tests import api_places
from tests.hsds_reading import TABLES, get, listed, publish_one_of_each
from tests.personas import KANGQIAO, ZHALONGKOU

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("regions")]


@pytest.fixture
def one_of_each(regions: Any) -> None:
    """Publish a place of each kind, with all that HSDS has a field for."""
    publish_one_of_each()


@pytest.mark.usefixtures("one_of_each")
@pytest.mark.parametrize("table", ["", *TABLES])
def test_answers_may_be_kept_as_those_of_the_api_and_a_known_tag_costs_one_query(table: str) -> None:
    first = get(table)
    assert first["Cache-Control"].startswith("public, max-age=")
    assert first["Vary"].startswith("Accept, Authorization")
    with CaptureQueriesContext(connection) as queries:
        again = get(table, **{"If-None-Match": first["ETag"]})
    assert (again.status_code, again.content) == (304, b"")
    # The change number.
    assert len(queries) == 1
    api_places.canteen("新食堂")
    assert get(table, **{"If-None-Match": first["ETag"]}).status_code == 200
    assert Client().post(f"/hsds/{table}").status_code == 405
    head = Client().head(f"/hsds/{table}")
    assert (head.status_code, head.content) == (200, b"")


@pytest.mark.parametrize(
    ("path", "most"),
    [
        # The number, the page, its offices, the count.
        ("services", 4),
        # And the calendar and the city.
        ("services?full=true", 6),
        ("service_at_locations?full=true", 6),
        ("locations", 5),
        # The number, the count, the page.
        ("services?minimal=true", 3),
        # The number, the areas with their offices.
        ("organizations", 3),
        # And the listings with their offices.
        ("organizations?full=true", 5),
        # And their count, the calendar, the city.
        ("organizations?full_service=true", 8),
        # The number, the keys, the calendar, what changed since, the page, its offices, the calendar again.
        ("schedules", 7),
        # The areas with their offices come before the page.
        ("services?organization_id={organization}", 6),
        ("organizations/{organization}", 5),
        # The number, the row, its office, the calendar, the city.
        ("services/{service}", 5),
        ("schedules/{schedule}", 4),
        ("taxonomies", 1),
        ("taxonomy_terms", 1),
    ],
)
def test_an_answer_costs_the_same_beside_many_places(path: str, most: int) -> None:
    Organisation.objects.create(kind="city", area_code="3301", name="杭州市总工会")
    Organisation.objects.create(kind="street", area_code=KANGQIAO, name="康桥街道办事处")
    costs = []
    made = 0
    for wanted in (1, 4):
        while made < wanted:
            api_places.canteen(f"食堂{made}")
            api_places.compound(f"小区{made}", street=ZHALONGKOU)
            made += 1
        ids = {name: listed(f"{name}s")[-1]["id"] for name in ("service", "schedule", "organization")}
        asked = path.format(**ids)
        get(asked)  # What a process keeps is kept here.
        with CaptureQueriesContext(connection) as queries:
            assert get(asked).status_code == 200
        costs.append(len(queries))
    assert costs[0] == costs[1] <= most


def test_a_stream_costs_the_same_for_each_part_of_it(monkeypatch: pytest.MonkeyPatch) -> None:
    for number in range(5):
        api_places.canteen(f"食堂{number}")
    for chunk, parts in ((500, 1), (2, 3)):
        monkeypatch.setattr("portal.hsds.finding.CHUNK", chunk)
        with CaptureQueriesContext(connection) as queries:
            lines = b"".join(get("services?format=ndjson").streaming_content).splitlines()
        assert len(lines) == 5
        # Of each part its rows, its offices and the city's name; the end is found by one more.
        assert len(queries) <= 3 * parts + 1


def test_readers_are_counted_as_those_of_the_api(settings: Any) -> None:
    settings.API_ANONYMOUS_PER_MINUTE = 3
    found = [get("taxonomies").status_code for _number in range(5)]
    assert found.count(429) >= 1
    refused = get("taxonomies")
    assert (refused.status_code, refused.json()["code"]) == (429, "throttled")
    assert 1 <= int(refused["Retry-After"]) <= 60


def test_neither_session_nor_language_is_looked_at(settings: Any) -> None:
    api_places.canteen()
    straight = get("services", **{"Accept-Language": "en"})
    assert "Cookie" not in straight["Vary"]
    settings.MIDDLEWARE = [name for name in portal_settings.MIDDLEWARE if not name.endswith("StraightToApi")]
    assert get("services").json() == straight.json()
