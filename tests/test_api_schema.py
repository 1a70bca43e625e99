"""The schema says what the API answers, and the docs page needs nobody else's server."""

from typing import Any

import pytest
from django.core.management import call_command
from django.test import Client
from jsonschema import Draft202012Validator

from housing.models import ApartmentProject
from portal.listings.kinds import listing_models
from services.stations.models import Amenity, Station
from tests import api_places

pytestmark = pytest.mark.django_db


@pytest.fixture
def schema() -> Any:
    """Return the schema as served."""
    return Client().get("/api/v1/schema/").json()


@pytest.fixture
def one_of_each(regions: Any) -> None:
    """Publish one place of every kind with all of its groups."""
    Amenity.objects.get_or_create(code="water", defaults={"name": "饮水", "name_en": "Water"})
    exception = {"starts_on": "2026-10-01", "ends_on": "2026-10-07", "rule": "closed", "reason": "国庆"}
    hours = {"weekly_hours": [api_places.LUNCH], "hours_exceptions": [exception]}
    api_places.canteen(
        hours=hours, discounts={"discounts": [{"percent_off": 20, "starts": "13:30", "ends": "16:00"}]}
    )
    api_places.compound(buildings={"buildings": [{"name": "1 幢", "x": 10.0, "y": 20.0, "gate": "南门"}]})
    api_places.publish(
        Station, "驿站", area_m2="40.0", amenities={"offers": [{"amenity": "water", "count": 2}]}
    )
    room = {
        "name": "双人间",
        "area_m2": "27.0",
        "basis": "room",
        "rent_after_yuan": "850.00",
        "furniture": "书桌、衣柜",
    }
    labels = {"programme_labels": [{"programme": "riders_home", "adds": "充电"}]}
    api_places.publish(ApartmentProject, "公寓", rooms={"room_types": [room]}, programmes=labels)


def response_schema(schema: dict[str, Any], path: str, media: str = "application/json") -> Any:
    """Return a validator of what a path answers."""
    content = schema["paths"][path]["get"]["responses"]["200"]["content"][media]["schema"]
    return Draft202012Validator({**content, "components": schema["components"]})


def test_the_schema_is_openapi_3_1_and_generated_without_a_warning(tmp_path: Any) -> None:
    target = tmp_path / "schema.yaml"
    call_command("spectacular", "--validate", "--fail-on-warn", "--file", str(target))
    assert target.read_text(encoding="utf-8").startswith("openapi: 3.1.0")


def test_every_kind_is_described(schema: Any) -> None:
    for model in listing_models():
        assert f"/api/v1/{model.plural}/" in schema["paths"]
        assert f"/api/v1/{model.plural}/{{public_id}}/" in schema["paths"]


@pytest.mark.usefixtures("one_of_each")
@pytest.mark.parametrize("plural", ["listings", "apartments", "canteens", "stations", "compounds"])
def test_what_is_answered_is_what_the_schema_says(schema: Any, plural: str) -> None:
    body = Client().get(f"/api/v1/{plural}/").json()
    assert body["results"]
    response_schema(schema, f"/api/v1/{plural}/").validate(body)
    detail = Client().get(f"/api/v1/{plural}/{body['results'][0]['id']}/").json()
    response_schema(schema, f"/api/v1/{plural}/{{public_id}}/").validate(detail)
    features = Client().get(f"/api/v1/{plural}/?format=geojson").json()
    response_schema(schema, f"/api/v1/{plural}/", "application/geo+json").validate(features)


@pytest.mark.usefixtures("one_of_each")
@pytest.mark.parametrize("plural", ["apartments", "canteens", "stations", "compounds"])
def test_the_schema_names_every_key_that_is_answered(schema: Any, plural: str) -> None:
    reference = schema["paths"][f"/api/v1/{plural}/{{public_id}}/"]["get"]["responses"]["200"]["content"]
    name = reference["application/json"]["schema"]["$ref"].rsplit("/", 1)[1]
    described = set(schema["components"]["schemas"][name]["properties"])
    row = Client().get(f"/api/v1/{plural}/").json()["results"][0]
    # The distance is there where somebody asks `near`, the source where one keeps the place (test_taking_over.py).
    assert set(row) == described - {"distance_m", "source"}
    examples = reference["application/json"]["examples"]
    example = next(iter(examples.values()))["value"]
    assert set(example) == set(row)
    response_schema(schema, f"/api/v1/{plural}/{{public_id}}/").validate(example)


@pytest.mark.parametrize("plural", ["listings", "apartments", "canteens", "stations", "compounds"])
def test_every_parameter_of_the_schema_is_accepted(schema: Any, plural: str) -> None:
    values = {"string": "x", "integer": "1", "number": "1", "boolean": "true"}
    for parameter in schema["paths"][f"/api/v1/{plural}/"]["get"]["parameters"]:
        kind = parameter["schema"]
        value = kind["enum"][0] if "enum" in kind else values.get(kind["type"], "x")
        response = Client().get(f"/api/v1/{plural}/", {parameter["name"]: value})
        codes = {error["code"] for error in response.json().get("errors", [])}
        assert "unknown_parameter" not in codes, parameter["name"]


def test_an_error_is_what_the_schema_says(schema: Any) -> None:
    problem = Draft202012Validator(
        {"$ref": "#/components/schemas/ProblemDocument", "components": schema["components"]}
    )
    problem.validate(Client().get("/api/v1/canteens/?x=1").json())


def test_the_docs_page_loads_only_our_own_files() -> None:
    response = Client().get("/api/v1/docs/")
    page = response.content.decode()
    assert "http" not in page.replace("http-equiv", "")
    policy = dict(part.strip().split(" ", 1) for part in response["Content-Security-Policy"].split(";"))
    assert policy["default-src"] == "'self'"
    assert "script-src" not in policy
    assert "unsafe-inline" not in Client().get("/api/v1/canteens/")["Content-Security-Policy"]


@pytest.mark.browser
@pytest.mark.django_db(transaction=True)
def test_the_docs_page_shows_the_schema_offline(live_server: Any, desk_page: Any) -> None:
    asked, complaints = [], []
    desk_page.on("request", lambda request: asked.append(request.url))
    desk_page.on(
        "console", lambda message: complaints.append(message.text) if message.type == "error" else None
    )
    desk_page.goto(f"{live_server.url}/api/v1/docs/")
    desk_page.get_by_text("/api/v1/canteens/", exact=True).first.wait_for()
    assert [url for url in asked if not url.startswith((live_server.url, "data:", "blob:"))] == []
    assert complaints == []
