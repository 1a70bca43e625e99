"""Messages that leave, in the administration: who sees them, what is shown, and sending again."""

import re
from typing import Any

import pytest
import time_machine
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from portal.accounts.models import User
from portal.notices.models import Delivery
from portal.notices.sending import send_due, text_to_number
from portal.notices.telling import tell
from tests import sent_texts
from tests.notice_kinds import at, told

pytestmark = pytest.mark.django_db
__all__ = ["told"]
LIST = "/admin/notices/delivery/"


def queued(user: User, number: int = 1) -> Delivery:
    with time_machine.travel(at(10), tick=False):
        notice = tell(user=user, kind="test_now", key=str(number), params={"place": "康桥食堂"})
        assert notice is not None
        return Delivery.objects.get(notice=notice)


def signed_in(user: User) -> Client:
    client = Client()
    client.force_login(user)
    return client


@pytest.mark.parametrize(
    ("persona", "status"),
    [
        ("city_admin", 200),
        ("clerk", 403),
        ("district_admin", 403),
        ("operator", 403),
        ("guard", 403),
        ("courier", 302),
    ],
)
def test_only_who_may_sees_what_leaves(
    request: pytest.FixtureRequest, told: Any, clerk: User, persona: str, status: int
) -> None:
    client, row = signed_in(request.getfixturevalue(persona)), queued(clerk)
    for url in (LIST, f"{LIST}{row.pk}/change/"):
        assert client.get(url).status_code == status, url
    assert client.post(f"{LIST}add/").status_code in {403, 302}
    assert client.post(f"{LIST}{row.pk}/delete/").status_code in {403, 302}
    assert Delivery.objects.count() == 1


def test_numbers_are_shown_in_part_and_texts_not_at_all(
    told: Any, city_admin: User, courier: User, work: Any
) -> None:
    row = queued(courier)
    with time_machine.travel(at(10), tick=False):
        letter = text_to_number(
            phone="+8613900000009", text="点开 https://portal.example/confirm/x/", key="1"
        )
    client = signed_in(city_admin)
    for url in (LIST, f"{LIST}{row.pk}/change/", f"{LIST}{letter.pk}/change/"):
        page = client.get(url).content.decode()
        for secret in ("13800000001", "13900000009", "confirm/x", "停水", letter.sealed):
            assert secret not in page, (url, secret)
        assert not re.search(r"\b(?i:sms|waiting)\b", re.sub(r"<[^>]*>|<script.*?</script>", "", page)), url
    page = client.get(LIST).content.decode()
    assert "138****0001" in page
    assert "139****0009" in page


def test_failed_ones_stand_first_and_are_sent_again(
    told: Any, city_admin: User, courier: User, clerk: User, work: Any
) -> None:
    failed = queued(courier)
    Delivery.objects.filter(pk=failed.pk).update(state="failed", tries=5, failure="status 503")
    waiting = queued(clerk)
    client = signed_in(city_admin)
    found = client.get(LIST).context["cl"].result_list
    assert [row.pk for row in found] == [failed.pk, waiting.pk]
    data = {"action": "again", "_selected_action": [failed.pk, waiting.pk]}
    with time_machine.travel(at(10), tick=False):
        page = client.post(LIST, data, follow=True).content.decode()
        assert "正在重新发送 1 条消息" in page
        work()
    assert [text for _number, text in told].count(
        "「康桥食堂」明天停水 https://portal.example/me/notices/"
    ) == 2
    assert "没有可重发的消息" in client.post(LIST, data, follow=True).content.decode()


def test_a_clerk_sends_nothing_again(told: Any, clerk: User, courier: User) -> None:
    failed = queued(courier)
    Delivery.objects.update(state="failed")
    signed_in(clerk).post(LIST, {"action": "again", "_selected_action": [failed.pk]})
    assert Delivery.objects.get().state == "failed"


def test_a_list_of_many_costs_the_same(told: Any, city_admin: User, courier: User) -> None:
    client, costs = signed_in(city_admin), []
    queued(courier, 0)
    client.get(LIST)
    for _round in range(2):
        with CaptureQueriesContext(connection) as queries:
            assert client.get(LIST).status_code == 200
        costs.append(len(queries))
        for number in range(1, 30):
            if _round == 0:
                queued(courier, number)
    assert costs[0] == costs[1]


@pytest.mark.parametrize("language", ["zh-hans", "en"])
def test_the_bell_of_the_administration_counts(told: Any, clerk: User, language: str) -> None:
    client = signed_in(clerk)
    url = reverse("admin:index")
    assert "nx-bell-count" not in client.get(url).content.decode()
    for number in range(120):
        tell(user=clerk, kind="test_here", key=str(number), params={"place": "食堂"})
    page = client.get(f"{url}?lang={language}").content.decode()
    assert "99+" in page
    assert sent_texts.SENT == []
    assert send_due() == 0
