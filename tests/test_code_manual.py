"""Eight digits for a broken screen: proven by the device key, used once, within a minute, hard to guess."""

import datetime as dt
from typing import Any

import pytest
import time_machine
from django.test import Client
from django.utils import timezone

from portal.listings import states
from services.codes import xg1
from services.codes.models import Device, Holder, Incident, ManualCode, Pass
from tests.code_gates import at_ms, make_device, make_gate, make_phone, make_turnstile, revoke, row_of
from tests.factories import make_canteen, make_compound
from tests.test_code_guard import begin, post

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("regions")]


@pytest.fixture
def now() -> dt.datetime:
    return timezone.now()


@pytest.fixture
def place(regions: Any) -> Any:
    return make_gate()


def guard_at(place: Any, now: dt.datetime) -> Client:
    client = Client()
    client.cookies["nx_device"] = make_device(place, now)[1]
    begin(client, place)
    return client


def minted(phone: Any, place: Any, **more: Any) -> Any:
    text = phone.text(timezone.now(), **{"challenge": xg1.UNSHOWN, **more})
    return post(Client(), "/code/manual/", {"text": text, "listing": place.listing.public_id})


def unshown(phone: Any, at: dt.datetime, **more: Any) -> Any:
    return phone.text(at, challenge=xg1.UNSHOWN, **more)


def used(client: Client, place: Any, code: Any, **more: Any) -> Any:
    row = row_of(place, None, timezone.now(), made_offline=False)
    return post(client, "/guard/manual/", {**row, "code": code, **more})


def test_eight_digits_let_in_once(place: Any, now: dt.datetime) -> None:
    phone, client = make_phone(now), guard_at(place, now)
    code = minted(phone, place).json()["code"]
    assert len(code) == 8
    body = used(client, place, code).json()
    assert (body["verdict"], body["opens"], body["name"], body["platform"]) == ("ok", True, "李*明", 7)
    assert body["on_order_here"] is False
    kept = Pass.objects.get()
    assert (kept.method, kept.pid, kept.assurance, kept.guard_label) == (
        "manual_code",
        phone.pid,
        3,
        "门卫甲",
    )
    again = used(client, place, code)
    assert (again.status_code, again.json()["error"], again.json()["left"]) == (404, "wrong_code", 4)
    assert Pass.objects.count() == 1


def test_the_digits_themselves_are_kept_nowhere(place: Any, now: dt.datetime) -> None:
    code = minted(make_phone(now), place).json()["code"]
    assert code not in str(ManualCode.objects.values().get())


def test_a_lost_answer_is_given_again_and_the_row_is_known(place: Any, now: dt.datetime) -> None:
    client = guard_at(place, now)
    code = minted(make_phone(now), place).json()["code"]
    row = row_of(place, None, timezone.now(), made_offline=False)
    first = post(client, "/guard/manual/", {**row, "code": code}).json()
    again = post(client, "/guard/manual/", {**row, "code": code}).json()
    assert first["name"] == again["name"] == "李*明"
    uploaded = {**row, "method": "manual_code"}
    (answer,) = post(client, "/guard/passes/", {"rows": [uploaded]}).json()["answers"]
    assert answer["outcome"] == "duplicate"


def test_digits_end_after_a_minute_and_with_new_ones(place: Any, now: dt.datetime) -> None:
    phone, client = make_phone(now), guard_at(place, now)
    first = minted(phone, place).json()["code"]
    with time_machine.travel(now + dt.timedelta(seconds=20)):
        second = minted(phone, place).json()["code"]
        assert used(client, place, first).status_code == 404
    with time_machine.travel(now + dt.timedelta(seconds=85)):
        assert used(client, place, second).status_code == 404


def test_digits_hold_at_one_place(place: Any, now: dt.datetime) -> None:
    other = make_gate(make_compound(name="别的小区"))
    code = minted(make_phone(now), place).json()["code"]
    assert used(guard_at(other, now), other, code).status_code == 404
    assert used(guard_at(place, now), place, code).status_code == 200


@pytest.mark.parametrize(
    ("text", "status", "error"),
    [
        (lambda phone, now: phone.text(now), 403, "not_for_digits"),
        (lambda phone, now: phone.text(now, challenge=42), 403, "not_for_digits"),
        (lambda phone, now: unshown(phone, now - dt.timedelta(minutes=2)), 403, "not_for_digits"),
        (lambda phone, now: unshown(phone, now + dt.timedelta(minutes=2)), 403, "not_for_digits"),
        (lambda phone, now: unshown(phone, now - dt.timedelta(minutes=9)), 403, "step_expired"),
        (lambda phone, now: unshown(phone, now, gate=99), 403, "wrong_gate"),
        (lambda phone, now: "XG1:x.", 403, "bad_format"),
        (lambda phone, now: 7, 400, "bad_request"),
    ],
)
def test_only_a_code_signed_now_and_for_no_screen_gets_digits(
    place: Any, now: dt.datetime, text: Any, status: int, error: str
) -> None:
    body = {"text": text(make_phone(now), now), "listing": place.listing.public_id}
    answer = post(Client(), "/code/manual/", body)
    assert (answer.status_code, answer.json()["error"]) == (status, error)
    assert answer.json()["say"]
    assert not ManualCode.objects.exists()


def test_a_code_bound_to_a_gate_of_the_place_gets_digits(place: Any, now: dt.datetime) -> None:
    assert minted(make_phone(now), place, gate=place.number).status_code == 200


@pytest.mark.parametrize("attended", [True, False])
def test_what_gets_digits_opens_no_gate(now: dt.datetime, regions: Any, attended: bool) -> None:
    place, phone = make_gate(attended=attended), make_phone(now)
    body = {"id": at_ms(now), "checkpoint": place.number, "direction": "in"}
    turnstile = {"Authorization": f"Bearer {make_turnstile(place, now)[1]}"}
    for gate in (0, place.number):
        body |= {"id": at_ms(now), "text": unshown(phone, now, gate=gate)}
        answer = Client().post("/api/v1/passes/", body, content_type="application/json", headers=turnstile)
        assert (answer.status_code, answer.json()["verdict"]) == (200, "challenge_mismatch"), answer.content


def test_somebody_revoked_gets_no_digits(place: Any, now: dt.datetime) -> None:
    phone = make_phone(now)
    revoke(phone, now)
    assert minted(phone, place).json()["error"] == "revoked"


def test_no_digits_for_a_place_without_checkpoints(place: Any, now: dt.datetime) -> None:
    text = unshown(make_phone(now), timezone.now())
    for listing in (make_canteen().public_id, "0000000000", ""):
        answer = post(Client(), "/code/manual/", {"text": text, "listing": listing})
        assert (answer.status_code, answer.json()["error"]) == (404, "unknown_listing")


def test_ten_codes_in_ten_minutes_are_enough(place: Any, now: dt.datetime) -> None:
    phone = make_phone(now)
    said = [minted(phone, place).status_code for _more in range(11)]
    assert said == [200] * 10 + [403]


@pytest.mark.parametrize(
    ("spoil", "verdict"),
    [
        (lambda phone, place, now: revoke(phone, now), "revoked"),
        (lambda phone, place, now: Holder.objects.update(state="suspended"), "revoked"),
        (lambda phone, place, now: pause(place, now), "gate_closed"),
    ],
    ids=["revoked", "suspended", "closed"],
)
def test_what_changed_since_the_digits_were_given_counts(
    place: Any, now: dt.datetime, spoil: Any, verdict: str
) -> None:
    phone, client = make_phone(now), guard_at(place, now)
    code = minted(phone, place).json()["code"]
    spoil(phone, place, now)
    body = used(client, place, code).json()
    assert (body["verdict"], body["opens"], body["name"]) == (verdict, False, None)


def pause(place: Any, now: dt.datetime) -> None:
    until = now + dt.timedelta(days=1)
    compound = type(place.listing).objects.get(pk=place.listing_id)
    from services.codes.models import Compound

    states.move(
        listing=Compound.objects.get(pk=compound.pk), to="paused", actor=None, reason="装修", until=until
    )


def test_five_wrong_codes_lock_the_device_and_raise_an_alarm(place: Any, now: dt.datetime) -> None:
    client, other = guard_at(place, now), guard_at(place, now)
    said = [used(client, place, f"{number:08d}").json() for number in range(5)]
    assert [answer.get("left") for answer in said] == [4, 3, 2, 1, None]
    assert said[4]["error"] == "locked"
    assert said[4]["locked_until_ms"] > now.timestamp() * 1000
    alarm = Incident.objects.get()
    assert (alarm.kind, alarm.listing_id) == ("guessing", place.listing_id)
    code = minted(make_phone(now), place).json()["code"]
    assert used(client, place, code).status_code == 423
    assert used(other, place, code).status_code == 200
    assert client.get("/guard/sync/").json()["device"]["locked_until_ms"]
    with time_machine.travel(now + dt.timedelta(minutes=11)):
        Device.objects.update(expires_at=now + dt.timedelta(days=3))
        assert used(client, place, "12345678").json()["left"] == 4


def test_the_same_wrong_try_sent_again_counts_once(place: Any, now: dt.datetime) -> None:
    client = guard_at(place, now)
    row = row_of(place, None, timezone.now(), made_offline=False)
    said = [post(client, "/guard/manual/", {**row, "code": "00000000"}).json()["left"] for _more in range(3)]
    assert said == [4, 4, 4]


@pytest.mark.parametrize("code", [None, 12345678, "1234567", "123456789", "1234567a", "１２３４５６７８"])
def test_what_are_no_eight_digits_counts_as_wrong(place: Any, now: dt.datetime, code: Any) -> None:
    assert used(guard_at(place, now), place, code).json()["error"] == "wrong_code"


def test_digits_are_taken_during_a_shift_only(place: Any, now: dt.datetime) -> None:
    client = Client()
    client.cookies["nx_device"] = make_device(place, now)[1]
    code = minted(make_phone(now), place).json()["code"]
    assert (used(client, place, code).status_code, used(Client(), place, code).status_code) == (403, 401)


@pytest.mark.parametrize("changes", [{"id": "7"}, {"checkpoint": 5}, {"scanned_at": "x"}])
def test_a_bad_row_uses_no_code_up(place: Any, now: dt.datetime, changes: dict[str, Any]) -> None:
    client = guard_at(place, now)
    code = minted(make_phone(now), place).json()["code"]
    assert used(client, place, code, **changes).status_code in {400, 409}
    assert used(client, place, code).status_code == 200


def test_a_photo_is_shown_once_to_a_guard_on_duty(place: Any, now: dt.datetime, monkeypatch: Any) -> None:
    from services.codes import private_pictures

    phone, client = make_phone(now), guard_at(place, now)
    Holder.objects.update(photo="photos/x.webp", photo_state="accepted")
    monkeypatch.setattr(private_pictures, "read", lambda name: b"picture")
    body = used(client, place, minted(phone, place).json()["code"]).json()
    without = Client()
    without.cookies["nx_device"] = client.cookies["nx_device"].value
    assert without.get(body["photo"]).status_code == 404
    assert Client().get(body["photo"]).status_code == 401
    first = client.get(body["photo"])
    assert (first.content, first["Cache-Control"]) == (b"picture", "no-store")
    assert client.get(body["photo"]).status_code == 404
