"""Who stands behind a pass: looked up with a permission and a purpose, written down, told to the courier."""

import datetime as dt
from typing import Any

import pytest
from django.core.exceptions import PermissionDenied, ValidationError
from django.utils import timezone

from portal.accounts.models import Courier, User
from services.codes import looking_up
from services.codes.models import Checkpoint, Credential, Holder, LookUp, LookUpDelay, Pass
from tests.code_care import keeps, make_pass
from tests.code_gates import make_gate
from tests.code_holders import first, make_holder, make_platform, sign_in
from tests.personas import make_person, make_staff

pytestmark = pytest.mark.django_db
HOUR, DAY = dt.timedelta(hours=1), dt.timedelta(days=1)


@pytest.fixture
def now() -> dt.datetime:
    return timezone.now()


@pytest.fixture
def place(regions: Any) -> Checkpoint:
    return make_gate()


@pytest.fixture
def holder() -> Holder:
    user = make_person("13900000001", "李小明")
    Courier.objects.create(user=user)
    make_platform()
    return make_holder(user, platform=1)


@pytest.fixture
def kept(place: Checkpoint, holder: Holder, now: dt.datetime) -> Pass:
    return make_pass(place, first(holder), now)


@pytest.fixture
def second(groups: Any, regions: Any) -> User:
    """Return another person of the district who may look."""
    return make_staff(
        "13800000016",
        "拱墅区第二人",
        group=groups["区级工作人员"],
        kind="district",
        office="拱墅区新就业群体服务中心",
        area_code="330105",
    )


def looked(kept: Pass, by: User, **asked: Any) -> looking_up.Person:
    return looking_up.look_up(kept=kept, by=by, **{"purpose": "incident", "note": "工单 12", **asked})


def test_a_look_up_shows_name_and_platform_and_is_written_down(kept: Pass, district_admin: User) -> None:
    person = looked(kept, district_admin)
    assert (person.name, person.platform, person.phone) == ("李小明", "试送", "")
    row = LookUp.objects.get()
    assert (row.pid, row.pass_id, row.actor_id) == (kept.pid, kept.pk, district_admin.pk)
    assert (row.role_label, row.unit_label) == ("区级工作人员", "拱墅区新就业群体服务中心")


@pytest.mark.parametrize(
    ("purpose", "has_phone"), [("incident", False), ("audit", False), ("police", True), ("safety", True)]
)
def test_a_phone_is_shown_only_where_somebody_must_be_reached(
    kept: Pass, district_admin: User, purpose: str, has_phone: bool
) -> None:
    assert bool(looked(kept, district_admin, purpose=purpose).phone) == has_phone


@pytest.mark.parametrize("who", ["clerk", "other_clerk", "guard", "operator", "courier"])
def test_streets_properties_operators_and_couriers_look_up_nobody(
    kept: Pass, place: Checkpoint, who: str, request: pytest.FixtureRequest
) -> None:
    person = request.getfixturevalue(who)
    if who in {"guard", "operator"}:
        keeps(person, place.listing)
    with pytest.raises(PermissionDenied):
        looked(kept, person)
    assert not LookUp.objects.exists()


def test_nobody_looks_outside_the_own_area(kept: Pass, groups: Any, regions: Any) -> None:
    elsewhere = make_staff(
        "13800000026",
        "上城区",
        group=groups["区级工作人员"],
        kind="district",
        office="上城区",
        area_code="330102",
    )
    with pytest.raises(PermissionDenied):
        looked(kept, elsewhere)


@pytest.mark.parametrize("asked", [{"purpose": ""}, {"purpose": "curious"}, {"note": " "}])
def test_no_purpose_no_answer(kept: Pass, district_admin: User, asked: dict[str, str]) -> None:
    with pytest.raises(ValidationError):
        looked(kept, district_admin, **asked)
    assert not LookUp.objects.exists()


def test_what_is_forgotten_is_not_found_and_not_written(kept: Pass, district_admin: User) -> None:
    Credential.objects.update(holder=None)
    with pytest.raises(ValidationError) as refused:
        looked(kept, district_admin)
    assert refused.value.code == "forgotten"
    assert not LookUp.objects.exists()


def test_the_eleventh_look_up_of_an_hour_is_refused(
    kept: Pass, district_admin: User, now: dt.datetime
) -> None:
    for _number in range(looking_up.MOST_PER_HOUR):
        looked(kept, district_admin, now=now)
    with pytest.raises(ValidationError) as refused:
        looked(kept, district_admin, now=now + HOUR / 2)
    assert refused.value.code == "too_many"
    looked(kept, district_admin, now=now + HOUR)


def test_who_looks_up_many_is_named_to_the_others_and_not_to_themselves(
    kept: Pass, district_admin: User, second: User, other_clerk: User, now: dt.datetime
) -> None:
    for number in range(looking_up.MANY_PER_DAY):
        looked(kept, district_admin, now=now + number * HOUR / 5)
    later = now + 4 * HOUR
    assert looking_up.busiest(user=second, now=later) == {district_admin.pk: looking_up.MANY_PER_DAY}
    assert looking_up.busiest(user=district_admin, now=later) == {}
    assert looking_up.busiest(user=other_clerk, now=later) == {}
    assert looking_up.busiest(user=second, now=now + 2 * DAY) == {}


def told(holder: Holder, at: dt.datetime) -> bool:
    return LookUp.objects.told(at).filter(holder_id=holder.pk).exists()


def test_the_courier_reads_at_once_who_looked_and_no_name(
    kept: Pass, holder: Holder, district_admin: User
) -> None:
    looked(kept, district_admin)
    page = sign_in(holder.courier.user).get("/code/looked/").content.decode()
    assert "拱墅区新就业群体服务中心" in page
    assert "区级工作人员" in page
    assert "出入口发生的情况" in page
    assert district_admin.name not in page
    assert "工单 12" not in page


def test_a_delay_takes_two_people(
    kept: Pass, holder: Holder, district_admin: User, second: User, now: dt.datetime
) -> None:
    looked(kept, district_admin, purpose="police", delay_days=10, delay_why="办案需要", now=now)
    row = LookUp.objects.get()
    assert not told(holder, now + DAY - HOUR), "held back for the second person to agree"
    assert told(holder, now + DAY), "nobody agreed"
    with pytest.raises(PermissionDenied):
        looking_up.agree_to_delay(look_up=row, by=district_admin, now=now + HOUR)
    looking_up.agree_to_delay(look_up=row, by=second, now=now + HOUR)
    assert not told(holder, now + 10 * DAY - HOUR)
    assert told(holder, now + 10 * DAY)
    assert looking_up.told_from(LookUp.objects.select_related("delay").get()) == now + 10 * DAY


def test_nobody_agrees_after_the_courier_was_told(
    kept: Pass, district_admin: User, second: User, now: dt.datetime
) -> None:
    looked(kept, district_admin, purpose="police", delay_days=10, delay_why="办案需要", now=now)
    with pytest.raises(ValidationError):
        looking_up.agree_to_delay(look_up=LookUp.objects.get(), by=second, now=now + DAY)


@pytest.mark.parametrize(
    "asked",
    [
        {"purpose": "incident", "delay_days": 3, "delay_why": "想"},
        {"purpose": "audit", "delay_days": 3, "delay_why": "想"},
        {"purpose": "police", "delay_days": 31, "delay_why": "想"},
        {"purpose": "police", "delay_days": -1, "delay_why": "想"},
        {"purpose": "police", "delay_days": 3, "delay_why": ""},
    ],
)
def test_a_delay_has_its_purposes_and_its_length(
    kept: Pass, district_admin: User, asked: dict[str, Any]
) -> None:
    with pytest.raises(ValidationError):
        looked(kept, district_admin, **asked)
    assert not LookUp.objects.exists()
    assert not LookUpDelay.objects.exists()
