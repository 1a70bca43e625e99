"""Enrolment, correction, and what a code rests on."""

import datetime as dt
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from portal.accounts.models import Courier, User
from services.codes import retention, terms, xg1
from services.codes.answers import iso
from services.codes.faults import CodeRefused
from services.codes.models import Credential, Holder, LiveOrder, RosterEntry
from services.codes.standing import end_of_day, phone_hash, settle
from tests.code_holders import FORM, first, make_holder, make_platform, post, renewed, sign_in

pytestmark = pytest.mark.django_db


def enter(user: User, **changes: Any) -> Any:
    return post(sign_in(user), "/code/enrol/", **{**FORM, **changes})


def on_roster(platform: Any, user: User, **fields: Any) -> RosterEntry:
    now = timezone.now()
    row = {"work_type": "parcel", "pushed_at": now, "forget_at": now + retention.ROSTER, **fields}
    return RosterEntry.objects.create(platform=platform, phone_hash=phone_hash(user.phone), **row)


def on_order(platform: Any, user: User, *, starts_in: int = -5, ends_in: int = 20) -> LiveOrder:
    now = timezone.now()
    return LiveOrder.objects.create(
        platform=platform,
        external_id="A1",
        phone_hash=phone_hash(user.phone),
        starts_at=now + dt.timedelta(minutes=starts_in),
        ends_at=now + dt.timedelta(minutes=ends_in),
    )


def test_somebody_enrols_and_is_asked_for_a_proof(courier: User) -> None:
    make_platform(3)
    state = enter(courier, platform=3, name="  李　小明 ").json()
    holder = Holder.objects.get()
    assert (state["enrolled"], state["holder"]["basis"], state["holder"]["platform"]["number"]) == (
        True,
        "claim",
        3,
    )
    assert state["refused_because"]["code"] == "not_checked"
    assert (holder.terms_version, holder.consented_at, holder.location_consented_at is None) == (
        terms.VERSION,
        holder.location_consented_at,
        False,
    )
    assert User.objects.get(pk=courier.pk).name == "李 小明"


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"name": ""}, "name"),
        ({"name": "李"}, "name"),
        ({"name": "李*明"}, "name"),
        ({"name": "13800000001"}, "name"),
        ({"name": "李明13800000001"}, "name"),
        ({"name": "李" * 61}, "name"),
        ({"name": None}, "name"),
        ({"name": ["李小明"]}, "name"),
        ({"name": "\u202e\u200b"}, "name"),
        ({"work_type": "cat"}, "work_type"),
        ({"work_type": None}, "work_type"),
        ({"platform": 99}, "platform"),
        ({"platform": "1"}, "platform"),
        ({"platform": -1}, "platform"),
        ({"platform": False}, "platform"),
        ({"platform": 10**30}, "platform"),
        ({"agreed": False}, "agreed"),
        ({"agreed": "true"}, "agreed"),
        ({"location_agreed": False}, "location_agreed"),
        ({"terms_version": "2020-01"}, "terms_version"),
    ],
)
def test_what_is_wrong_is_named_and_nothing_is_kept(courier: User, changes: Any, field: str) -> None:
    answer = enter(courier, **changes)
    assert (answer.status_code, answer.json()["field"]) == (400, field)
    assert answer.json()["say"]
    assert not Holder.objects.exists()
    assert User.objects.get(pk=courier.pk).name == "李小明"


def test_every_refusal_is_said_in_both_languages(courier: User) -> None:
    client = sign_in(courier)
    chinese = post(client, "/code/enrol/", **{**FORM, "name": ""}).json()["say"]
    client.cookies["django_language"] = "en"
    english = post(client, "/code/enrol/", **{**FORM, "name": ""}).json()["say"]
    assert chinese != english
    assert english.isascii()


def test_somebody_without_a_courier_card_becomes_one() -> None:
    user = User.objects.create_user("13800000055", name="")
    assert enter(user, work_type="ride_hailing").status_code == 200
    assert User.objects.get(pk=user.pk).courier.work_type == Courier.WorkType.RIDE_HAILING


def test_a_roster_makes_a_code_full_at_enrolment(courier: User) -> None:
    platform = make_platform(3)
    entry = on_roster(platform, courier)
    state = enter(courier, platform=3).json()
    assert (state["holder"]["basis"], "refused_because" in state) == ("roster", False)
    entry.refresh_from_db()
    assert entry.holder == Holder.objects.get()


@pytest.mark.parametrize("changes", [{"platform": 4}, {"platform": 0}])
def test_the_roster_of_another_platform_says_nothing(courier: User, changes: Any) -> None:
    make_platform(4, "另送")
    on_roster(make_platform(3), courier)
    assert enter(courier, **changes).json()["holder"]["basis"] == "claim"


def test_who_left_the_platform_rests_on_an_own_word_again(courier: User) -> None:
    platform = make_platform(3)
    entry = on_roster(platform, courier)
    holder = make_holder(courier, platform=3, basis=Holder.Basis.ROSTER)
    given = first(holder)
    RosterEntry.objects.filter(pk=entry.pk).update(ended_at=timezone.now())
    with pytest.raises(CodeRefused) as refused:
        renewed(given, "first", "next")
    assert refused.value.code == "not_checked"
    assert Credential.objects.live().count() == 1, "it ends by itself within two days"


def test_a_live_order_gives_a_newcomer_the_day(courier: User) -> None:
    platform = make_platform(3)
    on_order(platform, courier)
    state = enter(courier, platform=3).json()
    assert state["holder"]["basis"] == "order"
    assert state["holder"]["provisional_until"] == iso(end_of_day(timezone.now()))
    given = first(Holder.objects.get())
    assert xg1.read_credential(bytes(given.data)).provisional


def test_the_page_learns_at_once_that_the_platform_has_named_somebody(courier: User) -> None:
    platform = make_platform(3)
    client = sign_in(courier)
    assert enter(courier, platform=3).json()["refused_because"]["code"] == "not_checked"
    on_order(platform, courier)
    assert "refused_because" not in client.get("/code/state/").json()
    assert first(Holder.objects.get()).is_provisional


@pytest.mark.parametrize(("starts_in", "ends_in"), [(-60, -1), (90, 120)])
def test_an_order_that_is_over_or_far_ahead_gives_nothing(
    courier: User, starts_in: int, ends_in: int
) -> None:
    on_order(make_platform(3), courier, starts_in=starts_in, ends_in=ends_in)
    assert enter(courier, platform=3).json()["holder"]["basis"] == "claim"


def test_a_roster_takes_the_place_of_a_pass_for_the_day(courier: User) -> None:
    platform = make_platform(3)
    holder = make_holder(
        courier, platform=3, basis=Holder.Basis.STATION, until=timezone.now() + dt.timedelta(hours=5)
    )
    on_roster(platform, courier)
    settle(holder, timezone.now())
    holder.refresh_from_db()
    assert (holder.basis, holder.provisional_until) == ("roster", None)


def test_a_changed_name_is_in_the_next_credential_and_the_old_one_stays(courier: User) -> None:
    platform = make_platform(3)
    holder = make_holder(courier, platform=3)
    on_roster(platform, courier)
    settle(holder, timezone.now())
    one = first(holder)
    assert enter(courier, name="欧阳小明", platform=3, agreed=False).status_code == 200
    two = renewed(one, "first", "next")
    names = [xg1.read_credential(bytes(row.data)).name for row in (one, two)]
    assert names == ["李*明", "欧阳*明"]
    assert Credential.objects.live().count() == 2
    assert Holder.objects.get().basis == Holder.Basis.ROSTER


def test_a_proof_and_a_photo_beside_another_name_have_to_be_checked_anew(courier: User) -> None:
    holder = make_holder(courier)
    Holder.objects.update(photo_state=Holder.PhotoState.ACCEPTED)
    one = first(holder)
    assert enter(courier, name=courier.name, agreed=False).status_code == 200
    assert Holder.objects.get().basis == Holder.Basis.PROOF
    assert enter(courier, name="欧阳小明", agreed=False).json()["refused_because"]["code"] == "not_checked"
    changed = Holder.objects.get()
    assert (changed.basis, changed.photo_state) == ("claim", "waiting")
    with pytest.raises(CodeRefused):
        renewed(one, "first", "next")


def test_a_changed_platform_has_to_be_checked_anew(courier: User) -> None:
    make_platform(3)
    make_platform(4, "另送")
    holder = make_holder(courier, platform=3)
    one = first(holder)
    assert enter(courier, platform=4).json()["refused_because"]["code"] == "not_checked"
    with pytest.raises(CodeRefused):
        renewed(one, "first", "next")
    assert Credential.objects.live().count() == 1


def test_enrolling_twice_is_enrolling_once(courier: User) -> None:
    assert [enter(courier).status_code for _time in range(2)] == [200, 200]
    assert Holder.objects.count() == 1


def test_the_form_tells_how_long_things_are_really_kept() -> None:
    said = " ".join(str(line.until) for line in (*terms.CODE, *terms.LOCATION))
    assert f"{retention.PASS.days} 天" in said
    assert f"{retention.PERSON.days} 天" in said
    assert f"{retention.PROOF_IMAGE.days} 天" in said
    assert f"{retention.REPORT.days} 天；处理措施在结束后 {retention.CASE.days} 天" in said


def test_the_state_of_nobody_leads_to_the_sign_in() -> None:
    state = Client().get("/code/state/").json()
    assert (state["enrolled"], state["containers"], state["notices"]) == (False, [], [])
    assert Client().get(state["sign_in_url"])["Location"].startswith("/accounts/login/")
