"""What couriers are told around the code: one notice for each deed, in its transaction, and nothing of it outside."""

import datetime as dt
from typing import Any

import pytest
import time_machine
from django.core.exceptions import ValidationError
from django.utils import timezone

from portal.accounts.models import Courier, User
from portal.notices.models import Delivery, Notice
from portal.notices.reading import open_notice
from services.codes import conduct, incidents, looking_up, refusing
from services.codes.erasing import erase
from services.codes.models import Checkpoint, Credential, Holder, LookUp
from services.codes.news import ANSWERED, CONDUCT, DECIDED, LOOKED_UP, MESSAGE, news
from tests.code_care import make_incident, make_pass
from tests.code_gates import make_gate
from tests.code_holders import first, make_holder, sign_in
from tests.notice_kinds import at, told
from tests.personas import make_person, make_staff
from tests.test_code_refusals import refused

pytestmark = pytest.mark.django_db
__all__ = ["told"]
HOUR, DAY = dt.timedelta(hours=1), dt.timedelta(days=1)


@pytest.fixture
def now() -> dt.datetime:
    return timezone.now()


@pytest.fixture
def place(regions: Any) -> Checkpoint:
    return make_gate()


@pytest.fixture
def holder(told: Any) -> Holder:
    user = make_person("13900000001", "李小明")
    Courier.objects.create(user=user)
    return make_holder(user)


@pytest.fixture
def credential(holder: Holder) -> Credential:
    return first(holder)


def kinds(holder: Holder, now: dt.datetime | None = None) -> list[str]:
    return [kind for _at, kind, _said in news(holder, now or timezone.now())]


def kept(holder: Holder) -> list[str]:
    return sorted(Notice.objects.filter(user=holder.courier.user).values_list("kind", flat=True))


def test_a_notice_with_48_hours_leaves_by_text_and_says_nothing(
    told: Any,
    place: Checkpoint,
    holder: Holder,
    credential: Credential,
    now: dt.datetime,
    clerk: User,
    work: Any,
) -> None:
    with time_machine.travel(at(10), tick=False):
        incident = make_incident(make_pass(place, credential, timezone.now()), clerk)
        case = conduct.open_case(incident=incident, by=clerk, grade="reminder", reason="逆行伤人")
        work()
        assert told == [
            ("+8613900000001", "您在暖新有一条新消息，请登录查看。 https://portal.example/me/notices/")
        ]
        page = sign_in(holder.courier.user).get("/me/notices/").content.decode()
        assert "11-28 10:00 前可以申诉" in page
        assert "逆行" not in page
    assert kinds(holder, case.appeal_until - HOUR) == ["conduct"]
    assert kinds(holder, case.appeal_until) == []


def test_whoever_appealed_is_not_asked_to_and_is_told_the_decision(
    told: Any,
    place: Checkpoint,
    holder: Holder,
    credential: Credential,
    now: dt.datetime,
    clerk: User,
    district_admin: User,
) -> None:
    incident = make_incident(make_pass(place, credential, now), clerk)
    case = conduct.open_case(incident=incident, by=clerk, grade="reminder", reason="逆行")
    assert kinds(holder) == ["conduct"]
    conduct.appeal(case=case, holder=holder, text="我在推车")
    assert (kinds(holder), Delivery.objects.count()) == ([], 0)
    conduct.decide(case=case, by=district_admin, uphold=True, decision="看过录像")
    assert (kinds(holder), kept(holder)) == (["conduct_decided"], [DECIDED])
    conduct.decide(case=case, by=district_admin, uphold=False, decision="认错了人")
    assert kinds(holder) == ["conduct_decided"]
    assert Notice.objects.filter(kind=DECIDED).count() == 2


def test_a_message_is_told_until_it_was_read_here_or_there(
    told: Any, place: Checkpoint, holder: Holder, credential: Credential, now: dt.datetime, clerk: User
) -> None:
    incident = make_incident(make_pass(place, credential, now), clerk)
    for text in ("请慢一点", "下次请走南门"):
        incidents.write_to_courier(incident=incident, by=clerk, text=text)
    assert kinds(holder, now + 20 * DAY) == ["message"]
    one = Notice.objects.filter(kind=MESSAGE).first()
    assert one is not None
    assert "请慢" not in one.sentence
    open_notice(user=holder.courier.user, pk=one.pk)
    assert kinds(holder) == ["message"]
    sign_in(holder.courier.user).get("/code/messages/")
    assert kinds(holder) == []


def test_a_message_that_could_not_be_sent_is_not_told(
    told: Any, place: Checkpoint, holder: Holder, credential: Credential, now: dt.datetime, clerk: User
) -> None:
    incident = make_incident(make_pass(place, credential, now), clerk)
    with pytest.raises(ValidationError):
        incidents.write_to_courier(incident=incident, by=clerk, text="打我电话 13800000002")
    assert kept(holder) == []


def test_an_answer_names_the_place_and_no_free_text(
    told: Any, place: Checkpoint, holder: Holder, now: dt.datetime, clerk: User
) -> None:
    row = refused(holder, place, now)
    refusing.answer(refusal=row, by=clerk, text="已约谈物业张三", is_last=False)
    (notice,) = Notice.objects.filter(kind=ANSWERED)
    assert place.listing.name in notice.sentence
    assert "张三" not in str(notice.params) + notice.sentence
    assert notice.url == "/code/refused/"


def test_who_looked_is_told_when_a_delay_is_over(
    told: Any,
    place: Checkpoint,
    holder: Holder,
    credential: Credential,
    now: dt.datetime,
    district_admin: User,
    groups: Any,
) -> None:
    asked = {"purpose": "police", "note": "工单 12", "delay_days": 10, "delay_why": "办案需要"}
    looking_up.look_up(kept=make_pass(place, credential, now), by=district_admin, now=now, **asked)
    user = holder.courier.user
    assert "looked_up" not in kinds(holder, now + DAY - HOUR)
    assert not Notice.objects.shown_to(user, now + DAY - HOUR).exists()
    assert kinds(holder, now + DAY) == ["looked_up"]
    second = make_staff(
        "13800000016",
        "拱墅区第二人",
        group=groups["区级工作人员"],
        kind="district",
        office="拱墅区新就业群体服务中心",
        area_code="330105",
    )
    looking_up.agree_to_delay(look_up=LookUp.objects.get(), by=second, now=now + HOUR)
    assert kinds(holder, now + 10 * DAY - HOUR) == []
    assert kinds(holder, now + 10 * DAY) == ["looked_up"]
    page = sign_in(user).get("/code/mine/").json()
    assert page["told"] == []


def test_what_was_told_of_a_code_goes_with_the_code(
    told: Any, place: Checkpoint, holder: Holder, credential: Credential, now: dt.datetime, clerk: User
) -> None:
    user = holder.courier.user
    incident = make_incident(make_pass(place, credential, now), clerk)
    conduct.open_case(incident=incident, by=clerk, grade="reminder", reason="逆行")
    Notice.objects.create(user=user, kind="test_here", key="1", params={"place": "食堂"})
    assert kept(holder) == [CONDUCT, "test_here"]
    erase(user=user)
    assert (kept(holder), Delivery.objects.count()) == (["test_here"], 0)


def test_everything_kept_about_a_courier_names_what_they_were_told(
    told: Any, place: Checkpoint, holder: Holder, credential: Credential, now: dt.datetime, clerk: User
) -> None:
    incident = make_incident(make_pass(place, credential, now), clerk)
    incidents.write_to_courier(incident=incident, by=clerk, text="请慢一点")
    (row,) = sign_in(holder.courier.user).get("/code/mine/").json()["told"]
    assert row["sentence"].startswith("您有一条")
    assert LOOKED_UP not in kept(holder)
