"""Turnstiles come with a key: one code judged by the server, batches, one sync, and public keys and list."""

import datetime as dt
import uuid
from typing import Any

import pytest
import time_machine
from django.core.cache import cache
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone
from hypothesis import HealthCheck, given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st

from portal.listings import states
from portal.partners.models import ApiKey
from services.codes import publishing_list, status_list
from services.codes.api import callers
from services.codes.keyring import KeyRing
from services.codes.models import Amendment, Checkpoint, Device, Pass, Proof, SeenProof
from tests.code_gates import at_ms, make_gate, make_phone, make_turnstile, revoke, row_of
from tests.factories import make_compound

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("regions")]


@pytest.fixture(autouse=True)
def _no_kept_keys() -> None:
    callers._kept.clear()


@pytest.fixture
def now() -> dt.datetime:
    return timezone.now()


@pytest.fixture
def place(regions: Any) -> Checkpoint:
    return make_gate()


class Turnstile:
    """A turnstile as a program: its key, its gate, and what it asks."""

    def __init__(self, place: Checkpoint, now: dt.datetime, **more: Any) -> None:
        self.place, self.now = place, now
        self.device, self.key = make_turnstile(place, now, **more)
        self.client = Client()

    def post(self, path: str, body: Any, key: str | None = None) -> Any:
        return self.client.post(
            f"/api/v1/{path}/",
            body,
            content_type="application/json",
            headers={"Authorization": f"Bearer {key or self.key}"},
        )

    def scan(self, text: str, **more: Any) -> Any:
        body = {"id": at_ms(timezone.now()), "checkpoint": self.place.number, "text": text, **more}
        return self.post("passes", body)

    def sync(self, **query: Any) -> Any:
        return self.client.get("/api/v1/gates/sync/", query, headers={"Authorization": f"Bearer {self.key}"})


@pytest.fixture
def turnstile(place: Checkpoint, now: dt.datetime) -> Turnstile:
    return Turnstile(place, now)


def test_a_bound_code_opens_an_attended_gate(
    turnstile: Turnstile, place: Checkpoint, now: dt.datetime
) -> None:
    phone = make_phone(now)
    body = turnstile.scan(phone.text(timezone.now(), gate=place.number)).json()
    assert (body["outcome"], body["verdict"], body["opens"], body["word"]) == ("created", "ok", True, "go")
    assert (body["assurance"], body["platform"], body["work_type"]) == (4, 7, "food_delivery")
    kept = Pass.objects.get(pk=body["id"])
    assert (kept.pid, kept.device_id, kept.made_offline) == (phone.pid, turnstile.device.pk, False)
    assert Proof.objects.filter(pk=kept.pk).exists()
    assert SeenProof.objects.filter(pid=phone.pid).count() == 1


def test_no_answer_names_anybody(turnstile: Turnstile, place: Checkpoint, now: dt.datetime) -> None:
    phone = make_phone(now)
    person = phone.row.holder.courier.user
    said = turnstile.scan(phone.text(timezone.now(), gate=place.number)).content.decode()
    said += turnstile.sync().content.decode()
    for secret in (person.name, "李*明", str(person.phone)[-8:]):
        assert secret not in said


def test_a_repeated_question_gets_the_same_answer(
    turnstile: Turnstile, place: Checkpoint, now: dt.datetime
) -> None:
    text = make_phone(now).text(timezone.now(), gate=place.number)
    number = at_ms(now)
    first = turnstile.scan(text, id=number).json()
    again = turnstile.scan(text, id=number).json()
    assert (again["outcome"], again["opens"], again["verdict"]) == ("duplicate", True, "ok")
    assert first["assurance"] == again["assurance"]
    assert Pass.objects.count() == 1


def test_one_number_does_not_stand_for_two_scans(
    turnstile: Turnstile, place: Checkpoint, now: dt.datetime
) -> None:
    number = at_ms(now)
    turnstile.scan(make_phone(now).text(timezone.now(), gate=place.number), id=number)
    answer = turnstile.scan(make_phone(now).text(timezone.now(), gate=place.number), id=number)
    assert (answer.status_code, answer.json()["code"]) == (409, "other_body")
    assert answer["Content-Type"] == "application/problem+json"
    assert SeenProof.objects.count() == 1


def test_the_same_code_again_opens_nothing(turnstile: Turnstile, place: Checkpoint, now: dt.datetime) -> None:
    text = make_phone(now).text(now, gate=place.number)
    with time_machine.travel(now, tick=False) as clock:
        assert turnstile.scan(text).json()["opens"]
        again = turnstile.scan(text).json()
        assert (again["verdict"], again["opens"], again["outcome"]) == ("ok_already_passed", False, "refused")
        clock.shift(dt.timedelta(seconds=12))
        late = turnstile.scan(text).json()
        assert (late["verdict"], late["opens"], late["outcome"]) == ("replayed", False, "created")


@pytest.mark.parametrize(
    ("spoil", "verdict"),
    [
        (lambda phone, now: revoke(phone, now), "revoked"),
        (lambda phone, now: type(phone.row.holder).objects.update(state="suspended"), "revoked"),
        (lambda phone, now: type(phone.row).objects.update(ends_at=now), "credential_expired"),
        (lambda phone, now: type(phone.row).objects.all().delete(), "holder_unknown"),
        (lambda phone, now: type(phone.row).objects.update(digest="0" * 64), "holder_unknown"),
    ],
    ids=["revoked", "suspended", "ended", "unknown", "another with this pid"],
)
def test_the_servers_own_rows_hold_at_once(
    turnstile: Turnstile, place: Checkpoint, now: dt.datetime, spoil: Any, verdict: str
) -> None:
    phone = make_phone(now)
    spoil(phone, now)
    body = turnstile.scan(phone.text(timezone.now(), gate=place.number)).json()
    assert (body["verdict"], body["opens"]) == (verdict, False)
    assert Pass.objects.get().verdict == verdict


def test_a_forged_code_is_nobodys_pass(turnstile: Turnstile, place: Checkpoint, now: dt.datetime) -> None:
    real, thief = make_phone(now), make_phone(now)
    thief.data = real.data
    body = turnstile.scan(thief.text(timezone.now(), gate=place.number)).json()
    assert (body["verdict"], body["platform"]) == ("bad_device_signature", None)
    assert Pass.objects.get().pid == ""
    assert not Proof.objects.exists()


@pytest.mark.parametrize("text", ["", "x", "XG1:.", "https://example.org/"])
def test_what_is_no_code_is_told_and_leaves_no_row(turnstile: Turnstile, text: str) -> None:
    body = turnstile.scan(text).json()
    assert (body["verdict"], body["word"], body["outcome"]) == ("bad_format", "wait", "refused")
    assert not Pass.objects.exists()


def test_a_closed_gate_lets_out_but_not_in(now: dt.datetime) -> None:
    compound = make_compound()
    shut = Turnstile(make_gate(compound), now)
    tomorrow = now + dt.timedelta(days=1)
    states.move(listing=compound, to="paused", actor=None, reason="装修", until=tomorrow)
    phone, other = make_phone(now), make_phone(now)
    text = phone.text(timezone.now(), gate=shut.place.number)
    assert shut.scan(text).json()["verdict"] == "gate_closed"
    out = other.text(timezone.now(), gate=shut.place.number)
    assert shut.scan(out, direction="out").json()["verdict"] == "ok"


class TestChallenges:
    """A gate without a guard always asks."""

    @pytest.fixture
    def lone(self, now: dt.datetime, regions: Any) -> Turnstile:
        return Turnstile(make_gate(attended=False), now)

    def test_the_digits_open_once(self, lone: Turnstile, now: dt.datetime) -> None:
        phone = make_phone(now)
        asked = lone.scan(phone.text(timezone.now(), gate=lone.place.number)).json()
        assert (asked["verdict"], asked["outcome"]) == ("challenge_required", "refused")
        assert len(asked["challenge"]) == 4
        digits = int(asked["challenge"])
        answer = phone.text(timezone.now(), gate=lone.place.number, challenge=digits)
        body = lone.scan(answer, challenge=asked["challenge"]).json()
        assert (body["verdict"], body["assurance"]) == ("ok", 4)
        assert Pass.objects.get().challenge == digits
        later = dt.timedelta(seconds=20)
        with time_machine.travel(timezone.now() + later, tick=True):
            again = phone.text(timezone.now(), gate=lone.place.number, challenge=digits)
            assert lone.scan(again).json()["verdict"] == "challenge_required"

    def test_the_same_digits_stand_until_they_are_answered(self, lone: Turnstile, now: dt.datetime) -> None:
        phone = make_phone(now)
        texts = [phone.text(timezone.now()) for _again in range(2)]
        first, second = (lone.scan(text).json()["challenge"] for text in texts)
        assert first == second

    def test_three_wrong_answers_lock_the_pid_for_a_minute(self, lone: Turnstile, now: dt.datetime) -> None:
        phone, other = make_phone(now), make_phone(now)
        said = []
        for _wrong in range(4):
            asked = lone.scan(phone.text(timezone.now())).json()
            wrong = (int(asked["challenge"] or 0) + 1) % 10_000
            said.append(lone.scan(phone.text(timezone.now(), challenge=wrong)).json()["verdict"])
        assert said == ["challenge_mismatch"] * 3 + ["rate_limited"]
        assert lone.scan(other.text(timezone.now())).json()["verdict"] == "challenge_required"
        assert not Pass.objects.filter(verdict="ok").exists()

    def test_somebody_else_cannot_use_up_a_challenge(self, lone: Turnstile, now: dt.datetime) -> None:
        phone, thief = make_phone(now), make_phone(now)
        thief.data = phone.data
        asked = lone.scan(phone.text(timezone.now())).json()["challenge"]
        assert lone.scan(thief.text(timezone.now(), challenge=1)).json()["verdict"] == "bad_device_signature"
        body = lone.scan(phone.text(timezone.now(), challenge=int(asked))).json()
        assert body["verdict"] == "ok"

    def test_while_redis_is_away_the_turnstiles_word_on_what_it_asked_counts(
        self, lone: Turnstile, now: dt.datetime, monkeypatch: Any
    ) -> None:
        from services.codes import challenging

        phone = make_phone(now)
        asked = lone.scan(phone.text(timezone.now())).json()["challenge"]
        cache.clear()
        text = phone.text(timezone.now(), challenge=int(asked))
        assert lone.scan(text, challenge=asked).json()["verdict"] == "challenge_required"
        cache.clear()
        monkeypatch.setattr(challenging, "is_shared", lambda: False)
        assert lone.scan(text, challenge=asked).json()["verdict"] == "ok"
        assert lone.scan(text, challenge=asked).json()["verdict"] == "ok_already_passed"


def test_one_verify_costs_two_statements(turnstile: Turnstile, place: Checkpoint, now: dt.datetime) -> None:
    turnstile.scan(make_phone(now).text(timezone.now(), gate=place.number))
    phone = make_phone(now)
    text = phone.text(timezone.now(), gate=place.number)
    with CaptureQueriesContext(connection) as queries:
        turnstile.scan(text)
    # The facts; proof and pass. Within the test's transaction a savepoint and its release come with them, and on
    # SQLite, which inserts into one table at a time, two more.
    assert len(queries) <= (4 if connection.vendor == "postgresql" else 6)


@pytest.mark.parametrize(
    ("changes", "fields"),
    [
        ({"id": "7"}, ["id"]),
        ({"id": str(uuid.uuid4())}, ["id"]),
        ({"id": None, "text": None}, ["id", "text"]),
        ({"checkpoint": "4"}, ["checkpoint"]),
        ({"checkpoint": True}, ["checkpoint"]),
        ({"direction": "up"}, ["direction"]),
        ({"direction": []}, ["direction"]),
        ({"challenge": 12}, ["challenge"]),
        ({"challenge": "١٢"}, ["challenge"]),
        ({"sequence": -1}, ["sequence"]),
        ({"text": "x" * 5001}, ["text"]),
    ],
)
def test_a_bad_body_names_what_is_wrong(
    turnstile: Turnstile, changes: dict[str, Any], fields: list[str]
) -> None:
    answer = turnstile.scan(**{"text": "XG1:.", **changes})
    assert answer.status_code == 400
    assert [error["field"] for error in answer.json()["errors"]] == fields
    assert all(error["zh"] and error["en"] for error in answer.json()["errors"])


def spoilt(name: str, turnstile: Turnstile, now: dt.datetime) -> str | None:
    """Spoil a turnstile's standing and return the key that it sends."""
    key = turnstile.device.api_key
    if name == "without a key":
        return None
    if name == "a wrong key":
        return turnstile.key[:-1] + ("a" if turnstile.key[-1] != "a" else "b")
    if name == "a key that was revoked":
        ApiKey.objects.filter(pk=key.pk).update(revoked_at=now)
    elif name == "a key that is over":
        ApiKey.objects.filter(pk=key.pk).update(expires_at=now)
    elif name == "a device that was revoked":
        Device.objects.update(revoked_at=now)
    elif name == "a device that is over":
        Device.objects.update(expires_at=now)
    elif name == "a key without the scope":
        ApiKey.objects.filter(pk=key.pk).update(scopes=["listings:read"])
    return turnstile.key


REFUSED = [
    ("without a key", 401),
    ("a wrong key", 401),
    ("a key that was revoked", 401),
    ("a key that is over", 401),
    ("a device that was revoked", 403),
    ("a device that is over", 403),
    ("a key without the scope", 403),
]


@pytest.mark.parametrize(("name", "status"), REFUSED)
@pytest.mark.parametrize("path", ["passes", "passes/batch", "gates/sync"])
def test_who_may_not_is_refused(
    turnstile: Turnstile, place: Checkpoint, now: dt.datetime, name: str, status: int, path: str
) -> None:
    key = spoilt(name, turnstile, now)
    headers = {"Authorization": f"Bearer {key}"} if key else {}
    text = make_phone(now).text(timezone.now(), gate=place.number)
    body = {"id": at_ms(now), "checkpoint": place.number, "text": text, "rows": [row_of(place, None, now)]}
    if path == "gates/sync":
        answer = Client().get("/api/v1/gates/sync/", headers=headers)
    else:
        answer = Client().post(f"/api/v1/{path}/", body, content_type="application/json", headers=headers)
    assert answer.status_code == status
    assert answer["Content-Type"] == "application/problem+json"
    assert not Pass.objects.exists()


@pytest.mark.parametrize("name", ["a key that was revoked", "a device that was revoked"])
def test_a_revocation_holds_although_the_key_was_just_used(
    turnstile: Turnstile, place: Checkpoint, now: dt.datetime, name: str
) -> None:
    assert turnstile.scan(make_phone(now).text(timezone.now(), gate=place.number)).json()["opens"]
    spoilt(name, turnstile, now)
    answer = turnstile.scan(make_phone(now).text(timezone.now(), gate=place.number))
    assert answer.status_code == 403
    assert Pass.objects.count() == 1


def test_a_turnstile_speaks_for_its_own_gate_only(turnstile: Turnstile, now: dt.datetime) -> None:
    other = make_gate(make_compound(name="别的小区"))
    answer = turnstile.scan(make_phone(now).text(timezone.now()), checkpoint=other.number)
    assert (answer.status_code, answer.json()["code"]) == (403, "other_checkpoint")
    body = turnstile.post("passes/batch", {"rows": [row_of(other, None, now)]}).json()
    assert body["answers"][0]["reasons"] == ["other_checkpoint"]


def test_reading_does_not_let_write_nor_writing_read(place: Checkpoint, now: dt.datetime) -> None:
    reads = Turnstile(place, now, scopes=("gates:read",))
    assert reads.sync().status_code == 200
    assert reads.scan("x").status_code == 403
    writes = Turnstile(place, now, scopes=("passes:write",))
    assert writes.sync().status_code == 403
    assert writes.scan("x").status_code == 200


@pytest.mark.parametrize("path", ["passes", "passes/batch"])
def test_other_methods_and_bodies_are_refused_in_the_apis_own_form(turnstile: Turnstile, path: str) -> None:
    headers = {"Authorization": f"Bearer {turnstile.key}"}
    address = f"/api/v1/{path}/"
    answers = [
        (Client().get(address, headers=headers), 405),
        (Client().post(address, {"a": 1}, headers=headers), 415),
        (Client().post(address, b"{", content_type="application/json", headers=headers), 400),
        (Client().post(address, b"[]", content_type="application/json", headers=headers), 400),
        (Client().post(address, b" " * 1_048_577, content_type="application/json", headers=headers), 413),
    ]
    for answer, status in answers:
        assert answer.status_code == status
        assert answer["Content-Type"] == "application/problem+json"


def test_each_key_is_limited(turnstile: Turnstile, settings: Any) -> None:
    settings.API_KEY_PER_MINUTE = 2
    said = [turnstile.scan("x").status_code for _more in range(3)]
    assert said == [200, 200, 429]


def test_a_batch_of_a_turnstile_is_answered_row_by_row(
    turnstile: Turnstile, place: Checkpoint, now: dt.datetime
) -> None:
    publishing_list.publish(now=now)
    rows = [row_of(place, make_phone(now), now), {"id": 7}]
    body = turnstile.post("passes/batch", {"rows": rows, "waiting": 2}).json()
    assert [answer["outcome"] for answer in body["answers"]] == ["created", "quarantined"]
    assert turnstile.post("passes/batch", {"rows": [{}] * 501}).status_code == 413
    assert turnstile.post("passes/batch", {"rows": "x"}).status_code == 400


def test_a_proof_taken_online_and_uploaded_for_another_gate_is_a_conflict(
    place: Checkpoint, now: dt.datetime
) -> None:
    publishing_list.publish(now=now)
    phone = make_phone(now)
    one, two = Turnstile(place, now), Turnstile(make_gate(place.listing, name="北门"), now)
    text = phone.text(timezone.now())
    assert one.scan(text).json()["verdict"] == "ok"
    assert two.scan(text).json()["verdict"] == "ok"
    assert Amendment.objects.filter(kind="conflict").count() == 2


def test_a_sync_by_key_is_that_of_a_phone_without_guards(turnstile: Turnstile, place: Checkpoint) -> None:
    body = turnstile.sync().json()
    assert not {"guards", "shift", "words"} & body.keys()
    assert body["device"]["checkpoint"] == place.number
    again = turnstile.sync(cursor=body["cursor"]).json()
    assert again["list"] is None
    assert turnstile.sync(x="1").status_code == 400


def test_keys_and_list_are_public_and_can_be_kept(
    now: dt.datetime, django_assert_max_num_queries: Any
) -> None:
    issue = publishing_list.publish(now=timezone.now())
    client = Client()
    keys = client.get("/api/v1/keys/")
    assert keys.json()["version"] == KeyRing.load().version
    listed = client.get("/api/v1/status-list/", headers={"Accept": "application/statuslist+jwt"})
    assert listed["Content-Type"] == "application/statuslist+jwt"
    read = status_list.read_token(listed.content.decode(), KeyRing.load().public_keys())
    assert read.version == issue.version
    for path, first in (("keys", keys), ("status-list", listed)):
        assert "max-age" in first["Cache-Control"]
        again = client.get(f"/api/v1/{path}/", headers={"If-None-Match": first["ETag"]})
        assert (again.status_code, again.content) == (304, b"")
        assert client.get(f"/api/v1/{path}/", {"x": "1"}).status_code == 400
    with django_assert_max_num_queries(1):
        client.get("/api/v1/status-list/")


def test_a_list_older_than_ten_minutes_is_made_anew_and_its_version_rises(now: dt.datetime) -> None:
    old = publishing_list.publish(now=now)
    assert publishing_list.newest(now=now + dt.timedelta(minutes=9)).version == old.version
    newer = publishing_list.newest(now=now + dt.timedelta(minutes=11))
    assert newer.version > old.version
    same_second = publishing_list.publish(now=newer.made_at)
    earlier = publishing_list.publish(now=now - dt.timedelta(days=1))
    assert newer.version < same_second.version < earlier.version


JSON = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(2**63), 2**63 - 1)
    | st.floats(allow_nan=False)
    | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=8,
)
KEYS = st.sampled_from(
    [
        "id",
        "checkpoint",
        "text",
        "direction",
        "challenge",
        "sequence",
        "rows",
        "waiting",
        "pid",
        "presentation",
    ]
    + ["scanned_at", "verdict", "reasons", "method", "shift", "annuls", "list_version", "clock_offset_ms"]
)


def test_no_body_is_answered_with_a_500(turnstile: Turnstile, settings: Any) -> None:
    settings.API_KEY_PER_MINUTE = 0

    @hypothesis_settings(
        max_examples=150, deadline=None, suppress_health_check=list(HealthCheck), derandomize=True
    )
    @given(
        st.sampled_from(["passes", "passes/batch"]), st.dictionaries(KEYS, JSON, max_size=8), st.booleans()
    )
    def fuzz(path: str, body: dict[str, Any], as_row: bool) -> None:
        good = {**row_of(turnstile.place, None, turnstile.now), "text": "XG1:."}
        sent = {"rows": [{**good, **body}]} if as_row else {**good, **body}
        answer = turnstile.post(path, sent)
        assert answer.status_code in {200, 400, 403, 413}, sent

    fuzz()
