"""Staff and what happens around codes: who opens which page, what it shows, and what a press does."""

import csv
import datetime as dt
import io
from collections.abc import Callable
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from portal.accounts.models import User
from portal.partners.models import ApiKey
from services.codes import incidents, looking_up
from services.codes.models import (
    Amendment,
    Checkpoint,
    ConductCase,
    Credential,
    Device,
    GuardName,
    Holder,
    Incident,
    IncidentMessage,
    LookUp,
    Pass,
    Quarantined,
    Refusal,
    Shift,
)
from tests.code_care import amend, keeps, make_case, make_incident, make_pass
from tests.code_gates import make_device, make_gate
from tests.code_holders import first, make_holder
from tests.factories import make_compound
from tests.personas import make_staff
from tests.test_code_refusals import refused

pytestmark = pytest.mark.django_db
HOUR, DAY = dt.timedelta(hours=1), dt.timedelta(days=1)


class World:
    """One of everything at a compound in 康桥街道."""

    def __init__(self, clerk: User, district_admin: User) -> None:
        now = self.now = timezone.now()
        self.place: Checkpoint = make_gate()
        self.holder: Holder = make_holder()
        self.credential: Credential = first(self.holder)
        self.device, _secret = make_device(self.place, now)
        self.guard_name = GuardName.objects.create(listing_id=self.place.listing_id, name="保安一号")
        self.shift = Shift.objects.create(
            device=self.device,
            listing_id=self.place.listing_id,
            checkpoint=self.place,
            guard_label="保安一号",
            digest="1" * 64,
            started_at=now,
            ends_at=now + HOUR,
        )
        self.kept: Pass = make_pass(self.place, self.credential, now, guard_label="保安一号")
        self.conflict = amend(self.kept, Amendment.Kind.CONFLICT, now, verdict="conflict")
        self.quarantined = Quarantined.objects.create(
            device=self.device,
            listing_id=self.place.listing_id,
            pass_id="x",
            row_digest="2" * 64,
            row={"id": "x"},
            reason="bad_id",
            received_at=now,
            retention_until=now + DAY,
        )
        other = make_pass(self.place, self.credential, now)
        self.incident: Incident = make_incident(other, clerk)
        self.case: ConductCase = make_case(
            self.holder, self.incident, grade="reminder", ends_at=now + 30 * DAY, state="appealed"
        )
        self.refusal: Refusal = refused(self.holder, self.place, now)
        looking_up.look_up(kept=self.kept, by=district_admin, purpose="incident", note="工单 12")
        self.look_up = LookUp.objects.get()

    def row(self, name: str) -> Any:
        return getattr(self, ROWS[name])


ROWS = {
    "device": "device",
    "guardname": "guard_name",
    "shift": "shift",
    "pass": "kept",
    "amendment": "conflict",
    "quarantined": "quarantined",
    "incident": "incident",
    "conductcase": "case",
    "refusal": "refusal",
    "lookup": "look_up",
}


@pytest.fixture
def world(clerk: User, district_admin: User) -> World:
    return World(clerk, district_admin)


@pytest.fixture
def manager(guard: User, world: World) -> User:
    """Return the property manager of the compound."""
    return keeps(guard, world.place.listing)


@pytest.fixture
def other_manager(groups: Any, regions: Any) -> User:
    """Return the property manager of another compound."""
    person = make_staff(
        "13800000018", "别家物业", group=groups["物业"], kind="property", office="别家物业", area_code=""
    )
    return keeps(person, make_compound(name="别家小区"))


@pytest.fixture
def other_district(groups: Any, regions: Any) -> User:
    return make_staff(
        "13800000028",
        "上城",
        group=groups["区级工作人员"],
        kind="district",
        office="上城区",
        area_code="330102",
    )


def signed_in(user: User) -> Client:
    client = Client()
    client.force_login(user)
    return client


def address(name: str, page: str = "changelist", *args: Any) -> str:
    return reverse(f"admin:codes_{name}_{page}", args=args)


GATES = ("device", "guardname", "shift", "pass", "amendment", "quarantined", "incident")
STREET = (*GATES, "conductcase", "refusal")
ALL = (*STREET, "lookup")
PEOPLE = {
    "manager": GATES,
    "other_manager": (),
    "operator": (),
    "clerk": STREET,
    "other_clerk": (),
    "district_admin": ALL,
    "other_district": (),
    "city_admin": ALL,
}


@pytest.mark.parametrize("who", PEOPLE)
@pytest.mark.parametrize("name", ROWS)
def test_everybody_opens_what_is_theirs_and_nothing_else(
    who: str, name: str, world: World, request: pytest.FixtureRequest
) -> None:
    client = signed_in(request.getfixturevalue(who))
    row = world.row(name)
    page = client.get(address(name, "change", row.pk))
    assert (page.status_code == 200) == (name in PEOPLE[who]), page.status_code
    listed = client.get(address(name))
    found = listed.context["cl"].result_list if listed.status_code == 200 else []
    assert (row.pk in [one.pk for one in found]) == (name in PEOPLE[who])


DEEDS = [
    ("device", "invite", {}, {"manager", "clerk", "district_admin", "city_admin"}),
    ("device", "revoke", {}, {"manager", "clerk", "district_admin", "city_admin"}),
    ("pass", "report", {"kind": "damage"}, {"manager", "clerk", "district_admin", "city_admin"}),
    ("pass", "look_up", {"purpose": "audit", "note": "抽查"}, {"district_admin", "city_admin"}),
    ("amendment", "stand", {"note": "时钟"}, {"clerk", "district_admin", "city_admin"}),
    ("amendment", "annul", {"note": "时钟"}, {"clerk", "district_admin", "city_admin"}),
    ("quarantined", "dismiss", {"note": "已看"}, {"clerk", "district_admin", "city_admin"}),
    ("incident", "write", {"text": "请慢一点"}, {"manager", "clerk", "district_admin", "city_admin"}),
    ("conductcase", "uphold", {"decision": "属实"}, {"clerk", "district_admin", "city_admin"}),
    ("conductcase", "drop", {"decision": "不属实"}, {"clerk", "district_admin", "city_admin"}),
    ("refusal", "answer", {"text": "已处理"}, {"clerk", "district_admin", "city_admin"}),
    ("refusal", "close", {"text": "已处理"}, {"clerk", "district_admin", "city_admin"}),
]


def stored() -> list[Any]:
    """Return all that a deed could change."""
    models = (Device, Amendment, Quarantined, Incident, IncidentMessage, ConductCase, Refusal, LookUp)
    return [list(model.objects.order_by("pk").values()) for model in models]


@pytest.mark.parametrize("who", PEOPLE)
@pytest.mark.parametrize(
    ("name", "deed", "asked", "allowed"), DEEDS, ids=[f"{row[0]} {row[1]}" for row in DEEDS]
)
def test_everybody_does_what_is_theirs_and_nothing_else(
    who: str,
    name: str,
    deed: str,
    asked: dict[str, Any],
    allowed: set[str],
    world: World,
    request: pytest.FixtureRequest,
) -> None:
    client = signed_in(request.getfixturevalue(who))
    client.raise_request_exception = False
    row = world.row(name)
    offered = client.get(address(name, "change", row.pk))
    posted = {f"{deed}-{field}": value for field, value in asked.items()}
    before = stored()
    answer = client.post(address(name, deed, row.pk), posted)
    assert answer.status_code < 500
    assert (stored() != before) == (who in allowed), answer.content.decode()[-3000:]
    is_offered = offered.status_code == 200 and address(name, deed, row.pk) in offered.content.decode()
    assert is_offered == (who in allowed), "what cannot be pressed is not offered"
    assert client.get(address(name, deed, row.pk)).status_code in {403, 405}


def test_no_name_and_no_pid_is_on_any_page_but_the_look_up(
    world: World, city_admin: User, clerk: User, manager: User
) -> None:
    for person in (city_admin, clerk, manager):
        client = signed_in(person)
        for name in ROWS:
            for url in (address(name), address(name, "change", world.row(name).pk)):
                body = client.get(url).content.decode()
                assert "李小明" not in body, url
                assert "李*明" not in body, url
                assert "13900000001" not in body, url
                assert world.credential.pid not in body, url


def test_a_look_up_is_shown_once_and_told(world: World, district_admin: User) -> None:
    client = signed_in(district_admin)
    url = address("pass", "look_up", world.kept.pk)
    page = client.post(url, {"look_up-purpose": "police", "look_up-note": "调取函 8 号"})
    assert page.status_code == 200
    assert "李小明" in page.content.decode()
    assert "13900000001" in page.content.decode()
    assert "no-store" in page["Cache-Control"]
    assert LookUp.objects.count() == 2
    assert "李小明" not in client.get(address("pass", "change", world.kept.pk)).content.decode()
    refused_page = client.post(url, {"look_up-purpose": "police", "look_up-note": ""})
    assert "李小明" not in refused_page.content.decode()
    assert LookUp.objects.count() == 2


def test_passes_are_given_as_a_file_without_names_and_formulas(
    world: World, manager: User, other_manager: User
) -> None:
    make_pass(world.place, world.credential, world.now, method="override", forced_why="=HYPERLINK(1)")
    answer = signed_in(manager).get(address("pass", "file"))
    rows = list(csv.reader(io.StringIO(answer.content.decode("utf-8-sig"))))
    assert len(rows) == 1 + 3
    assert "'=HYPERLINK(1)" in rows[1] + rows[2] + rows[3]
    assert world.credential.pid not in answer.content.decode()
    narrowed = signed_in(manager).get(address("pass", "file") + "?method__exact=override")
    assert len(narrowed.content.decode().splitlines()) == 2
    assert len(signed_in(other_manager).get(address("pass", "file")).content.decode().splitlines()) == 1


def test_a_phone_is_added_with_a_link_that_is_shown_once(world: World, manager: User) -> None:
    client = signed_in(manager)
    assert client.get(address("device", "add")).status_code == 200
    page = client.post(address("device", "add"), {"listing": world.place.listing_id, "name": "南门 2 号"})
    text = page.content.decode()
    device = Device.objects.get(name="南门 2 号")
    assert "/guard/enrol/" in text
    assert "<svg" in text
    assert "no-store" in page["Cache-Control"]
    secret = text.split("/guard/enrol/")[1].split("/")[0]
    assert secret not in client.get(address("device", "change", device.pk)).content.decode()
    assert device.kind == Device.Kind.PHONE


@pytest.mark.parametrize("name", ["device", "incident"])
def test_nobody_adds_anything_to_the_compound_of_another(
    name: str, world: World, other_manager: User
) -> None:
    posted = {"listing": world.place.listing_id, "name": "南门 2 号", "kind": "damage"}
    before = stored()
    answer = signed_in(other_manager).post(address(name, "add"), posted)
    assert answer.status_code == 200, "the form is shown again"
    assert stored() == before


def test_a_turnstile_comes_with_a_key(world: World, city_admin: User) -> None:
    client = signed_in(city_admin)
    key, _text = ApiKey.issue(
        organisation=city_admin.acting_post.organisation, name="闸机", scopes=["passes:write"]
    )
    posted = {"listing": world.place.listing_id, "name": "闸机", "kind": "turnstile", "api_key": key.pk}
    assert "闸机必须填写此项" in client.post(address("device", "add"), posted).content.decode()
    page = client.post(address("device", "add"), {**posted, "checkpoint": world.place.pk})
    assert "/guard/enrol/" not in page.content.decode()
    assert Device.objects.get(name="闸机").api_key == key


def test_what_was_typed_stays_when_it_is_refused(world: World, clerk: User) -> None:
    page = signed_in(clerk).post(
        address("incident", "write", world.incident.pk), {"write-text": "请打 13800000001"}
    )
    assert page.status_code == 200
    assert "请打 13800000001" in page.content.decode()
    assert "请不要写电话号码" in page.content.decode()


def test_the_first_page_says_what_is_due(
    world: World, clerk: User, manager: User, other_manager: User
) -> None:
    Device.objects.update(seen_at=world.now - 2 * DAY)

    def due(user: User) -> dict[str, int]:
        return {one.label: one.count for one in signed_in(user).get(reverse("admin:index")).context["work"]}

    found = due(clerk)
    assert found["拒入反映待答复"] == 1
    assert found["门岗情况待处理"] == 1
    assert found["行为处理待决定"] == 1
    assert found["冲突的通行记录"] == 1
    assert found["隔离的通行记录"] == 1
    assert found["一天未联网的设备"] == 1
    kept = due(manager)
    assert (kept["门岗情况待处理"], kept["一天未联网的设备"]) == (1, 1)
    assert "拒入反映待答复" not in kept
    assert due(other_manager)["门岗情况待处理"] == 0


def costs(ask: Callable[[], Any], more: Callable[[], Any]) -> tuple[int, int]:
    """Return the queries of a request before and after there is more of everything."""
    ask()
    with CaptureQueriesContext(connection) as few:
        ask()
    more()
    with CaptureQueriesContext(connection) as many:
        ask()
    return len(few), len(many)


@pytest.mark.parametrize("name", ROWS)
def test_a_list_costs_the_same_beside_many_rows(name: str, world: World, city_admin: User) -> None:
    client = signed_in(city_admin)

    def more() -> None:
        for number in range(5):
            at = world.now - number * HOUR
            kept = make_pass(world.place, world.credential, at)
            amend(kept, Amendment.Kind.CONFLICT, at, verdict="conflict")
            told = make_incident(kept, city_admin)
            make_case(world.holder, told, grade="reminder", ends_at=at + 30 * DAY)
            refused(world.holder, world.place, at)
            device, _secret = make_device(world.place, world.now)
            GuardName.objects.create(listing_id=world.place.listing_id, name=f"保安{number}")
            Quarantined.objects.create(
                device=device,
                listing_id=world.place.listing_id,
                pass_id=str(number),
                row_digest="2" * 64,
                row={},
                reason="bad_id",
                received_at=at,
                retention_until=at + DAY,
            )
            Shift.objects.create(
                device=device,
                listing_id=world.place.listing_id,
                checkpoint=world.place,
                guard_label="保安",
                digest=f"{number:064d}",
                started_at=at,
                ends_at=at + HOUR,
            )
            looking_up.look_up(kept=kept, by=city_admin, purpose="audit", note="抽查", now=at)

    few, many = costs(lambda: client.get(address(name)), more)
    assert few == many


def test_the_first_page_costs_the_same_beside_many_rows(world: World, city_admin: User) -> None:
    client = signed_in(city_admin)

    def more() -> None:
        for number in range(5):
            kept = make_pass(world.place, world.credential, world.now - number * HOUR)
            make_incident(kept, city_admin)
            refused(world.holder, world.place, world.now - number * HOUR)

    few, many = costs(lambda: client.get(reverse("admin:index")), more)
    assert few == many


def test_what_a_courier_wrote_is_read_when_staff_open_it(world: World, manager: User) -> None:
    incidents.answer(incident=world.incident, holder=world.holder, text="当时下雨")
    page = signed_in(manager).get(address("incident", "change", world.incident.pk)).content.decode()
    assert "当时下雨" in page
    assert IncidentMessage.objects.get().read_at is not None


def test_a_property_keeps_the_terms_of_its_own_compound_only(
    world: World, manager: User, other_manager: User
) -> None:
    url = address("compound", "change", world.place.listing_id)
    assert signed_in(manager).get(url).status_code == 200
    assert signed_in(other_manager).get(url).status_code != 200


def test_the_sidebar_groups_codes_and_gates(world: World, manager: User) -> None:
    page = signed_in(manager).get(reverse("admin:index"))
    assert "门岗与小哥码" in page.content.decode()
    assert address("pass") in page.content.decode()
    assert address("refusal") not in page.content.decode()
