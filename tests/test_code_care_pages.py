"""The courier's own pages below `/code/`: passes, who looked, messages, notices. They work without a script."""

import datetime as dt
import re
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from portal.accounts.models import User
from services.codes import conduct, conflicts, incidents, looking_up
from services.codes.cleaning import clean
from services.codes.models import (
    Amendment,
    Checkpoint,
    ConductCase,
    Credential,
    Holder,
    Incident,
    IncidentMessage,
    Refusal,
)
from tests.code_care import amend, keeps, make_case, make_incident, make_pass
from tests.code_gates import make_gate
from tests.code_holders import first, make_holder, sign_in
from tests.test_code_refusals import refused

pytestmark = pytest.mark.django_db
HOUR, DAY = dt.timedelta(hours=1), dt.timedelta(days=1)
PAGES = ("passes", "looked", "refused", "messages", "conduct")


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
def client(holder: Holder) -> Client:
    return sign_in(holder.courier.user)


def text(client: Client, page: str) -> str:
    answer = client.get(f"/code/{page}/")
    assert answer.status_code == 200
    return answer.content.decode()


@pytest.mark.parametrize("page", PAGES)
def test_a_page_of_ones_own_asks_to_sign_in_and_has_the_strict_policy(
    page: str, client: Client, courier: User
) -> None:
    led = Client().get(f"/code/{page}/")
    assert led.status_code == 302
    assert led["Location"].endswith(f"?next=%2Fcode%2F{page}%2F")
    answer = client.get(f"/code/{page}/")
    assert "require-trusted-types-for 'script'" in answer["Content-Security-Policy"]
    assert "no-store" in answer["Cache-Control"]
    assert "<script" not in answer.content.decode()
    assert "您还没有小哥码" in text(sign_in(courier), page)
    english = client.get(f"/code/{page}/?lang=en")
    assert "Back to “My code”" in english.content.decode()


def test_my_passes_say_where_when_and_how(
    client: Client, place: Checkpoint, credential: Credential, now: dt.datetime
) -> None:
    make_pass(place, credential, now)
    make_pass(place, credential, now - HOUR, verdict="gate_closed")
    make_pass(place, credential, now - 2 * HOUR, method="claim", assurance=0)
    make_pass(place, credential, now - 31 * DAY)
    page = text(client, "passes")
    assert page.count("康桥小区") == 3, "what is older than 30 days is not shown"
    assert (page.count("已放行"), page.count("未放行")) == (1, 1)
    assert "您自己的记录：没有门岗扫过码。" in page


def test_nobody_sees_the_passes_of_another(
    client: Client, place: Checkpoint, now: dt.datetime, courier: User
) -> None:
    make_pass(place, first(make_holder(courier), "other"), now)
    assert "康桥小区" not in text(client, "passes")


def test_an_annulled_pass_says_so(
    client: Client, place: Checkpoint, credential: Credential, now: dt.datetime, clerk: User
) -> None:
    kept = make_pass(place, credential, now)
    conflict = amend(kept, Amendment.Kind.CONFLICT, now, verdict="conflict")
    assert "已放行" in text(client, "passes"), "a conflict says nothing against the courier"
    conflicts.decide(conflict=conflict, by=clerk, annul=True, note="别处扫过")
    assert "已作废" in text(client, "passes")


def test_a_courier_reads_and_answers_without_a_script(
    client: Client, place: Checkpoint, credential: Credential, now: dt.datetime, guard: User
) -> None:
    keeps(guard, place.listing)
    told = make_incident(make_pass(place, credential, now), guard)
    incidents.write_to_courier(incident=told, by=guard, text="请慢一点")
    assert "message" in [notice["kind"] for notice in client.get("/code/state/").json()["notices"]]
    page = text(client, "messages")
    assert "请慢一点" in page
    assert guard.name not in re.sub(r"门卫|门岗", "", page)
    assert "安居物业" not in page
    assert IncidentMessage.objects.get().read_at is not None
    assert "message" not in [notice["kind"] for notice in client.get("/code/state/").json()["notices"]]
    posted = client.post("/code/messages/", {"incident": told.pk, "text": "好的"}, follow=True)
    assert "好的" in posted.content.decode()
    empty = client.post("/code/messages/", {"incident": told.pk, "text": ""})
    assert empty.status_code == 400


@pytest.mark.parametrize("key", ["0", "x", str(2**63), "999999"])
def test_an_answer_to_nothing_is_refused_kindly(client: Client, key: str) -> None:
    assert client.post("/code/messages/", {"incident": key, "text": "好的"}).status_code == 400
    assert client.post("/code/conduct/", {"case": key, "text": "好的"}).status_code == 400


def test_a_courier_reads_the_notice_with_its_evidence_and_appeals(
    client: Client,
    place: Checkpoint,
    credential: Credential,
    now: dt.datetime,
    clerk: User,
    district_admin: User,
) -> None:
    told = make_incident(make_pass(place, credential, now), clerk, note="进门时速很高")
    case = conduct.open_case(incident=told, by=clerk, grade="reminder", reason="请慢行")
    assert "conduct" in [notice["kind"] for notice in client.get("/code/state/").json()["notices"]]
    page = text(client, "conduct")
    for part in ("请慢行", "进门时速很高", "康桥小区", "前可以申诉", "提醒 30 天"):
        assert part in page, part
    posted = client.post("/code/conduct/", {"case": case.pk, "text": "我在推车"}, follow=True)
    assert "我在推车" in posted.content.decode()
    assert "已申诉" in posted.content.decode()
    again = client.post("/code/conduct/", {"case": case.pk, "text": "再说一次"})
    assert again.status_code == 400
    conduct.decide(case=case, by=district_admin, uphold=False, decision="确在推车")
    assert "确在推车" in text(client, "conduct")
    assert "conduct_decided" in [row["kind"] for row in client.get("/code/state/").json()["notices"]]


def test_a_measure_that_is_over_reads_as_expired_before_the_clock_ran(
    client: Client, place: Checkpoint, holder: Holder, credential: Credential, now: dt.datetime, clerk: User
) -> None:
    told = make_incident(make_pass(place, credential, now), clerk)
    make_case(holder, told, grade="reminder", ends_at=now - HOUR)
    page = text(client, "conduct")
    assert "已到期" in page
    assert "生效中" not in page


@pytest.mark.parametrize("page", PAGES)
def test_a_page_costs_the_same_beside_many_rows(
    page: str,
    client: Client,
    place: Checkpoint,
    holder: Holder,
    credential: Credential,
    now: dt.datetime,
    district_admin: User,
) -> None:
    def more(count: int) -> None:
        for number in range(count):
            at = now - number * HOUR
            kept = make_pass(place, credential, at)
            told = make_incident(kept, district_admin)
            incidents.write_to_courier(incident=told, by=district_admin, text="请慢一点")
            make_case(holder, told, grade="reminder", ends_at=at + 30 * DAY)
            refused(holder, place, at)
            looking_up.look_up(kept=kept, by=district_admin, purpose="audit", note="抽查", now=at)

    def cost() -> int:
        client.get(f"/code/{page}/")
        with CaptureQueriesContext(connection) as queries:
            client.get(f"/code/{page}/")
        return len(queries)

    more(1)
    few = cost()
    more(4)
    assert cost() == few
    # Session, person, post, holder; then the page's own: at most places, listings, messages, amendments.
    assert few <= 12


def test_reports_refusals_and_cases_are_forgotten_in_time(
    place: Checkpoint, holder: Holder, credential: Credential, now: dt.datetime, clerk: User
) -> None:
    told = make_incident(make_pass(place, credential, now), clerk)
    make_case(holder, told, grade="reminder", ends_at=now + DAY)
    make_incident(make_pass(place, credential, now), clerk)
    refused(holder, place, now)
    ConductCase.objects.update(ends_at=now - HOUR)
    clean(now=now)
    assert ConductCase.objects.get().state == ConductCase.State.EXPIRED

    def left(ago: dt.timedelta) -> tuple[int, int, int]:
        ConductCase.objects.update(ends_at=now - ago)
        Incident.objects.update(made_at=now - ago)
        Refusal.objects.update(made_at=now - ago)
        clean(now=now)
        return Incident.objects.count(), Refusal.objects.count(), ConductCase.objects.count()

    assert left(179 * DAY) == (2, 1, 1)
    assert left(181 * DAY) == (0, 0, 0)
    assert Holder.objects.exists()
