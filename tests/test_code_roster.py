"""What platforms push: answers that tell nothing, hashes that say nobody, one answer for a request sent twice."""

import datetime as dt
import re
from typing import Any

import pytest
import time_machine
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone
from jsonschema import Draft202012Validator

from portal.accounts.models import User
from portal.partners.models import Answered, ApiKey
from services.codes import retention, roster
from services.codes.enrolling import holder_of
from services.codes.models import Holder, LiveOrder, RosterEntry
from services.codes.standing import phone_hash
from tests.code_holders import first, make_holder, make_platform
from tests.factories import make_compound
from tests.personas import PartnerKey
from tests.test_code_revoking import rows_with

pytestmark = pytest.mark.django_db
COURIERS, ORDERS = "/api/v1/couriers/", "/api/v1/orders/"


def key_of(organisation: Any, *scopes: str) -> PartnerKey:
    key, secret = ApiKey.issue(organisation=organisation, name="名册", scopes=list(scopes))
    return PartnerKey(key, secret)


@pytest.fixture
def platform() -> Any:
    return make_platform(3)


@pytest.fixture
def key(platform: Any) -> PartnerKey:
    return key_of(platform.organisation, "couriers:write")


def push(key: PartnerKey | None, address: str, rows: Any, **headers: str) -> Any:
    sent = {**(key.headers if key else {}), **headers}
    body = rows if isinstance(rows, dict) else {"rows": rows}
    return Client().post(address, body, content_type="application/json", headers=sent)


def worker(phone: str = "13800000001", **changes: Any) -> dict[str, Any]:
    return {"phone": phone, "work_type": "parcel", "active": True, **changes}


def order(**changes: Any) -> dict[str, Any]:
    now = timezone.now()
    return {
        "external_id": "A-1",
        "phone": "13800000001",
        "listing": None,
        "starts_at": now.isoformat(),
        "ends_at": (now + dt.timedelta(minutes=40)).isoformat(),
        **changes,
    }


@pytest.mark.parametrize(("address", "row"), [(COURIERS, worker), (ORDERS, order)])
def test_known_and_unknown_numbers_are_answered_alike_by_the_same_statements(
    key: PartnerKey, courier: User, address: str, row: Any
) -> None:
    make_holder(courier, platform=3)
    push(key, address, [row("13500000009") if row is worker else row(phone="13500000009", external_id="B")])
    answers, statements = [], []
    for number, phone in enumerate(("13800000001", "13500000001")):
        body = [row(phone) if row is worker else row(phone=phone, external_id=f"C{number}")]
        with CaptureQueriesContext(connection) as queries:
            answer = push(key, address, body)
        # Each request has a number, and the second finds one less in the key's minute.
        own = {"X-Request-ID", "RateLimit"}
        headers = {name: value for name, value in answer.headers.items() if name not in own}
        answers.append((answer.status_code, answer.content, headers))
        statements.append([re.sub(r"_x\d+|VALUES .*", "", query["sql"], flags=re.S) for query in queries])
    assert answers[0] == answers[1]
    assert statements[0] == statements[1]
    assert not any("accounts_user" in sql or "codes_holder" in sql for sql in statements[0])


def test_no_number_is_kept(key: PartnerKey) -> None:
    push(key, COURIERS, [worker("13511112222")], **{"Idempotency-Key": "a"})
    push(key, ORDERS, [order(phone="13511112222")], **{"Idempotency-Key": "b"})
    assert (RosterEntry.objects.count(), LiveOrder.objects.count(), Answered.objects.count()) == (1, 1, 2)
    assert rows_with("13511112222") == []
    assert RosterEntry.objects.get().phone_hash == phone_hash("+8613511112222")


def test_a_number_is_the_same_however_it_is_written(key: PartnerKey) -> None:
    written = ["13800000001", "+86 138 0000 0001", "138-0000-0001"]
    answer = push(key, COURIERS, [worker(phone) for phone in written])
    assert answer.json()["accepted"] == 3
    assert RosterEntry.objects.count() == 1


@pytest.mark.parametrize(
    ("row", "code"),
    [
        (worker("110"), "phone"),
        (worker(""), "phone"),
        (worker(13800000001), "phone"),  # type: ignore[arg-type]
        (worker(work_type="cat"), "work_type"),
        (worker(work_type=["parcel"]), "work_type"),
        (worker(active="yes"), "active"),
        ({}, "phone"),
        (["13800000001"], "row"),
        (None, "row"),
    ],
)
def test_a_row_that_cannot_be_used_is_refused_alone(key: PartnerKey, row: Any, code: str) -> None:
    body = push(key, COURIERS, [worker("13500000001"), row]).json()
    assert (body["accepted"], body["refused"]) == (1, 1)
    assert body["results"][0] == {"row": 0, "outcome": "accepted"}
    refused = body["results"][1]
    assert (refused["row"], refused["outcome"], refused["code"]) == (1, "refused", code)
    assert refused["zh"] != refused["en"]
    assert RosterEntry.objects.count() == 1


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"external_id": ""}, "external_id"),
        ({"external_id": "x" * 65}, "external_id"),
        ({"external_id": "a\0b"}, "external_id"),
        ({"external_id": 10**30}, "external_id"),
        ({"listing": "0000000000"}, "listing"),
        ({"listing": "x\0"}, "listing"),
        ({"listing": 7}, "listing"),
        ({"ends_at": "2026-11-26"}, "times"),
        ({"ends_at": "2026-11-26T12:00:00"}, "times"),
        ({"ends_at": None}, "times"),
        ({"ends_at": "9999-12-31T23:59:59-12:00"}, "times"),
        ({"starts_at": "2020-01-01T00:00:00Z"}, "times"),
        ({"ends_at": (timezone.now() - dt.timedelta(minutes=1)).isoformat()}, "times"),
    ],
)
def test_an_order_that_cannot_be_used_is_refused(key: PartnerKey, changes: Any, code: str) -> None:
    answer = push(key, ORDERS, [order(**changes)])
    assert answer.status_code == 200
    assert answer.json()["results"][0]["code"] == code
    assert not LiveOrder.objects.exists()


@pytest.mark.parametrize("body", [{}, {"rows": []}, {"rows": [worker()] * 1001}, {"rows": "x"}, {"row": []}])
def test_a_body_that_cannot_be_used_is_a_problem_that_names_rows(key: PartnerKey, body: Any) -> None:
    answer = push(key, COURIERS, body)
    assert (answer.status_code, answer.json()["code"]) == (400, "invalid_body")
    assert answer.json()["errors"][0]["field"] == "rows"
    assert answer.headers["Content-Type"] == "application/problem+json"


def test_a_thousand_rows_are_one_statement(key: PartnerKey) -> None:
    rows = [worker(f"139{number:08d}") for number in range(1000)]
    with CaptureQueriesContext(connection) as queries:
        assert push(key, COURIERS, rows).json()["accepted"] == 1000
    written = [query for query in queries if query["sql"].startswith("INSERT")]
    # SQLite takes fewer variables in one statement than PostgreSQL.
    assert len(written) <= (1 if connection.vendor == "postgresql" else 30)
    assert RosterEntry.objects.count() == 1000


@pytest.mark.parametrize(
    ("who", "status", "code"),
    [
        ("nobody", 401, "key_missing"),
        ("wrong", 401, "key_invalid"),
        ("other_scope", 403, "scope_missing"),
        ("no_platform", 403, "not_a_platform"),
        ("platform", 200, None),
    ],
)
def test_only_a_platforms_key_with_the_scope_writes(
    platform: Any, key: PartnerKey, partner: PartnerKey, who: str, status: int, code: str | None
) -> None:
    keys = {
        "nobody": None,
        "wrong": PartnerKey(key.key, "nx_000000000000_x"),
        "other_scope": key_of(platform.organisation, "listings:read", "passes:write"),
        "no_platform": key_of(partner.key.organisation, "couriers:write"),
        "platform": key,
    }
    for address, row in ((COURIERS, worker()), (ORDERS, order())):
        answer = push(keys[who], address, [row])
        assert answer.status_code == status
        assert answer.json().get("code") == code
        if code:
            assert answer.json()["zh"] != answer.json()["en"]
    assert RosterEntry.objects.exists() is (status == 200)


@pytest.mark.parametrize("method", ["get", "put", "delete", "patch"])
def test_other_methods_are_told_to_post(key: PartnerKey, method: str) -> None:
    answer = getattr(Client(), method)(COURIERS, headers=key.headers)
    assert (answer.status_code, answer.json()["code"], answer["Allow"]) == (405, "post_only", "POST")


def test_what_is_no_json_is_a_bad_request(key: PartnerKey) -> None:
    odd = (b"", b"{", b"\xff", b"[]", b'"x"', b"[" * 100_000, b'{"rows": [NaN]}', b'{"rows": [1e999]}')
    for body in odd:
        answer = Client().post(COURIERS, body, content_type="application/json", headers=key.headers)
        assert answer.status_code in {200, 400}, body[:20]
        assert not RosterEntry.objects.exists()
    answer = Client().post(COURIERS, b"x", content_type="text/plain", headers=key.headers)
    assert (answer.status_code, answer.json()["code"]) == (415, "unsupported_media_type")


def test_odd_values_are_refused_by_the_row(key: PartnerKey) -> None:
    odd = [None, True, -1, 1.5, 10**40, "", "\0", "\ud800", "\u202e", "é" * 5000, [], ["x"], {}, {"x": 1}]
    rows = [worker(**{name: value}) for name in ("phone", "work_type", "active") for value in odd]
    body = push(key, COURIERS, rows, **{"Idempotency-Key": "odd"}).json()
    assert body["accepted"] + body["refused"] == len(rows)
    assert body["accepted"] == 1, "active is true"
    names = ("external_id", "phone", "listing", "starts_at", "ends_at", "active")
    rows = [order(**{name: value}) for name in names for value in odd]
    body = push(key, ORDERS, rows).json()
    accepted = [rows[row["row"]] for row in body["results"] if row["outcome"] == "accepted"]
    assert all(row["listing"] is None and row["external_id"].isprintable() for row in accepted)


def test_the_same_request_twice_is_one_and_another_body_is_a_conflict(key: PartnerKey) -> None:
    one = push(key, COURIERS, [worker()], **{"Idempotency-Key": "k1"})
    pushed_at = RosterEntry.objects.get().pushed_at
    again = push(key, COURIERS, [worker()], **{"Idempotency-Key": "k1"})
    assert (one.content, again["Idempotent-Replayed"]) == (again.content, "true")
    assert RosterEntry.objects.get().pushed_at == pushed_at
    assert "Idempotent-Replayed" not in one.headers
    for address, rows in ((COURIERS, [worker(work_type="other")]), (ORDERS, [worker()])):
        answer = push(key, address, rows, **{"Idempotency-Key": "k1"})
        assert (answer.status_code, answer.json()["code"]) == (409, "idempotency_reused")
    other = key_of(make_platform(4, "另送").organisation, "couriers:write")
    assert push(other, COURIERS, [worker()], **{"Idempotency-Key": "k1"}).status_code == 200


@pytest.mark.parametrize("name", ["", " ", "x" * 81, "é"])
def test_an_idempotency_key_is_visible_text(key: PartnerKey, name: str) -> None:
    answer = push(key, COURIERS, [worker()], **{"Idempotency-Key": name})
    assert (answer.status_code, answer.json()["code"]) == (400, "idempotency_key")


def test_a_failed_request_leaves_its_key_unused(key: PartnerKey) -> None:
    assert push(key, COURIERS, [], **{"Idempotency-Key": "k1"}).status_code == 400
    assert push(key, COURIERS, [worker()], **{"Idempotency-Key": "k1"}).status_code == 200


def test_who_left_is_matched_no_more_and_who_returns_is(key: PartnerKey, courier: User) -> None:
    make_holder(courier, platform=3, basis=Holder.Basis.CLAIM)
    for active, basis in ((True, "roster"), (False, "claim"), (True, "roster")):
        push(key, COURIERS, [worker(active=active)])
        assert Holder.objects.get().basis == ("claim" if basis == "roster" else "roster"), "not yet"
        assert roster.match(now=timezone.now()) == 1
        assert Holder.objects.get().basis == basis
    assert roster.match(now=timezone.now()) == 0


def test_matching_leaves_checked_proofs_and_other_numbers_alone(key: PartnerKey, courier: User) -> None:
    holder = make_holder(courier, platform=3)
    other = make_holder(platform=3, basis=Holder.Basis.CLAIM)
    push(key, COURIERS, [worker(), worker("13500000001")])
    assert roster.match(now=timezone.now()) == 0
    assert [Holder.objects.get(pk=row.pk).basis for row in (holder, other)] == ["proof", "claim"]


def test_matching_asks_few_queries_for_many(key: PartnerKey, courier: User) -> None:
    make_holder(courier, platform=3, basis=Holder.Basis.CLAIM)
    make_holder(platform=3, basis=Holder.Basis.CLAIM)
    with CaptureQueriesContext(connection) as queries:
        roster.match(now=timezone.now())
    assert len(queries) <= 4, "holders, rosters, orders, and the end"


def test_an_order_is_told_at_its_place_only(key: PartnerKey, courier: User, regions: Any) -> None:
    here, there = make_compound(), make_compound(name="别处")
    holder = holder_of(make_holder(courier).courier.user)
    push(key, ORDERS, [order(listing=here.public_id)])
    now = timezone.now()
    assert roster.on_order_here(holder, here.pk, now=now)
    assert not roster.on_order_here(holder, there.pk, now=now)
    assert not roster.on_order_here(None, here.pk, now=now)
    assert not roster.on_order_here(holder_of(make_holder().courier.user), here.pk, now=now)
    with CaptureQueriesContext(connection) as queries:
        roster.on_order_here(holder, here.pk, now=now)
    assert len(queries) == 1
    push(key, ORDERS, [order(listing=here.public_id, active=False)])
    assert not roster.on_order_here(holder, here.pk, now=timezone.now())
    assert LiveOrder.objects.count() == 1


def test_a_live_order_gives_a_newcomer_the_day_by_the_clock(key: PartnerKey, courier: User) -> None:
    holder = make_holder(courier, platform=3, basis=Holder.Basis.CLAIM)
    push(key, ORDERS, [order()])
    assert roster.match(now=timezone.now()) == 1
    assert roster.match(now=timezone.now()) == 0
    assert first(holder).is_provisional


def test_the_schema_describes_what_is_sent_and_answered(key: PartnerKey) -> None:
    schema = Client().get("/api/v1/schema/").json()
    for address, rows in ((COURIERS, [worker(), worker("1")]), (ORDERS, [order(), order(phone="1")])):
        described = schema["paths"][address]["post"]
        asked = described["requestBody"]["content"]["application/json"]["schema"]
        Draft202012Validator({**asked, "components": schema["components"]}).validate({"rows": rows})
        answer = push(key, address, rows)
        said = described["responses"]["200"]["content"]["application/json"]["schema"]
        Draft202012Validator({**said, "components": schema["components"]}).validate(answer.json())
        problem = push(key, address, {})
        wrong = described["responses"]["400"]["content"]["application/problem+json"]["schema"]
        Draft202012Validator({**wrong, "components": schema["components"]}).validate(problem.json())
        assert described["security"] == [{"key": []}]
        assert [parameter["name"] for parameter in described["parameters"]] == ["Idempotency-Key"]


def test_an_unmatched_number_is_to_be_forgotten_after_thirty_days(key: PartnerKey) -> None:
    now = timezone.now()
    with time_machine.travel(now, tick=False):
        push(key, COURIERS, [worker()])
    assert RosterEntry.objects.get().forget_at == now + retention.ROSTER
