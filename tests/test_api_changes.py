"""The change feed: a copy that follows it equals the portal, whatever happened meanwhile."""

import datetime as dt
from typing import Any

import pytest
import time_machine
from django.core.cache import cache
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from portal.listings import confirming, revising, states
from portal.listings.changes import TOMBSTONES_KEPT
from portal.listings.models import ChangeCounter, Listing
from portal.listings.publishing import ERA, last_number, publish_locked
from portal.partners.models import ApiKey
from services.stations.models import Station
from tests import api_places
from tests.feed_mirror import Mirror
from tests.personas import KANGQIAO, ZHALONGKOU

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("regions")]
KEYS_OF_THE_MOMENT = {
    "open_now",
    "closes_at",
    "open_end",
    "opens_next_at",
    "hours_known",
    "calendar_confirmed",
    "held",
}


def feed(query: str = "", **headers: str) -> Any:
    return Client().get(f"/api/v1/changes/{query}", headers=headers)


def browsed(query: str = "") -> dict[str, Any]:
    """Return what the browse API lists, without what depends on the moment."""
    rows = Client().get(f"/api/v1/listings/?page_size=200{query}").json()["results"]
    return {row["id"]: {k: v for k, v in row.items() if k not in KEYS_OF_THE_MOMENT} for row in rows}


def test_a_copy_equals_the_browse_api_after_a_full_pass_in_pages() -> None:
    for number in range(7):
        api_places.canteen(f"食堂{number}")
    api_places.publish(Station, "驿站")
    mirror = Mirror("limit=3").catch_up()
    assert mirror.held == browsed()
    assert len(mirror.held) == 8
    assert mirror.seen == sorted(set(mirror.seen))


def test_what_changes_after_the_pass_comes_in_order_and_only_once() -> None:
    first, second = api_places.canteen("食堂一"), api_places.canteen("食堂二")
    mirror = Mirror().catch_up()
    mirror.seen.clear()
    revising.edit(listing=second, changes={"phone": "0571-1"}, actor=None, channel="office")
    revising.edit(listing=first, changes={"phone": "0571-2"}, actor=None, channel="office")
    revising.edit(listing=second, changes={"phone": "0571-3"}, actor=None, channel="office")
    assert [(item["id"], item["state"]) for item in mirror.page()] == [
        (first.public_id, "updated"),
        (second.public_id, "updated"),
    ]
    assert mirror.catch_up().held == browsed()


def test_a_reader_in_the_middle_of_a_pass_misses_nothing_that_happens_then() -> None:
    places = [api_places.canteen(f"食堂{number}") for number in range(6)]
    mirror = Mirror("limit=2")
    mirror.page()
    states.move(listing=places[0], to="archived", actor=None)
    states.move(listing=places[5], to="archived", actor=None)
    revising.edit(listing=places[1], changes={"name": "改名"}, actor=None, channel="office")
    api_places.canteen("新开")
    mirror.catch_up()
    assert mirror.held == browsed()
    assert mirror.names == {"改名", "食堂2", "食堂3", "食堂4", "新开"}


@pytest.mark.parametrize("way", ["archived", "paused"])
def test_leaving_the_public_is_deleted_and_pausing_is_not(way: str) -> None:
    canteen = api_places.canteen("食堂")
    mirror = Mirror().catch_up()
    states.move(listing=canteen, to=way, actor=None, reason="装修" if way == "paused" else "")
    (item,) = mirror.page()
    expected = {"seq": last_number(), "kind": "canteen", "id": canteen.public_id, "state": "deleted"}
    if way == "archived":
        assert item == expected
    else:
        assert (item["state"], item["data"]["state"]) == ("updated", "paused")


def test_only_a_change_of_the_public_face_is_a_change() -> None:
    canteen = api_places.canteen("食堂")
    mirror = Mirror().catch_up()
    revising.edit(listing=canteen, changes={"name": "食堂"}, actor=None, channel="office")
    publish_locked(type(canteen), [canteen.pk])
    assert mirror.page() == []
    confirming.confirm(listing=canteen, fact_groups=["hours"], actor=None)
    assert [item["state"] for item in mirror.page()] == ["updated"]


def test_who_leaves_a_filter_is_deleted_there_and_stays_elsewhere() -> None:
    moved = api_places.canteen("搬走的", street=KANGQIAO)
    api_places.canteen("留下的", street=KANGQIAO)
    there, all_over = Mirror(f"street={KANGQIAO}").catch_up(), Mirror().catch_up()
    elsewhere = {"district": ZHALONGKOU[:6], "street": ZHALONGKOU, "community": None}
    revising.edit(listing=moved, changes=elsewhere, actor=None, channel="office")
    assert there.catch_up().names == {"留下的"}
    assert all_over.catch_up().names == {"搬走的", "留下的"}
    back = {"district": KANGQIAO[:6], "street": KANGQIAO}
    revising.edit(listing=moved, changes=back, actor=None, channel="office")
    assert there.catch_up().names == {"搬走的", "留下的"}


def test_a_full_pass_with_a_filter_lists_nothing_else() -> None:
    api_places.canteen("甲", street=ZHALONGKOU)
    api_places.canteen("乙", street=KANGQIAO)
    api_places.publish(Station, "丙", street=KANGQIAO)
    mirror = Mirror(f"street={KANGQIAO}&kind=canteen").catch_up()
    assert mirror.names == {"乙"}
    assert len(mirror.seen) == 1
    two = Mirror("kind=canteen&kind=station").catch_up()
    assert two.names == {"甲", "乙", "丙"}


def test_a_state_is_a_filter_too() -> None:
    canteen = api_places.canteen("食堂")
    mirror = Mirror("state=published").catch_up()
    states.move(listing=canteen, to="paused", actor=None, reason="装修")
    assert mirror.catch_up().held == {}


def test_a_key_confined_to_an_area_sees_who_leaves_it_as_deleted(partner: Any) -> None:
    ApiKey.objects.update(area_code=KANGQIAO)
    moved = api_places.canteen("食堂", street=KANGQIAO)
    api_places.canteen("别处", street=ZHALONGKOU)
    mirror = Mirror(**partner.headers).catch_up()
    assert mirror.names == {"食堂"}
    elsewhere = {"district": ZHALONGKOU[:6], "street": ZHALONGKOU}
    revising.edit(listing=moved, changes=elsewhere, actor=None, channel="office")
    assert [item["state"] for item in mirror.page()] == ["deleted"]
    assert mirror.catch_up().held == {}


def test_a_key_whose_area_changed_begins_again(partner: Any) -> None:
    api_places.canteen("食堂", street=KANGQIAO)
    mirror = Mirror(**partner.headers).catch_up()
    ApiKey.objects.update(area_code=ZHALONGKOU)
    answer = Client().get(mirror.next, headers=partner.headers)
    assert (answer.status_code, answer.json()["code"]) == (410, "cursor_gone")


def test_a_cursor_older_than_the_tombstones_is_gone_and_told_the_way_back() -> None:
    canteen = api_places.canteen("食堂")
    mirror = Mirror("limit=5").catch_up()
    with time_machine.travel(timezone.now() + dt.timedelta(days=1)):
        states.move(listing=canteen, to="archived", actor=None)
    with time_machine.travel(timezone.now() + TOMBSTONES_KEPT - dt.timedelta(hours=1)):
        assert Client().get(mirror.next).status_code == 200
    with time_machine.travel(timezone.now() + TOMBSTONES_KEPT + dt.timedelta(days=2)):
        cache.clear()
        answer = Client().get(mirror.next)
        assert answer.status_code == 410
        way_back = answer.json()["full_pass"]
        assert answer["Link"] == f'<{way_back}>; rel="first"'
        assert way_back == "http://testserver/api/v1/changes/?limit=5"
        again = Client().get(way_back.removeprefix("http://testserver"))
        assert again.status_code == 200


def test_a_reader_who_knows_what_is_gone_goes_on_however_old_the_tombstone() -> None:
    canteen = api_places.canteen("食堂")
    states.move(listing=canteen, to="archived", actor=None)
    mirror = Mirror().catch_up()
    with time_machine.travel(timezone.now() + 2 * TOMBSTONES_KEPT):
        assert mirror.page() == []


def test_a_database_put_back_to_an_earlier_day_ends_every_cursor() -> None:
    api_places.canteen("食堂")
    mirror = Mirror().catch_up()
    ChangeCounter.objects.update(value=ERA)
    assert Client().get(mirror.next).status_code == 410
    again = Mirror().catch_up()
    assert again.names == {"食堂"}
    ChangeCounter.objects.update(value=3)
    assert Client().get(again.next).status_code == 410


@pytest.mark.parametrize(
    ("query", "field", "code"),
    [
        ("?cursor=7", "cursor", "invalid"),
        ("?cursor=", "cursor", "invalid"),
        ("?cursor=1-1-00000000-00000000", "cursor", "other_filters"),
        ("?cursor=9999999999999999999-1-00000000-00000000", "cursor", "invalid"),
        ("?limit=0", "limit", "invalid"),
        ("?limit=1001", "limit", "invalid"),
        ("?open_now=true", "open_now", "unknown_parameter"),
        ("?near=30.2,120.1", "near", "unknown_parameter"),
        ("?kind=hotel", "kind", "invalid_choice"),
        ("?street=1", "street", "invalid_choice"),
        ("?page=2", "page", "unknown_parameter"),
    ],
)
def test_what_cannot_be_asked_is_named(query: str, field: str, code: str) -> None:
    body = feed(query).json()
    assert (body["status"], [(e["field"], e["code"]) for e in body["errors"]]) == (400, [(field, code)])
    assert body["errors"][0]["zh"] != body["errors"][0]["en"]


def test_a_page_costs_the_same_queries_however_long_it_is() -> None:
    for number in range(3):
        api_places.canteen(f"食堂{number}")
    costs = []
    for _round in range(2):
        with CaptureQueriesContext(
            connection,
        ) as queries:
            assert len(feed().json()["items"]) in (3, 13)
        costs.append(len(queries))
        for number in range(10):
            api_places.canteen(f"更多{_round}{number}")
    # The counter for the tag, the counter for the pass, what fits, what came since; nothing of that fits.
    assert costs == [4, 4]


def test_an_unchanged_feed_is_a_304_past_the_minute() -> None:
    api_places.canteen("食堂")
    tag = feed()["ETag"]
    with time_machine.travel(timezone.now() + dt.timedelta(minutes=5)):
        assert feed("", **{"If-None-Match": tag}).status_code == 304
    api_places.canteen("新的")
    assert feed("", **{"If-None-Match": tag}).status_code == 200


def test_an_unpublished_draft_never_appears() -> None:
    from tests.factories import make_canteen

    make_canteen(state="draft", name="草稿")
    mirror = Mirror().catch_up()
    assert mirror.seen == []
    assert Listing.objects.filter(change_number__isnull=False).count() == 0
