"""How long events and origins are kept, and what people read of their own sign-ins."""

import datetime as dt
from typing import Any

import pytest
from django.db import connection, transaction
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from portal.accounts.models import User
from portal.accounts.own_sign_ins import place_of, program_of
from portal.accounts.sign_ins import tell
from portal.audit import forgetting
from portal.audit.models import EVENTS_KEPT, ORIGINS_KEPT, PRIVATE_KEPT, Action, Event, Origin
from portal.audit.recording import record
from tests.test_accounts_sign_in import CONFIRM, ask_for_code, inbox

pytestmark = pytest.mark.django_db
__all__ = ["inbox"]
MINE = "/accounts/sign-ins/"


def over(model: Any, **fields: Any) -> Any:
    return model.objects.create(kept_until=timezone.now() - dt.timedelta(hours=1), **fields)


def test_only_what_is_over_is_forgotten(monkeypatch: Any) -> None:
    monkeypatch.setattr(forgetting, "BATCH", 2)
    for number in range(5):
        over(Event, action=Action.ADDED)
        over(Origin, request_id=f"old-{number}")
    record(Action.ADDED, by=None)
    Origin.objects.create(request_id="new")
    assert forgetting.forget_what_is_over() == 10
    assert (Event.objects.count(), Origin.objects.get().request_id) == (1, "new")
    assert forgetting.forget_what_is_over() == 0


def test_events_stay_three_years_origins_one_and_private_ones_half_a_year(clerk: User) -> None:
    year = dt.timedelta(days=365)
    assert (3 * year, year, dt.timedelta(days=180)) == (EVENTS_KEPT, ORIGINS_KEPT, PRIVATE_KEPT)
    event = record(Action.ADDED, by=clerk)
    assert abs(event.kept_until - timezone.now() - EVENTS_KEPT) < dt.timedelta(minutes=1)


@pytest.mark.parametrize("table", ["audit_event", "audit_origin"])
@pytest.mark.parametrize("statement", ["UPDATE {} SET made_at = made_at", "DELETE FROM {}"])
def test_the_database_refuses_to_change_or_delete_before_the_time(table: str, statement: str) -> None:
    record(Action.ADDED, by=None)
    Origin.objects.create(request_id="new")
    with pytest.raises(Exception, match="append-only"), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(statement.format(table))


def test_what_is_over_still_cannot_be_changed() -> None:
    event = over(Event, action=Action.ADDED)
    event.note = "x"
    with pytest.raises(Exception, match="append-only"), transaction.atomic():
        event.save()


def test_somebody_reads_their_own_sign_ins_and_nobody_else_s(
    client: Client,
    courier: User,
    clerk: User,
    inbox: Any,  # noqa: F811
) -> None:
    code = ask_for_code(client, "13800000001", inbox)
    client.post(
        CONFIRM,
        {"code": code},
        headers={"User-Agent": "Mozilla/5.0 (Linux; Android 14) MicroMessenger/8"},
        REMOTE_ADDR="203.0.113.7",
    )
    tell(Action.SIGNED_IN, clerk, by=clerk, after={"by": ["password"]})
    page = client.get(MINE).text
    assert all(
        word in page for word in ("登录", "短信验证码", "Android · WeChat", "203.0.*.*", "只有你自己能看到")
    )
    assert "203.0.113.7" not in page
    assert page.count("<time") == 1
    assert "账号密码" not in page
    assert Client().get(MINE).status_code == 302


def test_a_colleague_s_address_is_not_shown_to_whom_he_reset(district_admin: User, clerk: User) -> None:
    Origin.objects.create(request_id="colleague", address="203.0.113.7")
    event = tell(Action.FACTOR_RESET, clerk, by=district_admin, before={"by": ["totp"]})
    Event.objects.create(
        action=event.action,
        actor_id=event.actor_id,
        object_kind=event.object_kind,
        object_id=event.object_id,
        request_id="colleague",
    )
    client = Client()
    client.force_login(clerk)
    page = client.get(MINE).text
    assert page.count("<time") == 2
    assert "203.0" not in page


def test_many_sign_ins_cost_as_many_queries_as_one(clerk: User) -> None:
    client = Client()
    client.force_login(clerk)
    found = []
    for count in (1, 20):
        for _again in range(count):
            tell(Action.SIGNED_IN, clerk, by=clerk, after={"by": ["password"]})
        with CaptureQueriesContext(connection) as queries:
            client.get(MINE)
        found.append(len(queries))
    assert found[0] == found[1]


@pytest.mark.parametrize(
    ("address", "shown"),
    [("203.0.113.7", "203.0.*.*"), ("2001:db8:1:2::9", "2001:0db8:*"), (None, "")],
)
def test_an_address_is_told_without_its_end(address: str | None, shown: str) -> None:
    assert place_of(address) == shown


@pytest.mark.parametrize(
    ("agent", "shown"),
    [
        ("Mozilla/5.0 (Windows NT 10.0) Chrome/130 Safari/537 Edg/130", "Windows · Edge"),
        ("Mozilla/5.0 (iPhone; CPU iPhone OS 17) Safari/604", "iPhone · Safari"),
        ("curl/8", "其他程序"),
        ("", ""),
    ],
)
def test_a_program_is_named_by_system_and_browser(agent: str, shown: str) -> None:
    assert program_of(agent) == shown
