"""Incidents at gates and graded conduct: what counts, who decides, and that it ends."""

import datetime as dt
from typing import Any

import pytest
from django.core.exceptions import PermissionDenied, ValidationError
from django.test import Client
from django.utils import timezone

from portal.accounts.models import User
from portal.notices.models import Notice
from services.codes import conduct, conflicts, evidence, incidents
from services.codes.faults import CodeRefused
from services.codes.models import Amendment, Checkpoint, ConductCase, Credential, Holder, Incident, Proof
from services.codes.news import MESSAGE
from services.codes.views.guard_asking import known_online
from tests.code_care import amend, keeps, make_case, make_incident, make_pass, uuid_at
from tests.code_gates import make_device, make_gate
from tests.code_holders import first, make_holder, post

pytestmark = pytest.mark.django_db
HOUR, DAY = dt.timedelta(hours=1), dt.timedelta(days=1)
ANNULLED = Amendment.Kind.ANNULMENT


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


@pytest.fixture
def manager(guard: User, place: Checkpoint) -> User:
    """Return the property manager of the compound."""
    return keeps(guard, place.listing)


def opened(incident: Incident, by: User, grade: str = "reminder", **fields: Any) -> ConductCase:
    return conduct.open_case(incident=incident, by=by, grade=grade, reason="骑得太快", **fields)


def code_of(error: Any) -> str:
    return (
        error.value.error_list[0].code
        if hasattr(error.value, "error_list")
        else next(iter(error.value.error_dict.values()))[0].code
    )


def test_a_guard_reports_from_a_pass_and_a_repeat_is_the_same_report(
    place: Checkpoint, credential: Credential, now: dt.datetime
) -> None:
    device, _secret = make_device(place, now)
    kept = make_pass(place, credential, now)
    number = uuid_at(now)
    told = incidents.report(
        device=device, kind="speeding", pass_id=str(kept.pk), client_id=str(number), note="快"
    )
    assert (told.pid, told.listing_id, told.note) == (credential.pid, place.listing_id, "快")
    for again in ({"client_id": str(number)}, {"client_id": str(uuid_at(now))}):
        same = incidents.report(device=device, kind="speeding", pass_id=str(kept.pk), **again)
        assert same.pk == told.pk
    assert Incident.objects.count() == 1


def test_a_report_may_come_before_its_pass(
    place: Checkpoint, holder: Holder, credential: Credential, now: dt.datetime, manager: User
) -> None:
    device, _secret = make_device(place, now)
    number = uuid_at(now)
    told = incidents.report(device=device, kind="parking", pass_id=str(number))
    assert told.pid == ""
    assert not Incident.objects.about(holder).exists()
    kept = make_pass(place, credential, now)
    Incident.objects.filter(pk=told.pk).update(pass_id=kept.pk)
    assert Incident.objects.about(holder).get() == told
    incidents.write_to_courier(incident=told, by=manager, text="请下次停在南侧")
    told.refresh_from_db()
    assert told.pid == credential.pid


def test_a_device_reports_nothing_about_a_pass_of_another_compound(
    place: Checkpoint, credential: Credential, holder: Holder, now: dt.datetime
) -> None:
    device, _secret = make_device(make_gate(name="别处"), now)
    kept = make_pass(place, credential, now)
    told = incidents.report(device=device, kind="damage", pass_id=str(kept.pk))
    assert (told.pid, told.listing_id) == ("", device.listing_id)
    assert not Incident.objects.about(holder).exists(), "the pass is not of this compound"
    assert evidence.pass_of(told) is None


@pytest.mark.parametrize("kind", ["guessing", "nonsense", None, 3])
def test_only_what_people_report_can_be_reported(place: Checkpoint, now: dt.datetime, kind: Any) -> None:
    device, _secret = make_device(place, now)
    with pytest.raises(CodeRefused):
        incidents.report(device=device, kind=kind)


def test_guessing_raises_one_alarm_within_an_hour(place: Checkpoint, now: dt.datetime) -> None:
    device, _secret = make_device(place, now)
    one = incidents.alarm(device=device, now=now)
    assert incidents.alarm(device=device, now=now + HOUR / 2).pk == one.pk
    assert incidents.alarm(device=device, now=now + 2 * HOUR).pk != one.pk


def test_the_property_of_another_compound_reports_and_writes_nothing(
    place: Checkpoint, credential: Credential, now: dt.datetime, clerk: User, guard: User
) -> None:
    kept = make_pass(place, credential, now)
    told = make_incident(kept, clerk)
    keeps(guard, make_gate(name="别处").listing)
    with pytest.raises(PermissionDenied):
        make_incident(kept, guard, kind="damage")
    with pytest.raises(PermissionDenied):
        incidents.write_to_courier(incident=told, by=guard, text="你好")
    with pytest.raises(PermissionDenied):
        incidents.close(incident=told, by=guard, outcome="好了")


def test_messages_go_both_ways_and_carry_no_number(
    place: Checkpoint, holder: Holder, credential: Credential, now: dt.datetime, manager: User
) -> None:
    told = make_incident(make_pass(place, credential, now), manager)
    incidents.write_to_courier(incident=told, by=manager, text="请慢一点")
    incidents.answer(incident=told, holder=holder, text="好的，当时下雨")
    assert [(row.side, row.text) for row in told.messages.all()] == [
        ("property", "请慢一点"),
        ("courier", "好的，当时下雨"),
    ]
    told.refresh_from_db()
    assert told.state == Incident.State.TALKING
    assert Notice.objects.shown_to(holder.courier.user).unread().filter(kind=MESSAGE).count() == 1
    for text in ("打我电话13800000001", "138 0000 0001", "+86 138-0000-0001", "１３８００００　０００１"):
        with pytest.raises(ValidationError) as refused:
            incidents.write_to_courier(incident=told, by=manager, text=text)
        assert code_of(refused) == "number"
    incidents.close(incident=told, by=manager, outcome="已说明")
    with pytest.raises(ValidationError):
        incidents.answer(incident=told, holder=holder, text="还有")


def test_nobody_answers_for_somebody_else(
    place: Checkpoint, credential: Credential, now: dt.datetime, manager: User, courier: User
) -> None:
    told = make_incident(make_pass(place, credential, now), manager)
    other = make_holder(courier)
    with pytest.raises(CodeRefused):
        incidents.answer(incident=told, holder=other, text="不是我")


def test_nobody_is_written_to_once_it_is_forgotten_whose_pass_it_was(
    place: Checkpoint, credential: Credential, now: dt.datetime, manager: User
) -> None:
    told = make_incident(make_pass(place, credential, now), manager)
    Credential.objects.update(holder=None)
    with pytest.raises(ValidationError) as refused:
        incidents.write_to_courier(incident=told, by=manager, text="你好")
    assert code_of(refused) == "nobody"


@pytest.mark.parametrize(
    "fields",
    [{"method": "claim", "assurance": 3}, {"assurance": 0}, {"method": "override", "assurance": 0}],
    ids=["own claim", "no proof", "let in by hand"],
)
def test_what_was_not_proved_never_counts(
    place: Checkpoint, credential: Credential, now: dt.datetime, clerk: User, fields: dict[str, Any]
) -> None:
    told = make_incident(make_pass(place, credential, now, **fields), clerk)
    with pytest.raises(ValidationError) as refused:
        opened(told, clerk)
    assert code_of(refused) == "no_proof"


def test_what_the_server_took_back_does_not_count_either(
    place: Checkpoint, credential: Credential, now: dt.datetime, clerk: User
) -> None:
    kept = make_pass(place, credential, now)
    told = make_incident(kept, clerk)
    amend(kept, Amendment.Kind.VERDICT, now, verdict="replayed", assurance=0)
    with pytest.raises(ValidationError):
        opened(told, clerk)


def test_a_conflict_counts_only_after_a_person_let_the_pass_stand(
    place: Checkpoint, credential: Credential, now: dt.datetime, clerk: User
) -> None:
    kept = make_pass(place, credential, now)
    told = make_incident(kept, clerk)
    conflict = amend(kept, Amendment.Kind.CONFLICT, now, verdict="conflict")
    with pytest.raises(ValidationError):
        opened(told, clerk)
    conflicts.decide(conflict=conflict, by=clerk, annul=False, note="两部手机的时钟不同")
    assert opened(told, clerk).state == ConductCase.State.NOTICE


def test_an_annulled_pass_counts_for_nothing(
    place: Checkpoint, credential: Credential, now: dt.datetime, clerk: User
) -> None:
    kept = make_pass(place, credential, now)
    conflict = amend(kept, Amendment.Kind.CONFLICT, now, verdict="conflict")
    conflicts.decide(conflict=conflict, by=clerk, annul=True, note="别处扫过")
    assert not evidence.is_proof(kept)
    said = set(Amendment.objects.filter(pass_id=kept.pk).values_list("kind", flat=True))
    assert said == {"conflict", "annulment", "decision"}
    assert not Amendment.objects.undecided().exists()
    with pytest.raises(ValidationError):
        conflicts.decide(conflict=conflict, by=clerk, annul=False, note="再看")


def test_a_property_opens_no_case(
    place: Checkpoint, credential: Credential, now: dt.datetime, manager: User
) -> None:
    told = make_incident(make_pass(place, credential, now), manager)
    with pytest.raises(PermissionDenied):
        opened(told, manager)


@pytest.mark.parametrize(
    ("in_force", "grade", "is_allowed"),
    [
        ("", "reminder", True),
        ("", "warning", False),
        ("reminder", "warning", True),
        ("reminder", "limited", False),
        ("warning", "limited", True),
        ("warning", "warning", True),
        ("warning", "suspended", False),
        ("limited", "suspended", True),
    ],
)
def test_grades_go_up_one_at_a_time(
    place: Checkpoint,
    holder: Holder,
    credential: Credential,
    now: dt.datetime,
    clerk: User,
    in_force: str,
    grade: str,
    is_allowed: bool,
) -> None:
    if in_force:
        earlier = make_incident(make_pass(place, credential, now - DAY), clerk)
        make_case(holder, earlier, grade=in_force, ends_at=now + DAY)
    told = make_incident(make_pass(place, credential, now), clerk)
    if is_allowed:
        assert opened(told, clerk, grade).grade == grade
    else:
        with pytest.raises(ValidationError) as refused:
            opened(told, clerk, grade)
        assert code_of(refused) == "skips"


def test_what_has_ended_counts_no_more(
    place: Checkpoint, holder: Holder, credential: Credential, now: dt.datetime, clerk: User
) -> None:
    earlier = make_incident(make_pass(place, credential, now - DAY), clerk)
    make_case(holder, earlier, grade="reminder", ends_at=now - HOUR)
    with pytest.raises(ValidationError):
        opened(make_incident(make_pass(place, credential, now), clerk), clerk, "warning")


def test_only_danger_skips_a_grade(
    place: Checkpoint, credential: Credential, now: dt.datetime, clerk: User
) -> None:
    told = make_incident(make_pass(place, credential, now), clerk)
    assert opened(told, clerk, "suspended", is_danger=True).is_danger


def test_one_incident_makes_one_case(
    place: Checkpoint, credential: Credential, now: dt.datetime, clerk: User, district_admin: User
) -> None:
    told = make_incident(make_pass(place, credential, now), clerk)
    case = opened(told, clerk)
    with pytest.raises(ValidationError):
        opened(told, district_admin)
    conduct.decide(case=case, by=district_admin, uphold=False, decision="证据不足")
    assert opened(told, district_admin).state == ConductCase.State.NOTICE


def test_nothing_takes_effect_before_the_48_hours_or_an_appeal(
    place: Checkpoint,
    holder: Holder,
    credential: Credential,
    now: dt.datetime,
    clerk: User,
    district_admin: User,
) -> None:
    case = opened(make_incident(make_pass(place, credential, now), clerk), clerk, now=now)
    assert case.appeal_until == now + dt.timedelta(hours=48)
    with pytest.raises(ValidationError) as refused:
        conduct.decide(case=case, by=district_admin, uphold=True, decision="属实", now=now + 47 * HOUR)
    assert code_of(refused) == "early"
    assert not ConductCase.objects.in_force(now + 47 * HOUR).exists()
    conduct.appeal(case=case, holder=holder, text="我在推车", now=now + 47 * HOUR)
    upheld = conduct.decide(case=case, by=district_admin, uphold=True, decision="属实", now=now + 47 * HOUR)
    assert upheld.ends_at == now + 47 * HOUR + dt.timedelta(days=30)
    assert ConductCase.objects.in_force(now + 48 * HOUR).exists()


def test_an_appeal_after_48_hours_is_too_late_and_somebody_elses_is_none(
    place: Checkpoint, holder: Holder, credential: Credential, now: dt.datetime, clerk: User, courier: User
) -> None:
    case = opened(make_incident(make_pass(place, credential, now), clerk), clerk, now=now)
    with pytest.raises(CodeRefused):
        conduct.appeal(case=case, holder=make_holder(courier), text="不服", now=now)
    with pytest.raises(ValidationError):
        conduct.appeal(case=case, holder=holder, text="不服", now=now + 48 * HOUR)


@pytest.mark.parametrize("who", ["clerk", "other_clerk", "manager"])
def test_who_opened_it_or_is_of_elsewhere_does_not_decide(
    place: Checkpoint,
    credential: Credential,
    now: dt.datetime,
    clerk: User,
    who: str,
    request: pytest.FixtureRequest,
) -> None:
    case = opened(make_incident(make_pass(place, credential, now), clerk), clerk, now=now)
    with pytest.raises(PermissionDenied):
        conduct.decide(
            case=case, by=request.getfixturevalue(who), uphold=True, decision="属实", now=now + 3 * DAY
        )


def test_a_suspension_is_decided_by_the_city_and_ends_by_itself(
    place: Checkpoint,
    holder: Holder,
    credential: Credential,
    now: dt.datetime,
    clerk: User,
    district_admin: User,
    city_admin: User,
) -> None:
    told = make_incident(make_pass(place, credential, now), clerk)
    case = opened(told, clerk, "suspended", is_danger=True, now=now)
    later = now + 3 * DAY
    with pytest.raises(PermissionDenied):
        conduct.decide(case=case, by=district_admin, uphold=True, decision="撞了人", now=later)
    case.refresh_from_db()
    assert case.state == ConductCase.State.NOTICE, "nothing of it stays"
    conduct.decide(case=case, by=city_admin, uphold=True, decision="撞了人", now=later)
    holder.refresh_from_db()
    credential.refresh_from_db()
    assert (holder.state, holder.suspended_until) == (Holder.State.SUSPENDED, later + 14 * DAY)
    assert holder.suspended_why == "撞了人"
    assert credential.revoked_at is None or credential.revoked_at == later
    assert conduct.expire(now=later + 13 * DAY) == 0
    assert conduct.expire(now=later + 14 * DAY) == 1
    holder.refresh_from_db()
    case.refresh_from_db()
    assert (holder.state, case.state) == (Holder.State.ACTIVE, ConductCase.State.EXPIRED)


def test_dropping_a_suspension_gives_the_code_back_but_not_one_that_others_took(
    place: Checkpoint, holder: Holder, credential: Credential, now: dt.datetime, clerk: User, city_admin: User
) -> None:
    told = make_incident(make_pass(place, credential, now), clerk)
    case = opened(told, clerk, "suspended", is_danger=True, now=now - 3 * DAY)
    conduct.decide(case=case, by=city_admin, uphold=True, decision="撞了人", now=now)
    Holder.objects.update(suspended_until=now + 90 * DAY)
    conduct.decide(case=case, by=city_admin, uphold=False, decision="看错了人", now=now)
    holder.refresh_from_db()
    assert holder.state == Holder.State.SUSPENDED
    case.refresh_from_db()
    ConductCase.objects.update(state=ConductCase.State.UPHELD, ends_at=now + 90 * DAY)
    conduct.decide(case=case, by=city_admin, uphold=False, decision="看错了人", now=now)
    holder.refresh_from_db()
    assert holder.state == Holder.State.ACTIVE


def test_a_case_holds_its_evidence_until_it_has_ended(
    place: Checkpoint, credential: Credential, now: dt.datetime, clerk: User, district_admin: User
) -> None:
    kept = make_pass(place, credential, now)
    Proof.objects.create(
        pass_id=kept.pk, credential_digest=credential.digest, presentation=b"x", kept_until=now
    )
    case = opened(make_incident(kept, clerk), clerk, now=now)
    other = opened(make_incident(make_pass(place, credential, now), clerk), clerk, now=now)

    def held() -> tuple[bool, bool]:
        return (
            Credential.objects.get(pk=credential.pk).held_by_case,
            Proof.objects.get(pk=kept.pk).held_by_case,
        )

    assert held() == (True, True)
    conduct.decide(case=case, by=district_admin, uphold=False, decision="证据不足")
    assert held() == (True, False), "the other case still holds whose code it was"
    conduct.decide(case=other, by=district_admin, uphold=True, decision="属实", now=now + 3 * DAY)
    conduct.expire(now=now + 40 * DAY)
    assert held() == (False, False)


def test_on_foot_only_holds_at_that_compound_while_it_is_in_force(
    place: Checkpoint, holder: Holder, credential: Credential, now: dt.datetime, clerk: User
) -> None:
    told = make_incident(make_pass(place, credential, now), clerk)
    make_case(holder, told, grade="limited", ends_at=now + DAY)
    here = {"holder": holder, "listing_id": place.listing_id}
    assert conduct.is_on_foot_only(**here, now=now)
    assert not conduct.is_on_foot_only(**here, now=now + DAY)
    assert not conduct.is_on_foot_only(holder=holder, listing_id=place.listing_id + 1, now=now)


@pytest.mark.parametrize("work_type", ["food_delivery", "parcel", "ride_hailing", "other"])
def test_the_same_steps_hold_for_everybody_who_comes_with_a_code(
    place: Checkpoint, now: dt.datetime, clerk: User, courier: User, work_type: str
) -> None:
    theirs = first(make_holder(courier, work_type=work_type))
    told = make_incident(make_pass(place, theirs, now), clerk)
    with pytest.raises(ValidationError):
        opened(told, clerk, "warning")
    case = opened(told, clerk, "reminder", now=now)
    assert case.appeal_until - now == conduct.APPEAL


def test_a_guards_phone_reports_late_and_again(
    place: Checkpoint, credential: Credential, now: dt.datetime
) -> None:
    device, secret = make_device(place, now)
    guards = Client()
    guards.cookies["nx_device"] = secret
    kept = make_pass(place, credential, now - 2 * DAY, device_id=device.pk)
    told = {
        "id": str(uuid_at(now)),
        "pass": str(kept.pk),
        "kind": "parking",
        "note": "停在消防通道",
        "at_ms": int((now - 2 * DAY).timestamp() * 1000),
    }
    one, two = (post(guards, "/guard/incident/", **told) for _time in range(2))
    assert one.status_code == 200
    assert one.json() == two.json()
    row = Incident.objects.get()
    assert (row.pid, row.happened_at, row.note) == (credential.pid, kept.scanned_at, "停在消防通道")
    without_pass = {**told, "id": str(uuid_at(now)), "pass": None, "kind": "other"}
    assert post(guards, "/guard/incident/", **without_pass).status_code == 200
    for wrong in ({"kind": "x"}, {"pass": "x"}, {"id": 7}):
        answer = post(guards, "/guard/incident/", **{**told, **wrong})
        assert (answer.status_code, bool(answer.json()["say"])) == (400, True), wrong
    assert post(Client(), "/guard/incident/", **told).status_code == 401
    assert Incident.objects.count() == 2


def test_a_guard_who_is_online_is_told_on_foot_only_and_not_why(
    place: Checkpoint, holder: Holder, credential: Credential, now: dt.datetime, clerk: User
) -> None:
    assert known_online(holder, place.listing_id, now)["on_foot"] is False
    told = make_incident(make_pass(place, credential, now), clerk)
    make_case(holder, told, grade="limited", ends_at=now + DAY)
    known = known_online(holder, place.listing_id, now)
    assert known["on_foot"] is True
    assert set(known) == {"on_foot", "on_order_here", "photo"}
    assert known_online(None, place.listing_id, now)["on_foot"] is False
