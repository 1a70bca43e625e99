"""Batches: an answer for each row, none stopped by another, all of it stored or nothing, and once."""

from typing import Any

import pytest
from django.db import IntegrityError, connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from jsonschema import Draft202012Validator

from portal.listings import revising
from portal.listings.models import ChangeCounter, Listing, Revision, SourceRecord
from portal.listings.sources import upserting
from portal.partners.models import Answered
from tests.factories import make_canteen
from tests.personas import KANGQIAO, ZHALONGKOU, PartnerKey
from tests.source_rows import PUBLISH, WRITE, batch, body, key_for, make_source, put, row, stored

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("regions")]


@pytest.fixture
def source(db: Any) -> Any:
    return make_source()


@pytest.fixture
def key(source: Any) -> PartnerKey:
    return key_for(source, WRITE, PUBLISH)


def outcomes(answer: Any) -> list[str]:
    assert answer.status_code == 200, answer.content.decode()
    return [one.get("code") or one["outcome"] for one in answer.json()["results"]]


def test_every_row_has_its_answer_and_none_stops_another(key: PartnerKey, clerk: Any) -> None:
    put(key, body(state="published"), number="same")
    put(key, body(), number="gone")
    put(key, body(state="published"), number="contested")
    revising.edit(listing=stored("contested"), changes={"phone": "9"}, actor=clerk, channel="office")
    rows = [
        row("new", name="新食堂", state="published"),
        row("same", state="published"),
        row("contested", phone="0571-5"),
        {"kind": "canteen", "external_id": "gone", "withdraw": True},
        {"kind": "canteen", "external_id": "never", "withdraw": True},
        row("bad", street="999999999"),
        row("bad name", name=7, colour="red"),
        row("same"),
        row("moved", version=7),
        {"kind": "ship", "external_id": "x"},
        "nonsense",
        row("new station", kind="station"),
    ]
    answer = batch(key, rows)
    assert outcomes(answer) == [
        "created",
        "unchanged",
        "conflict",
        "withdrawn",
        "not_found",
        "invalid_body",
        "invalid_body",
        "repeated",
        "version_moved",
        "invalid_body",
        "invalid_body",
        "invalid_body",
    ]
    told = answer.json()
    assert told["counts"] == {"created": 1, "unchanged": 1, "refused": 9, "withdrawn": 1}
    assert [one["row"] for one in told["results"]] == list(range(12))
    assert {error["field"] for error in told["results"][6]["errors"]} == {"external_id", "name", "colour"}
    assert told["results"][2]["conflicts"][0]["ours"] == "9"
    assert (stored("new").state, stored("gone").state) == ("published", "archived")


def test_a_batch_is_answered_once_for_one_idempotency_key(key: PartnerKey) -> None:
    first = batch(key, [row()], **{"Idempotency-Key": "a"})
    again = batch(key, [row()], **{"Idempotency-Key": "a"})
    assert first.content == again.content
    assert (again["Idempotent-Replayed"], Answered.objects.count()) == ("true", 1)
    assert outcomes(batch(key, [row()])) == ["unchanged"]
    other = batch(key, [row(phone="0571-2")], **{"Idempotency-Key": "a"})
    assert (other.status_code, other.json()["code"]) == (409, "idempotency_reused")
    assert stored().phone == "0571-1"


def test_one_idempotency_key_at_two_sources_is_two_requests(source: Any) -> None:
    other = make_source("other", organisation=source.organisation)
    both = key_for(source, WRITE)
    both.key.sources = [source.name, other.name]
    both.key.save()
    assert outcomes(batch(both, [row()], **{"Idempotency-Key": "a"})) == ["created"]
    answer = batch(both, [row()], source="other", **{"Idempotency-Key": "a"})
    assert answer.json()["code"] == "idempotency_reused"


def test_nothing_of_a_batch_that_dies_is_stored_and_the_next_try_writes_all(
    key: PartnerKey, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A killed writer leaves its transaction open, which the database takes back: here at the last statement."""

    def die(*_args: Any) -> None:
        raise SystemExit

    put(key, body(), number="old")
    with monkeypatch.context() as patch:
        patch.setattr(upserting, "_remember", die)
        with pytest.raises(SystemExit):
            batch(key, [row("old", phone="2"), row("new", name="新食堂")], **{"Idempotency-Key": "a"})
    assert (stored("old").phone, Listing.objects.count(), Answered.objects.count()) == ("0571-1", 1, 0)
    answer = batch(key, [row("old", phone="2"), row("new", name="新食堂")], **{"Idempotency-Key": "a"})
    assert outcomes(answer) == ["changed", "created"]


def test_what_only_the_database_refuses_is_refused_alone(
    key: PartnerKey, monkeypatch: pytest.MonkeyPatch
) -> None:
    write = upserting._write

    def refusing(rights: Any, rows: Any, known: Any) -> Any:
        done = write(rights, rows, known)
        if any(one.external_id == "bad" for one in rows):
            raise IntegrityError("for this test")
        return done

    monkeypatch.setattr(upserting, "_write", refusing)
    answer = batch(key, [row("good"), row("bad", name="坏食堂"), row("fine", name="好食堂")])
    assert outcomes(answer) == ["created", "not_stored", "created"]
    assert sorted(Listing.objects.values_list("external_id", flat=True)) == ["fine", "good"]
    assert SourceRecord.objects.count() == 2


def test_a_row_names_no_listing_but_by_the_sources_own_number(key: PartnerKey) -> None:
    canteen = make_canteen()
    theirs = key_for(make_source("other"), WRITE, PUBLISH)
    put(theirs, body(), source="other", number="B-1")
    rows = [
        row("A-1", id=canteen.public_id),
        row("A-2", source="other"),
        row(canteen.public_id, name="另一处"),
        row("B-1", name="又一处"),
        row("A-3", public_id=canteen.public_id, pk=canteen.pk),
    ]
    codes = outcomes(batch(key, rows))
    assert codes == ["invalid_body", "invalid_body", "created", "created", "invalid_body"]
    assert Revision.objects.filter(listing=canteen.pk, channel="partner").count() == 0
    assert (stored("B-1", "other").name, stored("B-1").name) == ("康桥食堂", "又一处")


def test_two_new_rows_of_one_batch_that_look_alike_are_told_as_if_sent_one_by_one(key: PartnerKey) -> None:
    answer = batch(key, [row("A-1", state="published"), row("A-2", state="published")])
    first, second = answer.json()["results"]
    assert (first["state"], first["near"]) == ("published", [])
    assert (second["state"], [near["id"] for near in second["near"]]) == ("in_review", [first["id"]])


def test_a_row_outside_the_area_is_refused_alone(source: Any) -> None:
    narrow = key_for(source, WRITE, area_code=KANGQIAO)
    rows = [row("in"), row("out", street=ZHALONGKOU, name="闸弄口食堂")]
    assert outcomes(batch(narrow, rows)) == ["created", "outside_area"]


@pytest.mark.parametrize("rows", [[], "x", None, [row(str(number)) for number in range(101)]])
def test_a_batch_has_1_to_100_rows(key: PartnerKey, rows: Any) -> None:
    answer = batch(key, rows)
    assert (answer.status_code, answer.json()["code"]) == (400, "invalid_body")
    assert not Listing.objects.exists()


def test_a_body_of_more_than_a_megabyte_is_refused_before_it_is_read(key: PartnerKey) -> None:
    answer = batch(key, [row(notice="长" * 400_000)])
    assert (answer.status_code, answer.json()["code"]) == (413, "body_too_large")


def test_what_cannot_be_read_is_a_400_and_another_type_a_415(key: PartnerKey) -> None:
    for sent in (b"{", b"[" * 100_000, b"\xff", b'{"rows": NaN}'):
        answer = Client().post(
            "/api/v1/sources/kitchen/", sent, content_type="application/json", headers=key.headers
        )
        assert answer.status_code == 400
    other = Client().post("/api/v1/sources/kitchen/", {"rows": "1"}, headers=key.headers)
    assert other.status_code == 415


def test_the_rows_of_a_source_are_listed_whole_page_by_page(key: PartnerKey, monkeypatch: Any) -> None:
    monkeypatch.setattr("portal.listings.api.sources.PAGE", 2)
    batch(key, [row(f"A-{number}", name=f"食堂{number}") for number in range(5)])
    put(key, body(), kind="station", number="S-1")
    found, address = [], "/api/v1/sources/kitchen/"
    while address:
        page = Client().get(address, headers=key.headers).json()
        found += [one["external_id"] for one in page["results"]]
        address = page["next"]
    assert found == [*(f"A-{number}" for number in range(5)), "S-1"]
    stations = Client().get("/api/v1/sources/kitchen/?kind=station", headers=key.headers).json()
    assert [one["sent"]["name"] for one in stations["results"]] == ["康桥食堂"]
    for query in ("after=0000000000", "kind=ship", "page=2"):
        assert Client().get(f"/api/v1/sources/kitchen/?{query}", headers=key.headers).status_code == 400


def test_a_key_reads_what_it_may_write(source: Any, key: PartnerKey) -> None:
    put(key, body())
    make_source("other")
    told = Client().get("/api/v1/sources/", headers=key.headers).json()
    assert told["may_publish"] is True
    assert [(one["name"], one["label"], one["rows"]) for one in told["sources"]] == [
        ("kitchen", "kitchen库", 1)
    ]
    assert told["sources"][0]["url"].endswith("/api/v1/sources/kitchen/")


def test_a_batch_costs_as_many_queries_as_its_kinds_and_not_its_rows(key: PartnerKey) -> None:
    def sent(count: int, first: int, phone: str = "1") -> list[dict[str, Any]]:
        return [
            row(f"{number}", name=f"食堂{number}号", phone=phone) for number in range(first, first + count)
        ]

    def counted(rows: list[dict[str, Any]]) -> int:
        with CaptureQueriesContext(connection) as queries:
            batch(key, rows)
        return len(queries)

    counted(sent(2, 0))
    few_new, many_new = counted(sent(5, 100)), counted(sent(40, 200))
    # Each new row is published by itself, which asks for its confirmations and writes what it is found by: four a row.
    assert many_new - few_new <= 4 * 35
    few, many = counted(sent(5, 100, "2")), counted(sent(40, 200, "2"))
    # An edited row has its own UPDATE beside that, and its group rows none when no group changed.
    assert many - few <= 5 * 35


def test_change_numbers_of_a_batch_are_in_order_and_taken_once(key: PartnerKey) -> None:
    before = ChangeCounter.objects.get().value
    batch(key, [row(f"{number}", name=f"食堂{number}号", state="published") for number in range(3)])
    numbers = list(Listing.objects.order_by("pk").values_list("change_number", flat=True))
    assert numbers == [before + 1, before + 2, before + 3]


def test_examples_and_answers_are_what_the_schema_says(key: PartnerKey) -> None:
    schema = Client().get("/api/v1/schema/").json()

    def of(path: str, method: str, status: str = "", media: str = "application/json") -> Any:
        operation = schema["paths"][path][method]
        told = operation["responses"][status] if status else operation["requestBody"]
        content = told["content"][media]
        validator = Draft202012Validator({**content["schema"], "components": schema["components"]})
        for example in content["examples"].values():
            validator.validate(example["value"])
        return validator

    many = "/api/v1/sources/{source}/"
    asked = of(many, "post")
    rows = [row("A-1"), row("A-2", colour=1), {"kind": "canteen", "external_id": "A-9", "withdraw": True}]
    asked.validate({"rows": [rows[0], rows[2]]})
    assert not asked.is_valid({"rows": [rows[1]]})
    of(many, "post", "200").validate(batch(key, rows).json())
    of(many, "get", "200").validate(Client().get("/api/v1/sources/kitchen/", headers=key.headers).json())
    of("/api/v1/sources/", "get", "200").validate(
        Client().get("/api/v1/sources/", headers=key.headers).json()
    )
    one = "/api/v1/sources/{source}/canteen/{external_id}/"
    of(one, "put").validate(body())
    of(one, "put", "200").validate(put(key, body(phone="3")).json())
    address = "/api/v1/sources/kitchen/canteen/A-1/"
    of(one, "get", "200").validate(Client().get(address, headers=key.headers).json())
    problem = put(key, body(), version=99)
    of(one, "put", "412", "application/problem+json").validate(problem.json())
