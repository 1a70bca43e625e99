"""What devices upload enters the log once, with an answer for each row, and is judged anew by its proof."""

import datetime as dt
import uuid
from typing import Any

import orjson
import pytest
from django.utils import timezone

from services.codes import publishing_list
from services.codes.models import Amendment, Pass, Proof, Quarantined, SeenProof
from services.codes.passing import TooManyRows, take_batch
from tests.code_gates import at_ms, make_device, make_gate, make_phone, revoke, row_of

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("regions")]


@pytest.fixture
def now() -> dt.datetime:
    return timezone.now()


@pytest.fixture
def place(regions: Any, now: dt.datetime) -> Any:
    publishing_list.publish(now=now - dt.timedelta(minutes=40))
    publishing_list.publish(now=now)
    return make_gate()


@pytest.fixture
def device(place: Any, now: dt.datetime) -> Any:
    return make_device(place, now)[0]


def outcomes(device: Any, rows: list[Any], now: dt.datetime) -> list[str]:
    return [answer.outcome for answer in take_batch(device=device, rows=rows, now=now)]


def test_a_proven_row_is_created_with_the_servers_assurance(
    place: Any, device: Any, now: dt.datetime
) -> None:
    phone = make_phone(now)
    row = row_of(place, phone, now, assurance=4)
    (answer,) = take_batch(device=device, rows=[row], now=now)
    assert (answer.outcome, answer.verdict, answer.assurance) == ("created", "ok", 2)
    kept = Pass.objects.get(pk=row["id"])
    assert (kept.pid, kept.assurance, kept.checkpoint_label) == (phone.pid, 2, "南门")
    assert kept.bound_gate == place.number
    assert bytes(Proof.objects.get(pk=row["id"]).presentation)
    assert SeenProof.objects.filter(pid=phone.pid, checkpoint_number=place.number).exists()


def test_a_row_without_a_proof_has_no_assurance(place: Any, device: Any, now: dt.datetime) -> None:
    row = row_of(place, None, now, method="override", verdict="manual_override", forced_why="屏幕碎了")
    (answer,) = take_batch(device=device, rows=[row], now=now)
    assert (answer.outcome, answer.assurance) == ("created", 0)
    assert not Proof.objects.exists()


def test_the_same_row_again_is_a_duplicate_and_another_body_a_conflict(
    place: Any, device: Any, now: dt.datetime
) -> None:
    row = row_of(place, make_phone(now), now)
    assert outcomes(device, [row], now) == ["created"]
    assert outcomes(device, [row, {**row, "direction": "out"}], now) == ["duplicate", "conflict"]
    assert Pass.objects.count() == 1
    assert Quarantined.objects.get().reason == "other_body"


def test_one_batch_may_hold_a_row_twice(place: Any, device: Any, now: dt.datetime) -> None:
    row = row_of(place, make_phone(now), now)
    assert outcomes(device, [row, row, {**row, "sequence": 1}], now) == ["created", "duplicate", "conflict"]


def test_another_devices_row_is_never_told(place: Any, device: Any, now: dt.datetime) -> None:
    row = row_of(place, make_phone(now), now)
    other = make_device(place, now)[0]
    assert outcomes(device, [row], now) == ["created"]
    (answer,) = take_batch(device=other, rows=[row], now=now)
    assert (answer.outcome, answer.verdict) == ("conflict", None)


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"id": "7"}, "bad_id"),
        ({"id": str(uuid.uuid4())}, "bad_id"),
        ({"checkpoint": "南门"}, "bad_checkpoint"),
        ({"direction": "up"}, "bad_direction"),
        ({"method": "claim"}, "bad_method"),
        ({"pid": "xyz"}, "bad_pid"),
        ({"presentation": "AAAA"}, "bad_presentation"),
        ({"scanned_at": "yesterday"}, "bad_scanned_at"),
        ({"scanned_at": "2026-11-26T12:00:00"}, "bad_scanned_at"),
        ({"verdict": "fine"}, "bad_verdict"),
        ({"challenge": 65535}, "bad_challenge"),
        ({"forced_why": "x" * 121}, "bad_forced_why"),
        ({"forced_why": "a\0b"}, "bad_forced_why"),
        ({"reasons": "none"}, "bad_reasons"),
        ({"clock_offset_ms": 1.5}, "bad_clock_offset_ms"),
    ],
)
def test_what_cannot_be_read_is_put_aside_and_the_others_go_on(
    place: Any, device: Any, now: dt.datetime, changes: dict[str, Any], reason: str
) -> None:
    bad = {**row_of(place, None, now), **changes}
    good = row_of(place, make_phone(now), now)
    answers = take_batch(device=device, rows=[bad, good], now=now)
    assert [answer.outcome for answer in answers] == ["quarantined", "created"]
    assert answers[0].reasons == [reason]
    assert Quarantined.objects.get().reason == reason


@pytest.mark.parametrize("given", [None, 7, "row", [], ["a"]])
def test_what_is_no_row_is_put_aside(device: Any, now: dt.datetime, given: Any) -> None:
    assert outcomes(device, [given], now) == ["quarantined"]


def test_quarantine_keeps_neither_a_name_nor_the_code(place: Any, device: Any, now: dt.datetime) -> None:
    phone = make_phone(now)
    row = {**row_of(place, phone, now, verdict="fine"), "text": phone.text(now), "name": "李小明", "note": {}}
    take_batch(device=device, rows=[row], now=now)
    kept = Quarantined.objects.get().row
    assert kept["pid"] == phone.pid
    assert not {"text", "name", "note"} & kept.keys()


@pytest.mark.parametrize(
    ("age", "reason"),
    [
        (dt.timedelta(days=10, minutes=1), "too_old"),
        (-dt.timedelta(minutes=11), "too_new"),
    ],
)
def test_a_pass_of_the_wrong_time_is_put_aside(
    place: Any, device: Any, now: dt.datetime, age: dt.timedelta, reason: str
) -> None:
    (answer,) = take_batch(device=device, rows=[row_of(place, None, now - age)], now=now)
    assert answer.reasons == [reason]


def test_a_time_that_is_not_that_of_the_number_is_put_aside(
    place: Any, device: Any, now: dt.datetime
) -> None:
    row = row_of(place, None, now, scanned_at=(now - dt.timedelta(hours=3)).isoformat())
    (answer,) = take_batch(device=device, rows=[row], now=now)
    assert answer.reasons == ["bad_time"]


def test_a_known_pass_that_grew_old_in_the_queue_is_a_duplicate(
    place: Any, device: Any, now: dt.datetime
) -> None:
    row = row_of(place, None, now)
    assert outcomes(device, [row], now) == ["created"]
    assert outcomes(device, [row], now + dt.timedelta(days=12)) == ["duplicate"]


def test_a_wrong_clock_that_the_device_knew_of_does_no_harm(
    place: Any, device: Any, now: dt.datetime
) -> None:
    phone = make_phone(now)
    wrong = now - dt.timedelta(hours=5)
    row = row_of(place, phone, now, scanned_at=wrong.isoformat(), clock_offset_ms=5 * 3_600_000)
    (answer,) = take_batch(device=device, rows=[row], now=now)
    assert (answer.outcome, answer.verdict) == ("created", "ok")


def test_a_gate_of_another_compound_is_put_aside(place: Any, device: Any, now: dt.datetime) -> None:
    from tests.factories import make_compound

    other = make_gate(make_compound(name="别的小区"))
    (answer,) = take_batch(device=device, rows=[row_of(other, make_phone(now), now)], now=now)
    assert answer.reasons == ["other_checkpoint"]
    assert not Pass.objects.exists()


def test_a_forged_proof_is_put_aside(place: Any, device: Any, now: dt.datetime) -> None:
    real, other = make_phone(now), make_phone(now)
    row = row_of(place, other, now) | {"pid": real.pid, "credential_digest": real.row.digest}
    (answer,) = take_batch(device=device, rows=[row], now=now)
    assert (answer.outcome, answer.reasons) == ("quarantined", ["bad_device_signature"])


def test_a_forged_code_that_the_guard_refused_is_nobodys_pass(
    place: Any, device: Any, now: dt.datetime
) -> None:
    real, other = make_phone(now), make_phone(now)
    row = row_of(place, other, now, verdict="bad_device_signature") | {"pid": real.pid}
    row["credential_digest"] = None
    assert outcomes(device, [row], now) == ["created"]
    assert Pass.objects.get().pid == ""


def test_a_pid_that_the_server_did_not_issue_is_put_aside(place: Any, device: Any, now: dt.datetime) -> None:
    (answer,) = take_batch(device=device, rows=[row_of(place, make_phone(now, known=False), now)], now=now)
    assert answer.reasons == ["holder_unknown"]


@pytest.mark.parametrize(
    ("revoked_before", "outcome", "verdict"), [(60, "amended", "revoked"), (-60, "created", "ok")]
)
def test_a_pass_of_somebody_revoked_before_it_stands_and_is_amended(
    place: Any, device: Any, now: dt.datetime, revoked_before: int, outcome: str, verdict: str
) -> None:
    phone = make_phone(now)
    scanned = now - dt.timedelta(minutes=30)
    revoke(phone, scanned - dt.timedelta(seconds=revoked_before))
    row = row_of(place, phone, scanned, list_version=int((now - dt.timedelta(minutes=40)).timestamp()))
    (answer,) = take_batch(device=device, rows=[row], now=now)
    assert (answer.outcome, answer.verdict) == (outcome, verdict)
    assert Pass.objects.get().verdict == "ok"
    assert Amendment.objects.filter(verdict="revoked").count() == (outcome == "amended")
    (again,) = take_batch(device=device, rows=[row], now=now)
    assert (again.outcome, again.verdict) == ("duplicate", verdict)


@pytest.mark.parametrize(
    ("changes", "verdict"),
    [
        ({"shown_at": -120}, "challenge_required"),
        ({"shown_at": -3600}, "step_expired"),
        ({"gate": 0}, "challenge_required"),
        ({"gate": 77}, "wrong_gate"),
    ],
)
def test_a_code_that_should_not_have_opened_is_amended(
    place: Any, device: Any, now: dt.datetime, changes: dict[str, int], verdict: str
) -> None:
    shown = now + dt.timedelta(seconds=changes.pop("shown_at", 0))
    row = row_of(place, make_phone(now), now, shown_at=shown, **changes)
    (answer,) = take_batch(device=device, rows=[row], now=now)
    assert (answer.outcome, answer.verdict, answer.assurance) == ("amended", verdict, 0)


def test_the_same_proof_at_two_gates_is_a_conflict_of_both(place: Any, device: Any, now: dt.datetime) -> None:
    other = make_gate(place.listing, name="北门")
    phone = make_phone(now)
    one = row_of(place, phone, now, gate=0, made_offline=False)
    two = row_of(other, phone, now, gate=0, made_offline=False)
    two["presentation"] = one["presentation"]
    assert outcomes(device, [one], now) == ["created"]
    (answer,) = take_batch(device=make_device(other, now)[0], rows=[two], now=now)
    assert (answer.outcome, answer.verdict) == ("amended", "conflict")
    said = Amendment.objects.filter(kind="conflict").values_list("pass_id", "other_pass_id")
    assert {(str(mine), str(theirs)) for mine, theirs in said} == {
        (one["id"], two["id"]),
        (two["id"], one["id"]),
    }
    take_batch(device=device, rows=[one], now=now)
    assert Amendment.objects.filter(kind="conflict").count() == 2


@pytest.mark.parametrize(("later", "verdict"), [(5, "ok_already_passed"), (25, "replayed")])
def test_the_same_proof_again_at_one_gate_opens_once(
    place: Any, device: Any, now: dt.datetime, later: int, verdict: str
) -> None:
    phone = make_phone(now)
    first = row_of(place, phone, now)
    second = row_of(place, phone, now + dt.timedelta(seconds=later), shown_at=now)
    second["presentation"] = first["presentation"]
    other = make_device(place, now)[0]
    # The later scan is uploaded first.
    assert outcomes(other, [second], now) == ["created"]
    assert outcomes(device, [first], now) == ["created"]
    assert Amendment.objects.get().verdict == verdict
    (answer,) = take_batch(device=other, rows=[second], now=now)
    assert answer.verdict == verdict


def test_a_pass_may_be_taken_back_by_a_row_of_its_own(place: Any, device: Any, now: dt.datetime) -> None:
    first = row_of(place, make_phone(now), now)
    back = row_of(place, None, now, method="override", verdict="annulled", annuls=first["id"])
    assert outcomes(device, [first], now) == ["created"]
    assert outcomes(device, [back, back], now) == ["created", "duplicate"]
    said = Amendment.objects.get(kind="annulment")
    assert (str(said.pass_id), said.verdict) == (first["id"], "annulled")


def test_more_than_500_rows_are_not_taken(place: Any, device: Any, now: dt.datetime) -> None:
    with pytest.raises(TooManyRows):
        take_batch(device=device, rows=[{}] * 501, now=now)
    assert not Quarantined.objects.exists()


def test_a_batch_costs_the_same_queries_however_long(
    place: Any, device: Any, now: dt.datetime, django_assert_max_num_queries: Any
) -> None:
    phones = [make_phone(now) for _number in range(30)]
    rows = [row_of(place, phone, now) for phone in phones]
    # Known passes, credentials, checkpoints, lists, savepoint, passes, proofs, seen, release, mine, their uses.
    with django_assert_max_num_queries(11):
        take_batch(device=device, rows=rows, now=now)


def test_a_row_that_cannot_be_stored_takes_no_other_with_it(
    place: Any, device: Any, now: dt.datetime, monkeypatch: Any
) -> None:
    from django.db import DataError

    from services.codes import passing

    bad = row_of(place, None, now)
    record = passing.record

    def broken(*, judged: Any, **more: Any) -> Any:
        if any(str(one.row.id) == bad["id"] for one in judged):
            raise DataError("too wide")
        return record(judged=judged, **more)

    monkeypatch.setattr(passing, "record", broken)
    rows = [row_of(place, make_phone(now), now), bad, row_of(place, make_phone(now), now)]
    assert outcomes(device, rows, now) == ["created", "quarantined", "created"]


@pytest.mark.parametrize(
    ("spoilt", "reason"),
    [
        ({"reasons": orjson.loads("[" * 1000 + "]" * 1000)}, "bad_reasons"),
        ({"id": "ffffffff-ffff-7fff-bfff-ffffffffffff"}, "too_new"),
    ],
    ids=["lists a thousand deep", "beyond all calendars"],
)
def test_what_no_device_of_ours_sends_stops_no_batch(
    place: Any, device: Any, now: dt.datetime, spoilt: Any, reason: str
) -> None:
    good = row_of(place, make_phone(now), now)
    bad, other = take_batch(device=device, rows=[{**good, **spoilt}, good], now=now)
    assert (bad.outcome, bad.reasons) == ("quarantined", [reason])
    assert other.outcome == "created"


def test_ids_tell_their_time(now: dt.datetime) -> None:
    assert uuid.UUID(at_ms(now)).int >> 80 == int(now.timestamp() * 1000)
