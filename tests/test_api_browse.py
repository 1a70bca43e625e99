"""Lists, details, formats, datums and tags of the browse API."""

import datetime as dt
from typing import Any

import pytest
import time_machine
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from canteens.models import Canteen
from portal.listings import revising, states
from portal.listings.coordinates import distance_m, from_wgs84
from portal.partners.models import ApiKey
from services.stations.models import Amenity, Station
from tests import api_places
from tests.personas import KANGQIAO, ZHALONGKOU

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("regions")]
NOON = "2026-11-23T12:00:00+08:00"
KEYS_OF_THE_MOMENT = {
    "open_now",
    "closes_at",
    "open_end",
    "opens_next_at",
    "hours_known",
    "calendar_confirmed",
    "held",
}


@pytest.fixture
def api() -> Any:
    """Return a function that reads below /api/v1/ and returns the response."""
    client = Client()

    def get(path: str, **headers: str) -> Any:
        return client.get(f"/api/v1/{path}", headers=headers)

    return get


def test_the_root_names_version_licence_datum_time_city_and_links(api: Any) -> None:
    body = api("").json()
    assert body["version"] == "1.0.0"
    assert body["datum"] == "wgs84"
    assert body["licence"]["name"]
    assert body["city"] == {"code": "3301", "zh": "杭州市", "en": "Hangzhou"}
    assert abs(dt.datetime.fromisoformat(body["server_time"]) - dt.datetime.now(dt.UTC)) < dt.timedelta(
        seconds=5
    )
    assert {"listings", "apartments", "canteens", "stations", "compounds", "schema", "docs"} <= set(
        body["links"]
    )


def test_every_link_of_the_root_answers(api: Any) -> None:
    links = api("").json()["links"]
    statuses = {
        name: Client().get(url.removeprefix("http://testserver")).status_code
        for name, url in links.items()
        if name != "pages"
    }
    assert set(statuses.values()) == {200}


def test_a_list_answers_count_next_previous_results(api: Any) -> None:
    for number in range(3):
        api_places.canteen(f"食堂{number}")
    first = api("canteens/?page_size=2").json()
    assert (first["count"], first["previous"], len(first["results"])) == (3, None, 2)
    second = Client().get(first["next"].removeprefix("http://testserver")).json()
    assert (second["next"], len(second["results"])) == (None, 1)
    assert second["previous"].endswith("page_size=2&page=1")
    assert len({row["id"] for row in first["results"] + second["results"]}) == 3


def test_a_row_is_the_stored_document_and_what_holds_now(api: Any) -> None:
    place = api_places.canteen()
    row = api(f"canteens/?at={NOON.replace('+', '%2B')}").json()["results"][0]
    assert row["id"] == place.public_id
    assert row["set_meals"][0]["courier_price"] == "10.00"
    assert set(row) >= KEYS_OF_THE_MOMENT
    assert row["open_now"] is True
    assert row["closes_at"] == "2026-11-23T13:30:00+08:00"
    assert row["url"].endswith(f"/canteens/{place.public_id}/")
    assert "distance_m" not in row
    assert api(f"canteens/{place.public_id}/?at={NOON.replace('+', '%2B')}").json() == row


@pytest.mark.parametrize("query", ["", "?near=30.36,120.15", "?district=330105", "?page_size=1&page=2"])
def test_the_lean_rows_are_those_of_the_whole_way(api: Any, query: str) -> None:
    for name in ("甲食堂", "乙食堂", '“引号"食堂'):
        api_places.canteen(name)
    sold_out = api_places.canteen("丙食堂")
    states.shut(listing=sold_out, reason="sold_out", until=timezone.now() + dt.timedelta(hours=2), actor=None)
    with time_machine.travel("2026-11-23T12:00:10+08:00", tick=False):
        lean = api(f"canteens/{query}").json()
        whole = api(f"canteens/{query or '?'}&format=geojson").json()
    assert lean["results"] == [feature["properties"] for feature in whole["features"]]
    assert lean["count"] == whole["count"] == 4


def test_pages_without_filters_tile_the_list_by_name_in_one_statement_each(api: Any) -> None:
    for name in ("丙食堂", "甲食堂", "乙食堂", "甲食堂", "Z 食堂"):
        api_places.canteen(name)
    wanted = list(Canteen.objects.published().order_by("name", "pk").values_list("public_id", flat=True))
    found = []
    for number in (1, 2, 3):
        api(f"canteens/?page={number}&page_size=2")  # Statements are built once.
        with CaptureQueriesContext(connection) as queries:
            body = api(f"canteens/?page={number}&page_size=2").json()
        assert body["count"] == 5
        # The change number, the page with its count, the calendar.
        assert len(queries) == 3
        found += [row["id"] for row in body["results"]]
    assert found == wanted
    assert api("canteens/?page=4&page_size=2").json()["code"] == "page_past_end"
    assert api("apartments/").json()["count"] == 0


def test_open_now_is_null_when_nobody_knows_the_hours(api: Any) -> None:
    api_places.canteen(hours={"weekly_hours": [], "hours_exceptions": []})
    row = api("canteens/").json()["results"][0]
    assert row["open_now"] is None
    assert row["hours_known"] is False


def test_a_paused_place_is_shown_as_held_and_never_open(api: Any) -> None:
    place = api_places.canteen(
        hours={"weekly_hours": [{"day": d, "rule": "all_day"} for d in ("workday", "rest_day")]}
    )
    assert api("canteens/?open_now=true").json()["count"] == 1
    states.move(listing=place, to="paused", actor=None, reason="装修")
    row = api("canteens/").json()["results"][0]
    assert (row["state"], row["held"], row["open_now"]) == ("paused", "paused", False)
    assert api("canteens/?open_now=true").json()["count"] == 0


def test_what_is_not_published_is_nowhere(api: Any) -> None:
    waiting = api_places.draft(Canteen, "草稿食堂")
    archived = api_places.canteen("旧食堂")
    states.move(listing=archived, to="archived", actor=None)
    assert api("canteens/").json()["count"] == api("listings/").json()["count"] == 0
    for place in (waiting, archived):
        assert api(f"canteens/{place.public_id}/").status_code == 404
        assert api(f"listings/{place.public_id}/").status_code == 404


def test_listings_holds_all_kinds_and_a_kind_only_its_own(api: Any) -> None:
    api_places.canteen()
    gated = api_places.compound()
    kinds = {row["kind"] for row in api("listings/").json()["results"]}
    assert kinds == {"canteen", "compound"}
    assert [row["id"] for row in api("compounds/").json()["results"]] == [gated.public_id]
    assert api(f"canteens/{gated.public_id}/").status_code == 404


def test_near_orders_by_distance_and_says_it(api: Any) -> None:
    api_places.canteen("远食堂", lat=30.368, lng=120.15)
    api_places.canteen("近食堂", lat=30.361, lng=120.15)
    api_places.canteen("界外食堂", lat=30.5, lng=120.15)
    body = api("canteens/?near=30.36,120.15&radius=2000").json()
    assert [row["name"] for row in body["results"]] == ["近食堂", "远食堂"]
    assert body["count"] == 2
    assert body["results"][0]["distance_m"] == round(distance_m(30.36, 120.15, 30.361, 120.15))


def test_search_region_and_box_filter(api: Any) -> None:
    api_places.canteen("邻里食堂")
    api_places.canteen("闸弄口食堂", street=ZHALONGKOU, district="330102", lat=30.28, lng=120.19)
    names = {
        query: [row["name"] for row in api(f"canteens/?{query}").json()["results"]]
        for query in (
            "q=邻里",
            "q=linli",
            "q=llst",
            "district=330105",
            f"street={KANGQIAO}",
            "bbox=120.1,30.3,120.2,30.4",
        )
    }
    assert set(map(tuple, names.values())) == {("邻里食堂",)}


def test_a_station_needs_every_amenity_that_is_named(api: Any) -> None:
    for code in ("water", "toilet"):
        Amenity.objects.get_or_create(code=code, defaults={"name": code, "name_en": code})
    api_places.publish(Station, "驿站甲", amenities={"offers": [{"amenity": "water"}, {"amenity": "toilet"}]})
    api_places.publish(Station, "驿站乙", amenities={"offers": [{"amenity": "water"}]})
    rows = api("stations/?amenity=water&amenity=toilet").json()["results"]
    assert [row["name"] for row in rows] == ["驿站甲"]


def test_rent_and_basis_are_asked_of_one_room_type(api: Any) -> None:
    from housing.models import ApartmentProject

    rooms = [
        {"name": "床位", "basis": "bed", "rent_after_yuan": "400.00"},
        {"name": "套房", "basis": "flat", "rent_after_yuan": "2000.00"},
    ]
    api_places.publish(ApartmentProject, "公寓", rooms={"room_types": rooms})
    assert api("apartments/?rent_max=500&basis=bed").json()["count"] == 1
    assert api("apartments/?rent_max=500&basis=flat").json()["count"] == 0


def test_geojson_has_longitude_first_and_the_row_as_properties(api: Any) -> None:
    place = api_places.canteen()
    response = api("canteens/?format=geojson")
    body = response.json()
    assert response["Content-Type"] == "application/geo+json"
    assert (body["type"], body["datum"], body["count"]) == ("FeatureCollection", "wgs84", 1)
    feature = body["features"][0]
    assert feature["id"] == place.public_id
    assert feature["geometry"] == {"type": "Point", "coordinates": [120.15, 30.36]}
    assert feature["properties"]["name"] == place.name
    assert api("canteens/", Accept="application/geo+json").json()["type"] == "FeatureCollection"


def test_gcj02_moves_every_position_gates_too_and_is_named(api: Any) -> None:
    api_places.compound()
    row = api("compounds/?crs=gcj02").json()["results"][0]
    lat, lng = from_wgs84(30.36, 120.15, "gcj02")
    assert row["position"]["datum"] == row["gates"][0]["position"]["datum"] == "gcj02"
    assert (row["position"]["lat"], row["position"]["lng"]) == (round(lat, 6), round(lng, 6))
    gate_lat, gate_lng = from_wgs84(30.3601, 120.1502, "gcj02")
    gate = row["gates"][0]["position"]
    assert (gate["lat"], gate["lng"]) == (round(gate_lat, 6), round(gate_lng, 6))


def test_gcj02_is_also_how_near_is_read(api: Any) -> None:
    api_places.canteen()
    lat, lng = from_wgs84(30.36, 120.15, "gcj02")
    assert api(f"canteens/?near={lat:.6f},{lng:.6f}&radius=50&crs=gcj02").json()["count"] == 1
    assert api(f"canteens/?near={lat:.6f},{lng:.6f}&radius=50").json()["count"] == 0


@time_machine.travel("2026-11-23T12:00:10+08:00", tick=False)
def test_304_touches_no_rows(api: Any) -> None:
    api_places.canteen()
    tag = api("canteens/")["ETag"]
    with CaptureQueriesContext(connection) as queries:
        again = api("canteens/", **{"If-None-Match": tag})
    assert (again.status_code, again.content, again["ETag"]) == (304, b"", tag)
    # The change counter, and nothing else.
    assert len(queries) == 1
    assert "listings_changecounter" in queries[0]["sql"]
    assert api("canteens/", **{"If-None-Match": f'"other", W/{tag}'}).status_code == 304


@pytest.mark.parametrize(
    ("path", "status"), [("canteens/0000000000/", 404), ("canteens/?bbox=nowhere", 400), ("canteens/", 200)]
)
def test_a_star_instead_of_a_tag_checks_the_question_all_the_same(api: Any, path: str, status: int) -> None:
    assert api(path, **{"If-None-Match": "*"}).status_code == status


def test_the_tag_changes_with_a_change_the_query_the_format_and_the_minute(api: Any) -> None:
    place = api_places.canteen()
    with time_machine.travel("2026-11-23T12:00:10+08:00", tick=False):
        first = api("canteens/")["ETag"]
        tags = {first, api("canteens/?page_size=1")["ETag"], api("canteens/?format=geojson")["ETag"]}
        assert len(tags) == 3
        revising.edit(listing=place, changes={"phone": "0571-99999"}, actor=None, channel="office")
        changed = api("canteens/")["ETag"]
        assert changed not in tags
    with time_machine.travel("2026-11-23T12:01:00+08:00", tick=False):
        assert api("canteens/")["ETag"] != changed


def test_a_no_op_save_keeps_the_tag(api: Any) -> None:
    place = api_places.canteen()
    with time_machine.travel("2026-11-23T12:00:10+08:00", tick=False):
        before = api("canteens/")["ETag"]
        assert (
            revising.edit(listing=place, changes={"phone": place.phone}, actor=None, channel="office") is None
        )
        assert api("canteens/")["ETag"] == before


def test_a_shared_cache_may_keep_anonymous_answers(api: Any) -> None:
    client = Client()
    client.cookies["django_language"] = "en"
    response = client.get("/api/v1/canteens/", headers={"Accept-Language": "en"})
    vary = {name.strip().lower() for name in response["Vary"].split(",")}
    assert vary == {"accept", "authorization"}
    assert response["Cache-Control"].startswith("public, max-age=")
    assert not response.cookies
    assert "Content-Language" not in response


def test_an_answer_to_a_key_is_private(api: Any, partner: Any) -> None:
    response = api("canteens/", **partner.headers)
    assert response["Cache-Control"].startswith("private")


def test_a_key_of_one_area_reads_only_that_area(api: Any, partner: Any) -> None:
    api_places.canteen("康桥食堂")
    other = api_places.canteen("闸弄口食堂", street=ZHALONGKOU, district="330102")
    _key, secret = ApiKey.issue(
        organisation=partner.key.organisation, name="康桥", scopes=["listings:read"], area_code=KANGQIAO
    )
    narrow = {"Authorization": f"Bearer {secret}"}
    assert [row["name"] for row in api("canteens/", **narrow).json()["results"]] == ["康桥食堂"]
    assert api(f"canteens/{other.public_id}/", **narrow).status_code == 404
    assert api("canteens/", **narrow)["ETag"] != api("canteens/", **partner.headers)["ETag"]


@pytest.mark.parametrize(
    "query", ["", "?open_now=true", "?near=30.36,120.15&open_now=true", "?q=食堂&district=330105"]
)
def test_queries_do_not_grow_with_rows(api: Any, query: str) -> None:
    api_places.canteen()
    with CaptureQueriesContext(connection) as few:
        assert api(f"canteens/{query}").status_code == 200
    for number in range(5):
        api_places.canteen(f"食堂{number}")
    with CaptureQueriesContext(connection) as many:
        assert api(f"canteens/{query}").status_code == 200
    # Counter, the region, whether intervals are built, count or distances, calendar, rows.
    assert len(few) == len(many) <= 6
