"""What is free, apart from the facts: told by operators' systems, read by anybody, unknown once it is over."""

import datetime as dt
from typing import Any

import pytest
import time_machine
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from portal.listings import revising, states
from portal.listings.models import Availability, Confirmation, Listing, Revision
from portal.listings.publishing import last_number
from services.stations.live import say_live
from tests import availability
from tests.availability import ADDRESS, counts, make_key, make_source, moments, post, put, said, status
from tests.factories import make_apartment, make_canteen, make_compound, make_station, meal, room

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("regions")]
OURS = {"source": "canteens", "external_id": "1"}


@pytest.fixture
def key() -> Any:
    found = make_key()
    make_source(found)
    return found


def test_portions_are_told_by_put_and_read_by_anybody(key: Any) -> None:
    canteen = make_canteen(extra=OURS)
    body = counts(("一荤两素", 12))
    answer = put(key, canteen, body)
    assert (answer.status_code, answer.json()) == (
        200,
        {
            "id": canteen.public_id,
            "outcome": "accepted",
            "items": [{"item": "一荤两素", "outcome": "accepted"}],
        },
    )
    (row,) = Client().get(ADDRESS).json()["results"]
    assert (row["id"], row["kind"], row["measure"]) == (canteen.public_id, "canteen", "portions")
    (item,) = row["items"]
    assert (item["item"], item["count"], item["status"]) == ("一荤两素", 12, None)
    sent = dt.datetime.fromisoformat(body["as_of"]).replace(microsecond=0)
    assert dt.datetime.fromisoformat(item["as_of"]) == sent


def test_what_is_over_is_unknown_and_says_since_when(key: Any) -> None:
    canteen = make_canteen(extra=OURS)
    put(key, canteen, counts(("一荤两素", 12), hours=1))
    with time_machine.travel(timezone.now() + dt.timedelta(minutes=61)):
        item = said(canteen, "一荤两素")
    assert (item["count"], item["as_of"] is not None) == (None, True)


def test_portions_change_neither_the_document_nor_the_change_number(key: Any) -> None:
    canteen = make_canteen(extra=OURS)
    number, revisions = last_number(), Revision.objects.count()
    put(key, canteen, counts(("一荤两素", 12)))
    assert (last_number(), Revision.objects.count()) == (number, revisions)


def test_beds_are_written_to_the_facts_where_they_differ(key: Any) -> None:
    apartment = make_apartment(extra=OURS)
    assert put(key, apartment, counts(("双人间", 4))).json()["outcome"] == "accepted"
    fresh = Client().get(f"/api/v1/apartments/{apartment.public_id}/").json()
    assert fresh["room_types"][0]["free"] == 4
    latest = Revision.objects.filter(listing=apartment).latest("number")
    assert (latest.channel, latest.actor_label, latest.post_label) == ("partner", "来源canteens", "西湖餐饮")
    assert list(latest.after) == ["rooms"]
    assert Confirmation.objects.get(listing=apartment, fact_group="availability").channel == "partner"


def test_the_same_number_is_not_written_to_facts_that_are_fresh_and_is_to_old_ones(key: Any) -> None:
    old = (timezone.now() - dt.timedelta(hours=7)).isoformat()
    fresh = make_apartment(extra=OURS, name="新说的")
    stale = make_apartment(
        extra={**OURS, "external_id": "2"}, name="早说的", rooms={"room_types": [room(free_as_of=old)]}
    )
    for apartment in (fresh, stale):
        put(key, apartment, counts(("双人间", 6)))
    made = Revision.objects.filter(channel="partner").values_list("listing", flat=True)
    assert list(made) == [stale.pk]


def test_a_station_says_busy_on_its_document_and_nothing_once_that_is_over(key: Any) -> None:
    station = make_station(extra=OURS)
    body = status("busy", hours=1)
    put(key, station, body)
    live = Client().get(f"/api/v1/stations/{station.public_id}/").json()["live"]
    assert live["code"] == "busy"
    until = dt.datetime.fromisoformat(body["valid_until"]).replace(microsecond=0)
    assert dt.datetime.fromisoformat(live["until"]) == until
    assert said(station)[0]["status"] == {"code": "busy", "zh": "繁忙", "en": "busy"}
    with time_machine.travel(timezone.now() + dt.timedelta(minutes=61)):
        assert said(station)[0]["status"] is None


def test_what_staff_said_appears_and_the_newer_word_wins(key: Any) -> None:
    station = make_station(extra=OURS)
    say_live(station=station, status="full", until=timezone.now() + dt.timedelta(hours=1), actor=None)
    assert said(station)[0]["status"]["code"] == "full"
    assert put(key, station, status("normal", ago=10)).json()["outcome"] == "older"
    assert said(station)[0]["status"]["code"] == "full"
    with time_machine.travel(timezone.now() + dt.timedelta(minutes=5)):
        assert put(key, station, status("normal")).json()["outcome"] == "accepted"
        assert said(station)[0]["status"]["code"] == "normal"


def test_a_number_that_staff_corrected_stands_until_something_newer_is_told(key: Any) -> None:
    apartment = make_apartment(extra=OURS)
    put(key, apartment, counts(("双人间", 4)))
    later = (timezone.now() + dt.timedelta(seconds=5)).astimezone(dt.UTC).isoformat()
    rooms = {"room_types": [room(free_count=1, free_as_of=later)]}
    revising.edit(listing=apartment, changes={"rooms": rooms}, actor=None, channel="office")
    assert said(apartment, "双人间")["count"] == 1


def test_older_never_overwrites_and_the_same_again_changes_nothing(key: Any) -> None:
    canteen = make_canteen(extra=OURS)
    newest = counts(("一荤两素", 3), ago=1)
    assert put(key, canteen, newest).json()["outcome"] == "accepted"
    assert put(key, canteen, counts(("一荤两素", 30), ago=2)).json()["outcome"] == "older"
    assert put(key, canteen, newest).json()["outcome"] == "unchanged"
    assert said(canteen, "一荤两素")["count"] == 3


def test_items_that_are_not_named_stay_and_each_is_weighed_apart(key: Any) -> None:
    meals = {"set_meals": [meal(), meal(name="两荤两素", courier_price_yuan="13.00")]}
    canteen = make_canteen(extra=OURS, meals=meals)
    put(key, canteen, counts(("一荤两素", 5), ago=1))
    answer = put(key, canteen, counts(("一荤两素", 9), ("两荤两素", 7), ago=2)).json()
    assert [row["outcome"] for row in answer["items"]] == ["older", "accepted"]
    assert answer["outcome"] == "accepted"
    assert [row["count"] for row in said(canteen)] == [5, 7]


def test_a_meal_that_is_renamed_takes_no_old_number_with_it(key: Any) -> None:
    canteen = make_canteen(extra=OURS)
    put(key, canteen, counts(("一荤两素", 5), ago=1))
    revising.edit(
        listing=canteen, changes={"meals": {"set_meals": [meal(name="两素")]}}, actor=None, channel="office"
    )
    assert said(canteen, "两素")["count"] is None
    put(key, canteen, counts(("两素", 4)))
    assert list(Availability.objects.values_list("item", "count")) == [("两素", 4)]


@pytest.mark.parametrize(
    ("changes", "field", "code"),
    [
        ({"as_of": "2026-11-23T12:30:00"}, "as_of", "invalid"),
        ({"as_of": "gestern"}, "as_of", "invalid"),
        ({"as_of": "2026-02-30T12:30:00Z"}, "as_of", "invalid"),
        ({"as_of": 12}, "as_of", "invalid"),
        ({"valid_until": None}, "valid_until", "invalid"),
        ({"items": []}, "items", "invalid"),
        ({"items": {"a": 1}}, "items", "invalid"),
        ({"items": ["双人间"]}, "items.0", "invalid"),
        ({"items": [{"item": "双人间", "count": True}]}, "items.0.count", "invalid"),
        ({"items": [{"item": "双人间", "count": -1}]}, "items.0.count", "invalid"),
        ({"items": [{"item": "双人间", "count": 10**30}]}, "items.0.count", "invalid"),
        ({"items": [{"item": "双人间", "count": 1.5}]}, "items.0.count", "invalid"),
        ({"items": [{"item": "双\0人", "count": 1}]}, "items.0.item", "invalid"),
        ({"items": [{"item": "\ud800", "count": 1}]}, "items.0.item", "invalid"),
        ({"items": [{"item": "双人间", "count": 1, "price": 3}]}, "items.0.price", "unknown_field"),
        ({"items": [{"item": "双人间", "count": 1}] * 2}, "items.1.item", "repeated"),
        ({"items": [{"item": "三人间", "count": 1}]}, "items.0.item", "unknown_item"),
        ({"items": [{"item": "双人间", "count": 21}]}, "items.0.count", "above_total"),
        ({"status": "busy"}, "items", "required"),
        ({"beds": 3}, "beds", "unknown_field"),
        ({"id": "0000000000"}, "id", "unknown_field"),
        # Made when tests are collected, which may be long before this one runs; the edge has a test of its own.
        (moments(ago=-600), "as_of", "in_future"),
        (moments(hours=-1), "valid_until", "not_after"),
        (moments(hours=48.1), "valid_until", "too_far"),
    ],
)
def test_a_body_that_cannot_be_used_is_refused_and_named(
    key: Any, changes: dict[str, Any], field: str, code: str
) -> None:
    apartment = make_apartment(extra=OURS)
    answer = put(key, apartment, {**counts(("双人间", 4)), **changes})
    assert answer.status_code == 400
    assert (field, code) in [(error["field"], error["code"]) for error in answer.json()["errors"]]
    assert not Availability.objects.exists()


@pytest.mark.parametrize("body", ["[]", "3", "{", "[" * 100_000, '{"as_of": NaN}', ""])
def test_what_is_no_object_is_a_400(key: Any, body: str) -> None:
    canteen = make_canteen(extra=OURS)
    address = f"{ADDRESS}{canteen.public_id}/"
    assert Client().put(address, body, "application/json", headers=key.headers).status_code == 400


def test_a_status_is_not_told_of_rooms_nor_a_count_of_a_station(key: Any) -> None:
    apartment = make_apartment(extra=OURS)
    station = make_station(extra={**OURS, "external_id": "2"})
    assert put(key, apartment, status("busy")).json()["errors"][0]["field"] == "items"
    assert put(key, station, counts(("床", 3))).json()["errors"][0]["field"] == "status"
    assert put(key, station, status("leer")).json()["errors"][0]["field"] == "status"


def test_a_clock_that_is_a_little_ahead_is_no_fault(key: Any) -> None:
    apartment = make_apartment(extra=OURS)
    assert put(key, apartment, counts(("双人间", 4), ago=-6)).status_code == 400
    assert put(key, apartment, counts(("双人间", 4), ago=-4)).json()["outcome"] == "accepted"
    (fact,) = apartment.room_types.all()
    assert fact.free_as_of <= timezone.now()
    assert said(apartment, "双人间")["count"] == 4


def test_two_room_types_of_one_name_cannot_be_told_apart(key: Any) -> None:
    apartment = make_apartment(extra=OURS, rooms={"room_types": [room(), room(), room(name="单间")]})
    assert put(key, apartment, counts(("双人间", 4))).json()["errors"][0]["code"] == "unknown_item"
    assert put(key, apartment, counts(("单间", 4))).json()["outcome"] == "accepted"
    assert [row.free_count for row in apartment.room_types.all()] == [6, 6, 4]


def test_a_batch_answers_for_each_row_and_one_fault_spoils_no_other(key: Any) -> None:
    canteen = make_canteen(extra=OURS)
    apartment = make_apartment(extra={**OURS, "external_id": "2"})
    rows = [
        {"id": canteen.public_id, **counts(("一荤两素", 5), ago=1)},
        {"source": "canteens", "external_id": "2", **counts(("双人间", 99))},
        {"source": "canteens", "external_id": "2", **counts(("双人间", 2))},
        {"id": canteen.public_id, **counts(("一荤两素", 9), ago=2)},
        {"source": "fremd", "external_id": "2", **counts(("双人间", 2))},
        {"id": "0000000000", **counts(("双人间", 2))},
        "row",
        {"id": canteen.public_id, "source": "canteens", **counts(("一荤两素", 5))},
    ]
    body = post(key, rows).json()
    outcomes = [(row["outcome"], row.get("code")) for row in body["results"]]
    assert outcomes == [
        ("accepted", None),
        ("refused", "invalid_body"),
        ("accepted", None),
        ("older", None),
        ("refused", "source_missing"),
        ("refused", "not_found"),
        ("refused", "invalid_body"),
        ("refused", "invalid_body"),
    ]
    assert [body[name] for name in ("accepted", "unchanged", "older", "refused")] == [2, 0, 1, 5]
    assert "fremd" in body["results"][4]["zh"]
    assert (said(canteen, "一荤两素")["count"], said(apartment, "双人间")["count"]) == (5, 2)


def test_a_batch_sent_twice_with_its_key_is_one(key: Any) -> None:
    apartment = make_apartment(extra=OURS)
    rows = [{"id": apartment.public_id, **counts(("双人间", 2))}]
    headers = {"Idempotency-Key": "a-1"}
    first, second = post(key, rows, **headers), post(key, rows, **headers)
    assert first.content == second.content
    assert second["Idempotent-Replayed"] == "true"
    assert first.json()["accepted"] == 1
    assert Revision.objects.filter(channel="partner").count() == 1
    assert post(key, [*rows, *rows], **headers).status_code == 409


@pytest.mark.parametrize("rows", [None, [], {}, [1] * 501])
def test_a_batch_has_one_to_five_hundred_rows(key: Any, rows: Any) -> None:
    assert post(key, rows).status_code == 400


def test_the_list_is_read_in_parts_and_filtered(key: Any) -> None:
    made = [make_canteen(name=f"食堂{number}") for number in range(3)]
    station, hidden = make_station(), make_compound()
    draft = make_canteen(name="草稿", state="draft")
    seen: list[str] = []
    url: str | None = f"{ADDRESS}?limit=2"
    while url:
        body = Client().get(url).json()
        assert len(body["results"]) <= 2
        seen += [row["id"] for row in body["results"]]
        url = body["next"]
    assert seen == [*(one.public_id for one in made), station.public_id]
    assert not {hidden.public_id, draft.public_id} & set(seen)
    (only,) = Client().get(f"{ADDRESS}?kind=station").json()["results"]
    assert only["id"] == station.public_id
    some = Client().get(f"{ADDRESS}?id={made[0].public_id}&id={station.public_id}").json()["results"]
    assert len(some) == 2
    assert Client().get(f"{ADDRESS}?district=330102").json()["results"] == []
    assert len(Client().get(f"{ADDRESS}?bbox=120.1,30.2,120.3,30.4").json()["results"]) == 4


def test_a_pass_in_parts_goes_on_after_a_place_that_left_meanwhile() -> None:
    made = [make_canteen(name=f"食堂{number}") for number in range(3)]
    following = Client().get(f"{ADDRESS}?limit=1").json()["next"]
    states.move(listing=made[0], to="archived", actor=None)
    assert Client().get(following).json()["results"][0]["id"] == made[1].public_id


@pytest.mark.parametrize(
    "query",
    [
        "kind=compound",
        "limit=0",
        "limit=501",
        "limit=x",
        "after=nobody",
        "after=0000000000",
        "id=x",
        "what=1",
    ],
)
def test_a_parameter_that_cannot_be_used_is_named(query: str) -> None:
    answer = Client().get(f"{ADDRESS}?{query}")
    assert answer.status_code == 400
    assert [error["field"] for error in answer.json()["errors"]] == [query.partition("=")[0]]


def test_the_tag_moves_with_every_report_and_when_one_is_over(key: Any) -> None:
    canteen = make_canteen(extra=OURS)

    def ask(tag: str = "") -> Any:
        return Client().get(ADDRESS, headers={"If-None-Match": tag} if tag else {})

    empty = ask()["ETag"]
    assert ask(empty).status_code == 304
    put(key, canteen, counts(("一荤两素", 5), hours=1))
    told = ask(empty)
    assert told.status_code == 200
    assert ask(told["ETag"]).status_code == 304
    with time_machine.travel(timezone.now() + dt.timedelta(minutes=61)):
        assert ask(told["ETag"]).status_code == 200


def test_anybody_may_keep_an_anonymous_answer_and_nobody_that_of_a_key(key: Any) -> None:
    make_canteen()
    assert Client().get(ADDRESS)["Cache-Control"].startswith("public")
    assert Client().get(ADDRESS, headers=key.headers)["Cache-Control"].startswith("private")


@pytest.mark.parametrize(
    ("method", "address", "allow"),
    [("delete", ADDRESS, "GET, HEAD, POST"), ("post", f"{ADDRESS}0000000000/", "GET, HEAD, PUT")],
)
def test_another_method_is_told_which_there_are(method: str, address: str, allow: str) -> None:
    answer = getattr(Client(), method)(address)
    assert (answer.status_code, answer["Allow"], answer.json()["code"]) == (405, allow, "other_method")


def test_head_answers_as_get_does_without_the_body() -> None:
    canteen = make_canteen()
    for url in (ADDRESS, f"{ADDRESS}{canteen.public_id}/"):
        answer = Client().head(url)
        assert (answer.status_code, answer.content) == (200, b"")
        assert answer["ETag"] == Client().get(url)["ETag"]


def test_a_place_where_nothing_runs_out_is_not_there() -> None:
    compound = make_compound()
    assert Client().get(f"{ADDRESS}{compound.public_id}/").status_code == 404


def queries_of(ask: Any) -> int:
    with CaptureQueriesContext(connection) as queries:
        ask()
    return len(queries)


def test_reading_costs_the_same_however_many_places_there_are(key: Any) -> None:
    asked = [lambda: Client().get(ADDRESS)]
    make_canteen(extra=OURS)
    few = [queries_of(ask) for ask in asked]
    for number in range(5):
        make_canteen(name=f"食堂{number}")
        make_station(name=f"驿站{number}")
    # The places with their documents, and what was reported of them.
    assert few == [queries_of(ask) for ask in asked] == [2]


def test_a_batch_of_portions_costs_the_same_however_many_rows_it_has(key: Any) -> None:
    places = [make_canteen(name=f"食堂{n}", extra={**OURS, "external_id": f"{n}"}) for n in range(8)]

    def send(some: list[Listing]) -> int:
        rows = [{"id": one.public_id, **counts(("一荤两素", 5))} for one in some]
        return queries_of(lambda: post(key, rows))

    send(places[:1])
    # The key; a transaction's two ends; its sources; what it may tell of; the locks; what was reported; the places
    # read again; the new reports.
    assert send(places[:2]) == send(places) <= 9


def test_a_body_of_more_than_a_megabyte_is_not_read(key: Any) -> None:
    answer = post(key, ["x" * 1_000_000])
    assert (answer.status_code, answer.json()["code"]) == (413, "body_too_large")


def test_the_root_document_leads_there() -> None:
    assert availability.ADDRESS in Client().get("/api/v1/").json()["links"]["availability"]


@pytest.mark.parametrize("length", ["x", "-1", ""])
def test_a_length_that_is_none_is_no_mistake_of_ours(key: Any, length: str) -> None:
    answer = Client().post(ADDRESS, b"", "application/json", headers=key.headers, CONTENT_LENGTH=length)
    assert answer.status_code in {400, 415}
