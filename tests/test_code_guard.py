"""A guard's phone: enrolled by a one-time link, a shift by a tap, all that it needs in one sync, passes taken."""

import datetime as dt
from typing import Any

import pytest
import time_machine
from django.core.exceptions import PermissionDenied, ValidationError
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from portal.listings.models import Stewardship
from services.codes import enrolling_devices, publishing_list, status_list, verdict_words
from services.codes.keyring import KeyRing
from services.codes.models import Device, GuardName, Pass, Shift
from services.codes.xg1 import Verdict
from tests.code_gates import make_device, make_gate, make_phone, make_turnstile, revoke, row_of
from tests.factories import make_compound

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("regions")]


@pytest.fixture
def now() -> dt.datetime:
    return timezone.now()


@pytest.fixture
def place(regions: Any) -> Any:
    return make_gate()


@pytest.fixture
def keeper(guard: Any, place: Any) -> Any:
    """Return the property's manager, who keeps the compound."""
    Stewardship.objects.create(post=guard.acting_post, listing=place.listing)
    return guard


@pytest.fixture
def phone_of_guard(place: Any, now: dt.datetime) -> Any:
    """Return a client with the cookie of an enrolled device, and the device."""
    return with_device(place, now)


def with_device(place: Any, now: dt.datetime, **fields: Any) -> Any:
    device, secret = make_device(place, now, **fields)
    client = Client()
    client.cookies["nx_device"] = secret
    return client, device


def post(client: Any, path: str, body: Any, **more: Any) -> Any:
    headers = {"X-Nuanxin": "1", **more.pop("headers", {})}
    return client.post(path, body, content_type="application/json", headers=headers, **more)


def begin(client: Any, place: Any, name: str = "门卫甲") -> Any:
    guard, _created = GuardName.objects.get_or_create(listing_id=place.listing_id, name=name)
    return post(client, "/guard/shift/", {"guard": guard.pk, "checkpoint": place.number})


def test_a_link_enrols_one_phone_for_30_days(keeper: Any, place: Any, now: dt.datetime) -> None:
    device, link = enrolling_devices.add_phone(listing=place.listing, name="南门手机", actor=keeper, now=now)
    assert not device.is_in_use
    assert link not in str(Device.objects.filter(pk=device.pk).values().get())
    first, second = Client(), Client()
    answer = post(first, "/guard/enrol/", {"token": link})
    assert answer.status_code == 200
    cookie = answer.cookies["nx_device"]
    assert (cookie["path"], cookie["samesite"], bool(cookie["httponly"])) == ("/guard/", "Strict", True)
    assert int(cookie["max-age"]) == 30 * 86_400
    assert post(second, "/guard/enrol/", {"token": link}).status_code == 410
    assert first.get("/guard/sync/").json()["device"]["name"] == "南门手机"
    assert second.get("/guard/sync/").status_code == 401


def test_a_link_is_over_after_15_minutes_and_when_a_new_one_is_made(
    keeper: Any, place: Any, now: dt.datetime
) -> None:
    device, old = enrolling_devices.add_phone(listing=place.listing, name="手机", actor=keeper, now=now)
    new = enrolling_devices.invite(device=device, actor=keeper, now=now)
    assert post(Client(), "/guard/enrol/", {"token": old}).status_code == 410
    with time_machine.travel(now + dt.timedelta(minutes=16)):
        assert post(Client(), "/guard/enrol/", {"token": new}).status_code == 410


@pytest.mark.parametrize("token", [None, 7, "", "x" * 5000])
def test_a_broken_link_is_told_kindly(token: Any) -> None:
    answer = post(Client(), "/guard/enrol/", {"token": token})
    assert (answer.status_code, answer.json()["error"]) == (410, "link_over")


def test_a_new_link_renews_a_device_and_ends_its_old_cookie(
    keeper: Any, place: Any, now: dt.datetime, phone_of_guard: Any
) -> None:
    client, device = phone_of_guard
    link = enrolling_devices.invite(device=device, actor=keeper, now=now)
    assert client.get("/guard/sync/").status_code == 200
    fresh = Client()
    assert post(fresh, "/guard/enrol/", {"token": link}).status_code == 200
    assert client.get("/guard/sync/").status_code == 401
    assert fresh.get("/guard/sync/").status_code == 200


@pytest.mark.parametrize("days", [29, 31])
def test_a_device_is_enrolled_for_30_days(phone_of_guard: Any, now: dt.datetime, days: int) -> None:
    client, _device = phone_of_guard
    with time_machine.travel(now + dt.timedelta(days=days)):
        assert client.get("/guard/sync/").status_code == (200 if days < 30 else 401)


def test_a_revoked_device_is_out_at_once(
    keeper: Any, phone_of_guard: Any, now: dt.datetime, place: Any
) -> None:
    client, device = phone_of_guard
    begin(client, place)
    enrolling_devices.revoke(device=device, actor=keeper, now=now)
    for answer in (client.get("/guard/sync/"), post(client, "/guard/passes/", {"rows": []})):
        assert (answer.status_code, answer.json()["error"]) == (401, "device_unregistered")
        assert answer.json()["say"]
    assert Shift.objects.get().ended_at is not None


def test_only_who_keeps_the_listing_makes_links(
    keeper: Any, other_clerk: Any, clerk: Any, courier: Any, place: Any, now: dt.datetime
) -> None:
    device, _link = enrolling_devices.add_phone(listing=place.listing, name="手机", actor=clerk, now=now)
    for actor in (other_clerk, courier):
        with pytest.raises(PermissionDenied):
            enrolling_devices.add_phone(listing=place.listing, name="x", actor=actor, now=now)
        with pytest.raises(PermissionDenied):
            enrolling_devices.invite(device=device, actor=actor, now=now)
        with pytest.raises(PermissionDenied):
            enrolling_devices.revoke(device=device, actor=actor, now=now)


def test_a_device_takes_no_other_listings_checkpoint(keeper: Any, place: Any, now: dt.datetime) -> None:
    other = make_gate(make_compound(name="别的小区"))
    with pytest.raises(ValidationError):
        enrolling_devices.add_phone(listing=place.listing, name="x", actor=keeper, now=now, checkpoint=other)


def test_a_turnstile_needs_a_key_of_its_own_that_writes_passes(
    city_admin: Any, place: Any, now: dt.datetime
) -> None:
    _device, _text = make_turnstile(place, now)
    taken = _device.api_key
    with pytest.raises(ValidationError):
        enrolling_devices.add_turnstile(
            listing=place.listing, name="二号", checkpoint=place, api_key=taken, actor=city_admin, now=now
        )


def test_a_shift_begins_by_a_tap_and_lasts_12_hours(
    phone_of_guard: Any, place: Any, now: dt.datetime
) -> None:
    client, _device = phone_of_guard
    answer = begin(client, place)
    shift = answer.json()["shift"]
    assert shift["ends_at_ms"] - shift["started_at_ms"] == 12 * 3_600_000
    assert answer.cookies["nx_shift"]["path"] == "/guard/"
    assert client.get("/guard/sync/").json()["shift"]["id"] == shift["id"]
    with time_machine.travel(now + dt.timedelta(hours=12, minutes=1)):
        assert client.get("/guard/sync/").json()["shift"] is None


def test_a_new_shift_ends_the_one_before_it(phone_of_guard: Any, place: Any) -> None:
    client, _device = phone_of_guard
    first = begin(client, place).json()["shift"]["id"]
    second = begin(client, place, "门卫乙").json()["shift"]["id"]
    assert client.get("/guard/sync/").json()["shift"]["id"] == second
    assert Shift.objects.get(pk=first).ended_at is not None
    assert post(client, "/guard/shift/end/", {}).json() == {"shift": None}
    assert client.get("/guard/sync/").json()["shift"] is None
    assert not Shift.objects.filter(ended_at=None).exists()


@pytest.mark.parametrize(
    ("changes", "status", "code"),
    [
        ({"guard": 999_999}, 404, "unknown_guard"),
        ({"guard": "甲"}, 400, "bad_request"),
        ({"guard": True}, 400, "bad_request"),
        ({"checkpoint": 5}, 404, "unknown_checkpoint"),
        ({"checkpoint": None}, 400, "bad_request"),
    ],
)
def test_a_shift_is_of_this_compounds_guards_and_gates(
    phone_of_guard: Any, place: Any, changes: dict[str, Any], status: int, code: str
) -> None:
    client, _device = phone_of_guard
    guard = GuardName.objects.create(listing_id=place.listing_id, name="门卫甲")
    answer = post(client, "/guard/shift/", {"guard": guard.pk, "checkpoint": place.number, **changes})
    assert (answer.status_code, answer.json()["error"]) == (status, code)


def test_a_guard_of_another_compound_cannot_be_tapped(phone_of_guard: Any, place: Any) -> None:
    client, _device = phone_of_guard
    guard = GuardName.objects.create(listing=make_compound(name="别的小区"), name="门卫乙")
    answer = post(client, "/guard/shift/", {"guard": guard.pk, "checkpoint": place.number})
    assert answer.json()["error"] == "unknown_guard"


def test_a_sync_holds_all_that_judging_takes(phone_of_guard: Any, place: Any, now: dt.datetime) -> None:
    client, _device = phone_of_guard
    bad = make_phone(now)
    revoke(bad, now)
    body = client.get("/guard/sync/").json()
    assert [found["number"] for found in body["checkpoints"]] == [place.number]
    read = status_list.read_token(body["list"]["token"], KeyRing.load().public_keys())
    assert read.version == body["list"]["version"]
    assert read.is_revoked(bad.row.index)
    assert body["keys_version"] == body["keys"]["version"]
    assert body["terms"][str(place.number)]["compound"]["hours"]["weekly"]
    assert set(body["verdicts"]) == {verdict.value for verdict in Verdict}
    assert body["verdicts"]["revoked"]["guard"]["zh"] != body["verdicts"]["revoked"]["guard"]["en"]
    assert len(body["words"][str(place.number)]) == 30
    assert body["next_poll_s"] == 30


def test_a_sync_sends_the_list_once(phone_of_guard: Any, now: dt.datetime) -> None:
    client, _device = phone_of_guard
    cursor = client.get("/guard/sync/").json()["cursor"]
    assert client.get("/guard/sync/", {"cursor": cursor}).json()["list"] is None
    publishing_list.publish(now=now)
    again = client.get("/guard/sync/", {"cursor": cursor}).json()
    assert again["list"]["version"] > int(cursor.split(".")[1])


@pytest.mark.parametrize("cursor", ["", "x", "2.1.1", "1.a.b", "1.-4.5", "1.١.1", "1.1", "1" * 200])
def test_an_unreadable_cursor_gets_everything(phone_of_guard: Any, cursor: str) -> None:
    client, _device = phone_of_guard
    assert client.get("/guard/sync/", {"cursor": cursor}).json()["list"]


def test_a_sync_is_cheap_when_nothing_changed(phone_of_guard: Any, place: Any) -> None:
    client, device = phone_of_guard
    begin(client, place)
    cursor = client.get("/guard/sync/").json()["cursor"]
    counts = []
    for more in range(2):
        with CaptureQueriesContext(connection) as queries:
            client.get("/guard/sync/", {"cursor": cursor})
        counts.append(len(queries))
        for number in range(5):
            make_gate(place.listing, name=f"{more}-{number}号门")
            GuardName.objects.create(listing_id=place.listing_id, name=f"门卫{more}-{number}")
    assert counts[0] == counts[1]
    # Device, list, document, calendar, checkpoints, platforms, shift, guards.
    assert counts[0] <= 8


def test_a_device_is_noted_once_a_minute(phone_of_guard: Any, now: dt.datetime) -> None:
    client, device = phone_of_guard
    client.get("/guard/sync/", {"waiting": "7"})
    device.refresh_from_db()
    assert (device.waiting_count, device.list_version) == (7, None)
    cursor = client.get("/guard/sync/").json()["cursor"]
    with time_machine.travel(now + dt.timedelta(seconds=61)):
        client.get("/guard/sync/", {"waiting": "2", "cursor": cursor})
    device.refresh_from_db()
    assert (device.waiting_count, device.list_version) == (2, int(cursor.split(".")[1]))


def test_a_device_with_one_checkpoint_is_told_of_no_other(place: Any, now: dt.datetime) -> None:
    make_gate(place.listing, name="北门")
    client, _device = with_device(place, now, checkpoint=place)
    assert [found["name"] for found in client.get("/guard/sync/").json()["checkpoints"]] == ["南门"]


@pytest.mark.parametrize("path", ["enrol", "shift", "shift/end", "passes"])
def test_another_sites_form_is_refused(phone_of_guard: Any, path: str) -> None:
    client, _device = phone_of_guard
    answer = client.post(f"/guard/{path}/", {"rows": "[]"})
    assert (answer.status_code, answer.json()["error"]) == (403, "not_from_here")


def test_passes_are_answered_row_by_row_and_say_what_only_the_server_knows(
    phone_of_guard: Any, place: Any, now: dt.datetime
) -> None:
    client, device = phone_of_guard
    shift = begin(client, place).json()["shift"]["id"]
    phone = make_phone(now)
    row = row_of(place, phone, now, shift=shift, made_offline=False, verdict="ok", assurance=3)
    online = {**row, "text": phone.text(now, gate=place.number)}
    body = post(client, "/guard/passes/", {"rows": [online, {"id": "x"}], "waiting": 3}).json()
    first, second = body["answers"]
    assert (first["outcome"], first["verdict"], first["assurance"]) == ("created", "ok", 4)
    assert first["provisional"] is False
    assert second["outcome"] == "quarantined"
    assert Pass.objects.get().guard_label == "门卫甲"
    (again,) = post(client, "/guard/passes/", {"rows": [row], "waiting": 0}).json()["answers"]
    assert (again["outcome"], again["verdict"], again["assurance"]) == ("duplicate", "ok", 4)
    device.refresh_from_db()
    assert device.waiting_count == 1


@pytest.mark.parametrize(
    ("spoil", "verdict"),
    [
        (lambda phone, now: revoke(phone, now), "revoked"),
        (lambda phone, now: phone.row.holder.__class__.objects.update(state="suspended"), "revoked"),
        (lambda phone, now: phone.row.__class__.objects.update(holder=None), "revoked"),
        (lambda phone, now: phone.row.__class__.objects.update(ends_at=now), "credential_expired"),
    ],
    ids=["revoked", "suspended", "erased", "ended"],
)
def test_what_the_server_knows_holds_at_once_for_a_scan_made_online(
    phone_of_guard: Any, place: Any, now: dt.datetime, spoil: Any, verdict: str
) -> None:
    client, _device = phone_of_guard
    phone = make_phone(now)
    publishing_list.publish(now=now)
    spoil(phone, now)
    row = row_of(place, phone, now, made_offline=False)
    online = {**row, "text": phone.text(now, gate=place.number)}
    (answer,) = post(client, "/guard/passes/", {"rows": [online]}).json()["answers"]
    assert (answer["outcome"], answer["verdict"]) == ("amended", verdict)


def test_a_row_of_a_shift_that_was_over_is_put_aside(
    phone_of_guard: Any, place: Any, now: dt.datetime
) -> None:
    client, device = phone_of_guard
    shift = begin(client, place).json()["shift"]["id"]
    Shift.objects.update(ended_at=now - dt.timedelta(hours=1), started_at=now - dt.timedelta(hours=3))
    phone = make_phone(now, age=dt.timedelta(hours=3))
    publishing_list.publish(now=now - dt.timedelta(hours=2))
    rows = [
        row_of(place, phone, now, shift=shift),
        row_of(place, phone, now - dt.timedelta(hours=2), shift=shift),
        row_of(place, phone, now, shift=shift + 999),
    ]
    answers = post(client, "/guard/passes/", {"rows": rows}).json()["answers"]
    assert [answer["outcome"] for answer in answers] == ["quarantined", "created", "quarantined"]
    assert [answers[0]["reasons"], answers[2]["reasons"]] == [["shift_over"], ["shift_unknown"]]


def test_no_answer_holds_a_name_or_a_phone(phone_of_guard: Any, place: Any, now: dt.datetime) -> None:
    client, _device = phone_of_guard
    begin(client, place)
    phone = make_phone(now)
    row = {**row_of(place, phone, now, made_offline=False), "text": phone.text(now, gate=place.number)}
    person = phone.row.holder.courier.user
    answers = [post(client, "/guard/passes/", {"rows": [row]}), client.get("/guard/sync/")]
    for answer in answers:
        said = answer.content.decode()
        assert person.name not in said
        assert str(person.phone)[-8:] not in said


def test_more_rows_than_500_are_refused_with_a_sentence(phone_of_guard: Any) -> None:
    client, _device = phone_of_guard
    answer = post(client, "/guard/passes/", {"rows": [{}] * 501})
    assert (answer.status_code, answer.json()["error"]) == (413, "too_many_rows")


def test_every_verdict_has_its_words_and_suspended_reads_as_revoked() -> None:
    words = verdict_words.words()
    assert set(words) == {verdict.value for verdict in Verdict}
    for said in words.values():
        assert said["word"] in {"go", "wait", "no"}
        for key in ("guard", "courier", "next", "title"):
            assert said[key]["zh"]
            assert said[key]["en"]
            assert said[key]["zh"] != said[key]["en"]
