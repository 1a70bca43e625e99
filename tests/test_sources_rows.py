"""One row of a source: made, changed, left as it is; withdrawn and brought back; read as it stands."""

from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from portal.listings import revising
from portal.listings.kinds import listing_models
from portal.listings.models import Confirmation, Listing, Revision, SourceRecord
from portal.listings.snapshots import read_snapshot
from services.stations.models import Amenity
from tests.factories import gate, meal, room
from tests.personas import KANGQIAO, ZHALONGKOU, PartnerKey
from tests.source_rows import (
    PUBLISH,
    WRITE,
    address,
    body,
    key_for,
    make_source,
    put,
    read,
    stored,
    withdraw,
)

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("regions")]


@pytest.fixture
def source(db: Any) -> Any:
    return make_source()


@pytest.fixture
def key(source: Any) -> PartnerKey:
    return key_for(source, WRITE, PUBLISH)


@pytest.fixture
def writer(source: Any) -> PartnerKey:
    """Return a key without the right to publish."""
    return key_for(source)


def published(key: PartnerKey, **changes: Any) -> Any:
    """Return a row that the source has published."""
    answer = put(key, body(state="published", **changes))
    assert answer.status_code == 201, answer.content.decode()
    return stored()


def test_a_row_is_made_once_then_unchanged_then_changed(writer: PartnerKey) -> None:
    made = put(writer, body())
    assert (made.status_code, made.json()["outcome"]) == (201, "created")
    assert made.json()["state"] == "in_review"
    same = put(writer, body())
    assert (same.status_code, same.json()["outcome"]) == (200, "unchanged")
    assert same.json()["version"] == made.json()["version"] == 2
    changed = put(writer, body(phone="0571-2"))
    assert (changed.json()["outcome"], changed.json()["version"]) == ("changed", 3)
    assert Listing.objects.count() == 1
    assert (stored().phone, stored().source, stored().external_id) == ("0571-2", "kitchen", "A-1")
    assert Revision.objects.filter(listing=stored().pk).count() == 3


def test_a_version_names_the_source_and_its_organisation(writer: PartnerKey) -> None:
    put(writer, body())
    revision = Revision.objects.latest("number")
    assert (revision.channel, revision.actor_label, revision.post_label) == (
        "partner",
        "kitchen库",
        "kitchen公司",
    )
    assert revision.actor_id is None


def test_a_row_that_is_published_is_public_at_once_and_tombstoned_when_withdrawn(key: PartnerKey) -> None:
    listing = published(key)
    public = f"/api/v1/canteens/{listing.public_id}/"
    assert Client().get(public).json()["phone"] == "0571-1"
    assert put(key, body(state="published", phone="0571-2")).json()["outcome"] == "changed"
    assert Client().get(public).json()["phone"] == "0571-2"
    gone = withdraw(key)
    assert (gone.status_code, gone.json()["outcome"], gone.json()["state"]) == (200, "withdrawn", "archived")
    assert Client().get(public).status_code == 404
    assert withdraw(key).json()["outcome"] == "unchanged"


def test_a_withdrawn_row_comes_back_when_it_is_sent_again(key: PartnerKey) -> None:
    listing = published(key)
    withdraw(key)
    back = put(key, body())
    assert (back.json()["outcome"], back.json()["state"]) == ("changed", "in_review")
    withdraw(key)
    assert put(key, body(state="published")).json()["state"] == "published"
    assert stored().pk == listing.pk


def test_what_is_left_out_stays(key: PartnerKey) -> None:
    published(key, meals={"set_meals": [meal()]})
    assert put(key, {"phone": "0571-9"}).json()["outcome"] == "changed"
    listing = stored()
    assert (listing.phone, listing.name, listing.set_meals.count()) == ("0571-9", "康桥食堂", 1)


def test_every_kind_is_written_with_all_its_groups_and_a_second_time_unchanged(key: PartnerKey) -> None:
    Amenity.objects.create(code="water", name="饮水", name_en="Water")
    exceptions = [
        {"starts_on": "2026-12-01", "ends_on": "2026-12-02", "rule": "closed"},
        {"starts_on": "2026-10-01", "ends_on": "2026-10-07", "rule": "closed", "reason": "国庆"},
    ]
    hours = {
        "weekly_hours": [{"day": "mon", "opens": "10:30", "closes": "13:30"}],
        "hours_exceptions": exceptions,
    }
    spot = {"lat": 30.3458, "lng": 120.1602, "datum": "gcj02"}
    own: dict[str, Any] = {
        "canteen": {"meals": {"set_meals": [meal(), meal(name="素餐")]}, "discounts": {"discounts": []}},
        "apartment": {
            "rooms": {"room_types": [room()]},
            "programmes": {"programme_labels": [{"programme": "riders_home"}]},
        },
        "station": {"amenities": {"offers": [{"amenity": "water", "count": 2}]}, "area_m2": "40"},
        "compound": {
            "gates": {
                "gates": [{**{k: v for k, v in gate().items() if k not in ("lat", "lng")}, "position": spot}]
            },
            "buildings": {"buildings": [{"name": "1幢", "x": 40, "y": 60.5}]},
        },
    }
    for model in listing_models():
        said = body(
            hours=hours, name=f"某{model.kind_name}", state="published", **own.get(model.kind_name, {})
        )
        first = put(key, said, number=model.kind_name, kind=model.kind_name)
        assert first.json().get("outcome") == "created", first.json()
        again = put(key, said, number=model.kind_name, kind=model.kind_name)
        assert again.json()["outcome"] == "unchanged", again.json()
        whole = read(key, number=model.kind_name, kind=model.kind_name).json()
        sent_back = put(key, whole["sent"], number=model.kind_name, kind=model.kind_name)
        assert sent_back.json()["outcome"] == "unchanged", sent_back.json()


def test_a_position_is_stored_in_wgs84_and_read_in_it(key: PartnerKey) -> None:
    put(key, body(position={"lat": 30.3461, "lng": 120.1602, "datum": "gcj02", "accuracy": "approximate"}))
    listing = stored()
    assert (listing.entered_datum, listing.accuracy) == ("gcj02", "approximate")
    assert abs(listing.lat - 30.3461) > 0.001
    told = read(key).json()["current"]["position"]
    assert told == {"lat": listing.lat, "lng": listing.lng, "datum": "wgs84", "accuracy": "approximate"}


def test_a_row_is_read_as_it_was_sent_and_as_it_stands(key: PartnerKey, clerk: Any) -> None:
    listing = published(key)
    revising.edit(listing=listing, changes={"notice": "今日休息"}, actor=clerk, channel="office")
    answer = read(key)
    told = answer.json()
    assert (told["sent"]["phone"], told["current"]["notice"], told["version"]) == ("0571-1", "今日休息", 3)
    assert "notice" not in told["sent"]
    assert answer["ETag"] == '"3"'
    assert answer["Cache-Control"] == "no-store"
    assert told["id"] == listing.public_id


def test_without_the_scope_to_publish_a_change_of_a_public_place_waits(
    key: PartnerKey, writer: PartnerKey
) -> None:
    listing = published(key)
    asked = put(writer, body(phone="0571-2")).json()
    assert (asked["outcome"], asked["proposed"], asked["version"]) == ("proposed", ["phone"], 2)
    again = put(writer, body(phone="0571-2")).json()
    assert (again["outcome"], again["proposed"], again["kept"]) == ("unchanged", ["phone"], [])
    assert stored().phone == "0571-1"
    assert listing.proposals.waiting().count() == 1
    assert read(writer).json()["waiting"] == ["phone"]


def test_a_later_word_replaces_what_waits_and_the_first_one_takes_it_back(
    key: PartnerKey, writer: PartnerKey
) -> None:
    listing = published(key)
    put(writer, body(phone="0571-2", address="别处"))
    third = put(writer, body(phone="0571-3")).json()
    assert (third["outcome"], sorted(third["proposed"])) == ("proposed", ["phone"])
    waiting = [one.undecided for one in listing.proposals.waiting()]
    assert waiting == [{"phone": "0571-3"}]
    back = put(writer, body()).json()
    assert (back["outcome"], back["proposed"]) == ("unchanged", [])
    assert not listing.proposals.waiting().exists()


def test_without_the_scope_to_publish_a_withdrawal_of_a_public_place_waits(
    key: PartnerKey, writer: PartnerKey
) -> None:
    listing = published(key)
    asked = withdraw(writer).json()
    assert (asked["outcome"], asked["proposed"], asked["state"]) == ("proposed", ["state"], "published")
    assert withdraw(writer).json()["outcome"] == "unchanged"
    assert listing.proposals.waiting().count() == 1
    put(writer, body())
    assert not listing.proposals.waiting().exists(), "whoever sends the row again has not withdrawn it"


def test_a_state_needs_the_scope_to_publish(writer: PartnerKey) -> None:
    answer = put(writer, body(state="published"))
    assert (answer.status_code, answer.json()["code"]) == (403, "scope_missing")
    assert answer.json()["errors"][0]["field"] == PUBLISH
    assert not Listing.objects.exists()


def test_a_pause_needs_a_reason_and_ends_with_the_state(key: PartnerKey) -> None:
    published(key)
    bare = put(key, {"state": "paused"})
    assert (bare.status_code, bare.json()["errors"][0]["field"]) == (400, "pause_reason")
    paused = put(
        key, {"state": "paused", "pause_reason": "装修", "paused_until": "2027-01-01T08:00:00+08:00"}
    )
    assert paused.json()["state"] == "paused"
    assert stored().pause_reason == "装修"
    put(key, {"state": "published"})
    assert (stored().state, stored().pause_reason, stored().paused_until) == ("published", "", None)


def test_a_place_that_may_be_there_already_waits_in_review(key: PartnerKey, source: Any) -> None:
    published(key)
    other = make_source("other")
    answer = put(key_for(other, WRITE, PUBLISH), body(name="杭州康桥食堂", state="published"), source="other")
    told = answer.json()
    assert (told["outcome"], told["state"]) == ("created", "in_review")
    assert [near["id"] for near in told["near"]] == [stored().public_id]
    again = put(key_for(other, WRITE, PUBLISH), body(name="杭州康桥食堂", state="published"), source="other")
    assert (again.json()["outcome"], again.json()["state"]) == ("unchanged", "in_review")


def test_what_others_have_not_published_is_not_told_as_near(key: PartnerKey) -> None:
    put(key, body())
    other = make_source("other")
    answer = put(key_for(other, WRITE, PUBLISH), body(state="published"), source="other")
    assert (answer.json()["near"], answer.json()["state"]) == ([], "published")


def test_another_kind_under_the_same_number_is_a_conflict(key: PartnerKey) -> None:
    put(key, body())
    answer = put(key, body(), kind="station")
    assert (answer.status_code, answer.json()["code"]) == (409, "other_kind")
    assert read(key, kind="station").status_code == 404


def test_withdrawing_what_is_not_there_is_a_404(key: PartnerKey) -> None:
    answer = withdraw(key)
    assert (answer.status_code, answer.json()["code"]) == (404, "not_found")


@pytest.mark.parametrize("method", ["post", "patch"])
def test_other_methods_are_refused_with_those_that_are_allowed(key: PartnerKey, method: str) -> None:
    answer = getattr(Client(), method)(address(), headers=key.headers)
    assert (answer.status_code, answer["Allow"]) == (405, "GET, HEAD, PUT, DELETE")


def test_a_street_moves_the_district_and_leaves_no_community_behind(key: PartnerKey) -> None:
    put(key, body(community="330105010001"))
    assert stored().community_id == "330105010001"
    answer = put(key, body(street=ZHALONGKOU, position={"lat": 30.2881, "lng": 120.1975, "datum": "wgs84"}))
    assert answer.json()["outcome"] == "changed"
    listing = stored()
    assert (listing.district_id, listing.street_id, listing.community_id) == ("330102", ZHALONGKOU, None)


def test_the_snapshot_kept_is_what_was_said(writer: PartnerKey) -> None:
    put(writer, body())
    record = SourceRecord.objects.get()
    snapshot = read_snapshot(stored())
    assert {key: snapshot[key] for key in record.sent} == record.sent
    assert record.sent["street"] == KANGQIAO
    assert (record.sent_number, record.sent_by_label) == (2, "同步")
    assert not Confirmation.objects.exists()


def test_an_unchanged_row_costs_few_queries(writer: PartnerKey) -> None:
    put(writer, body())
    put(writer, body())
    with CaptureQueriesContext(connection) as queries:
        assert put(writer, body()).json()["outcome"] == "unchanged"
    asked = [query["sql"] for query in queries if "SAVEPOINT" not in query["sql"]]
    # The key; the source and the key again, before and under the lock; district and street; the listing locked, its
    # record, itself, its five groups and planned pauses; what waits of it; itself and its record once written.
    assert len(asked) == 19, asked
