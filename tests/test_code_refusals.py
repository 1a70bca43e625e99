"""“I was refused at a gate”: the street's queue, the slip for the platform, and its answer."""

import datetime as dt
import uuid
from typing import Any

import pytest
from django.core.exceptions import PermissionDenied, ValidationError
from django.test import Client
from django.utils import timezone

from portal.accounts.models import User
from services.codes import refusing
from services.codes.erasing import erase
from services.codes.faults import CodeRefused
from services.codes.models import Checkpoint, Credential, Holder, Refusal
from tests.admin_form import fields_of
from tests.code_care import make_pass
from tests.code_gates import make_gate
from tests.code_holders import first, make_holder, post, sign_in
from tests.personas import KANGQIAO

pytestmark = pytest.mark.django_db
MINUTE, HOUR, DAY = dt.timedelta(minutes=1), dt.timedelta(hours=1), dt.timedelta(days=1)
ADDRESS = "/code/refused/"


@pytest.fixture
def now() -> dt.datetime:
    return timezone.now()


@pytest.fixture
def place(regions: Any) -> Checkpoint:
    return make_gate()


@pytest.fixture
def holder() -> Holder:
    return make_holder()


@pytest.fixture
def credential(holder: Holder) -> Credential:
    return first(holder)


def refused(holder: Holder, shown: Checkpoint | None, at: dt.datetime, **asked: Any) -> Refusal:
    where = {"listing": shown.listing.public_id, "gate": shown.name} if shown else {}
    given = {"client_id": uuid.uuid4(), "reason": "not_let_in", "happened_at": at, **where, **asked}
    return refusing.refuse(user=holder.courier.user, **given)


def test_a_refusal_is_in_the_queue_of_the_listings_street(
    holder: Holder, place: Checkpoint, now: dt.datetime, clerk: User, other_clerk: User, guard: User
) -> None:
    row = refused(holder, place, now)
    assert row.area_code.startswith(KANGQIAO)
    assert list(Refusal.objects.visible_to(clerk)) == [row]
    assert not Refusal.objects.visible_to(other_clerk).exists()
    assert not Refusal.objects.visible_to(guard).exists()


def test_a_place_that_is_not_on_the_map_goes_to_the_city(
    holder: Holder, regions: Any, now: dt.datetime, clerk: User, city_admin: User
) -> None:
    row = refused(holder, None, now, place="某某花园", gate="北门")
    assert (row.listing, row.checkpoint_label, row.area_code) == (None, "某某花园 北门", "3301")
    assert not Refusal.objects.visible_to(clerk).exists()
    assert Refusal.objects.visible_to(city_admin).exists()


def test_a_place_may_be_named(holder: Holder, place: Checkpoint, now: dt.datetime) -> None:
    assert refused(holder, None, now, place=place.listing.name).listing_id == place.listing_id


def test_the_same_report_twice_is_one_and_somebody_elses_number_is_refused(
    holder: Holder, place: Checkpoint, now: dt.datetime, courier: User
) -> None:
    number = uuid.uuid4()
    one = refused(holder, place, now, client_id=number)
    assert refused(holder, place, now, client_id=number, note="再说一次").pk == one.pk
    with pytest.raises(CodeRefused) as fault:
        refused(make_holder(courier), place, now, client_id=number)
    assert fault.value.status == 409
    assert Refusal.objects.count() == 1


@pytest.mark.parametrize("ago", [-11 * MINUTE, 10 * DAY + MINUTE])
def test_neither_the_future_nor_long_ago_is_reported(
    holder: Holder, place: Checkpoint, now: dt.datetime, ago: dt.timedelta
) -> None:
    with pytest.raises(CodeRefused) as fault:
        refused(holder, place, now - ago, now=now)
    assert fault.value.code == "bad_time"


def test_a_report_may_come_late(holder: Holder, place: Checkpoint, now: dt.datetime) -> None:
    assert refused(holder, place, now - 9 * DAY, now=now).made_at == now


@pytest.mark.parametrize(
    ("ago", "fields", "is_confirmed"),
    [
        (0, {"verdict": "revoked"}, True),
        (14, {"verdict": "gate_closed"}, True),
        (-14, {"verdict": "step_expired"}, True),
        (16, {"verdict": "revoked"}, False),
        (0, {"verdict": "ok"}, False),
        (0, {"verdict": "manual_override", "method": "override", "assurance": 0}, True),
        (0, {"verdict": "ok", "method": "override"}, True),
        (0, {"verdict": "revoked", "method": "claim"}, False),
    ],
)
def test_only_a_gates_own_record_nearby_confirms(
    holder: Holder,
    place: Checkpoint,
    credential: Credential,
    now: dt.datetime,
    ago: int,
    fields: dict[str, Any],
    is_confirmed: bool,
) -> None:
    make_pass(place, credential, now - ago * MINUTE, **fields)
    row = refused(holder, place, now)
    assert (row.confirmed_pass_id is not None) == is_confirmed
    page = Client().get(f"/code/slip/{row.number}/").content.decode()
    assert ("有门岗记录佐证" in page) == is_confirmed
    assert ("小哥自述" in page) == (not is_confirmed)


def test_another_place_or_another_person_confirms_nothing(
    holder: Holder, place: Checkpoint, credential: Credential, now: dt.datetime, courier: User
) -> None:
    make_pass(make_gate(name="别处"), credential, now, verdict="revoked")
    make_pass(place, first(make_holder(courier), "other"), now, verdict="revoked")
    assert refused(holder, place, now).confirmed_pass_id is None


def test_a_gate_that_was_offline_confirms_later(
    holder: Holder, place: Checkpoint, credential: Credential, now: dt.datetime
) -> None:
    row = refused(holder, place, now)
    make_pass(place, credential, now, verdict="gate_closed", made_offline=True)
    slip = refusing.slip(number=row.number, now=now + HOUR)
    assert slip is not None
    assert slip.is_confirmed


def test_the_slip_shows_the_masked_name_and_no_phone_and_ends_after_a_week(
    holder: Holder, place: Checkpoint, now: dt.datetime
) -> None:
    row = refused(holder, place, now, note="保安说电瓶车都不让进", now=now)
    page = Client().get(f"/code/slip/{row.number}/")
    text = page.content.decode()
    assert "李*明" in text
    assert "康桥小区" in text
    assert row.number in text
    assert "李小明" not in text
    assert "13900000001" not in text
    assert "保安说" not in text, "the note is for the street"
    assert page["X-Robots-Tag"] == "noindex"
    assert "script-src 'self'" in page["Content-Security-Policy"]
    assert refusing.slip(number=row.number, now=now + 7 * DAY) is None
    Refusal.objects.update(made_at=now - 8 * DAY)
    assert Client().get(f"/code/slip/{row.number}/").status_code == 404
    assert Client().get("/code/slip/0000000000/").status_code == 404


def test_numbers_of_slips_cannot_be_tried_out(holder: Holder, place: Checkpoint, now: dt.datetime) -> None:
    number = refused(holder, place, now).number
    answers = {Client().get(f"/code/slip/{number}/").status_code for _try in range(60)}
    assert answers == {200}
    assert Client().get(f"/code/slip/{number}/").status_code == 429


def test_the_slip_of_a_deleted_code_is_gone(holder: Holder, place: Checkpoint, now: dt.datetime) -> None:
    row = refused(holder, place, now)
    erase(user=holder.courier.user)
    assert Client().get(f"/code/slip/{row.number}/").status_code == 404


def test_a_phone_tells_it_by_json_even_twice(holder: Holder, place: Checkpoint, now: dt.datetime) -> None:
    client = sign_in(holder.courier.user)
    body = {
        "id": str(uuid.uuid4()),
        "at_ms": int((now - 2 * HOUR).timestamp() * 1000),
        "listing": place.listing.public_id,
        "gate": "南门",
        "reason": "no_riding",
    }
    one, two = post(client, ADDRESS, **body), post(client, ADDRESS, **body)
    assert one.status_code == two.status_code == 200
    assert one.json() == two.json()
    assert one.json()["slip"] == f"/code/slip/{one.json()['number']}/"
    assert post(client, ADDRESS, **{**body, "id": "x"}).status_code == 400
    assert post(client, ADDRESS, **{**body, "id": str(uuid.uuid4()), "at_ms": "now"}).status_code == 400
    assert (
        post(client, ADDRESS, **{**body, "id": str(uuid.uuid4()), "reason": "x"}).json()["field"] == "reason"
    )
    assert post(Client(), ADDRESS, **body).json()["error"] == "sign_in"
    assert Refusal.objects.count() == 1


def test_the_form_leads_to_the_slip_without_a_script(
    holder: Holder, place: Checkpoint, credential: Credential, now: dt.datetime
) -> None:
    make_pass(place, credential, now)
    client = sign_in(holder.courier.user)
    page = client.get(ADDRESS).content.decode()
    assert "康桥小区" in page
    form = page.split('<form method="post" class="sheet refusal"')[1].split("</form>")[0]
    given = fields_of(f'<form id="x_form">{form}</form>')
    assert given["listing"] == place.listing.public_id, "where one was last is chosen"
    answer = client.post(ADDRESS, {**given, "gate": "南门", "reason": "long_wait"})
    row = Refusal.objects.get()
    assert (answer.status_code, answer["Location"]) == (302, f"/code/slip/{row.number}/")
    assert row.listing_id == place.listing_id
    assert client.post(ADDRESS, {**given, "reason": ""}).status_code == 400


def test_another_site_posts_no_form(holder: Holder) -> None:
    client = Client(enforce_csrf_checks=True)
    client.force_login(holder.courier.user)
    assert client.post(ADDRESS, {"reason": "other", "place": "x"}).status_code == 403
    json = client.post(ADDRESS, {"reason": "other"}, content_type="application/json")
    assert json.status_code == 403


def test_a_wrong_answer_keeps_what_was_written(holder: Holder, regions: Any) -> None:
    client = sign_in(holder.courier.user)
    form = {
        "client_id": uuid.uuid4(),
        "place": "",
        "happened_at": "2026-13-01T00:00",
        "reason": "other",
        "note": "雨天",
    }
    answer = client.post(ADDRESS, form)
    assert answer.status_code == 400
    assert "雨天" in answer.content.decode()


def test_the_street_answers_and_the_courier_reads_it(
    holder: Holder, place: Checkpoint, now: dt.datetime, clerk: User, other_clerk: User
) -> None:
    row = refused(holder, place, now)
    with pytest.raises(PermissionDenied):
        refusing.answer(refusal=row, by=other_clerk, text="已处理", is_last=False)
    with pytest.raises(ValidationError):
        refusing.answer(refusal=row, by=clerk, text=" ", is_last=False)
    refusing.answer(refusal=row, by=clerk, text="已约谈物业", is_last=False)
    client = sign_in(holder.courier.user)
    assert "已约谈物业" in client.get(ADDRESS).content.decode()
    kinds = [notice["kind"] for notice in client.get("/code/state/").json()["notices"]]
    assert "refusal_answered" in kinds
    refusing.answer(refusal=row, by=clerk, text="门岗已改", is_last=True)
    with pytest.raises(ValidationError):
        refusing.answer(refusal=row, by=clerk, text="再答", is_last=True)


def test_who_is_not_enrolled_reports_nothing(courier: User, place: Checkpoint, now: dt.datetime) -> None:
    with pytest.raises(CodeRefused):
        refusing.refuse(
            user=courier,
            client_id=uuid.uuid4(),
            reason="other",
            happened_at=now,
            listing=place.listing.public_id,
        )


def told(by: Holder, **body: Any) -> Any:
    given = {"id": str(uuid.uuid4()), "at_ms": int(timezone.now().timestamp() * 1000), "reason": "not_let_in"}
    return post(sign_in(by.courier.user), ADDRESS, **{**given, "place": "某某花园", **body})


def test_what_was_written_under_one_code_does_not_stand_in_anothers_name(
    holder: Holder, credential: Credential, courier: User, regions: Any
) -> None:
    number = str(credential.container.number)
    other = make_holder(courier)
    answer = told(other, container=number)
    assert (answer.status_code, answer.json()["error"]) == (403, "other_holder")
    assert answer.json()["say"]
    Holder.objects.filter(pk=other.pk).delete()
    assert told(other, container=number).json()["error"] == "other_holder", "nor of somebody without a code"
    assert told(other, container="7").status_code == 400
    assert not Refusal.objects.exists()
    assert told(holder, container=number).status_code == 200
    assert Refusal.objects.get().holder_id == holder.pk


def test_what_was_written_under_a_code_that_ended_is_still_ones_own(
    holder: Holder, credential: Credential, regions: Any, now: dt.datetime
) -> None:
    number = str(credential.container.number)
    type(credential.container).objects.update(retired_at=now, retired_why="ended")
    state = sign_in(holder.courier.user).get("/code/state/").json()
    assert (state["containers"], state["former"]) == ([], [number])
    assert told(holder, container=number).status_code == 200
