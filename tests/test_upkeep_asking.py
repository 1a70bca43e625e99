"""Asking operators: one text a day to a number, once a week by the clock, a notice where somebody has an account."""

import datetime as dt
import logging
import re
from typing import Any

import pytest
import time_machine
from django.urls import reverse

from portal.accounts.models import User
from portal.audit.models import Event
from portal.listings import confirming
from portal.listings.hours import CITY_TIME
from portal.listings.models import Listing
from portal.notices.models import Delivery, Notice
from portal.running import chores
from portal.upkeep.asking import ask, ask_weekly
from portal.upkeep.models import OperatorAsk, OperatorLink
from tests.factories import make_canteen, make_station
from tests.personas import ZHALONGKOU
from tests.upkeep_queue import OTHER, PHONE, QUEUE, at_once, keeps, page, reached, send, signed_in

MORNING = dt.datetime(2026, 11, 24, 9, 30, tzinfo=CITY_TIME)
DAY = dt.timedelta(days=1)
pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _in_the_morning() -> Any:
    with time_machine.travel(MORNING, tick=False):
        yield


def facts(*listings: Listing) -> list[tuple[int, str]]:
    return [(listing.pk, "hours") for listing in listings]


def texts(capsys: Any, work: Any) -> list[tuple[str, str]]:
    """Return (number, text) of what left."""
    work()
    return re.findall(r"SMS (\S+): (.*)", capsys.readouterr().out)


def test_one_text_covers_all_places_of_a_number(clerk: User, capsys: Any, work: Any) -> None:
    rows = [reached(make_canteen(name=f"食堂{number}")) for number in range(3)]
    other = reached(make_station(), OTHER)
    asked = ask(facts=facts(*rows, other), actor=clerk)
    assert len(asked.by_text) == 4
    found = texts(capsys, work)
    assert sorted(number for number, _text in found) == [PHONE, OTHER]
    text = dict(found)[PHONE]
    assert text.startswith("【暖新】请核对小哥看到的“食堂0”信息是否仍然属实")
    token = re.search(r"/confirm/([\w-]+)/", text)[1]  # type: ignore[index]
    assert len(token) == 43
    link = OperatorLink.objects.get(digest=OperatorLink.digest_of(token))
    assert link.asks.count() == 3
    assert link.expires_at == MORNING + 7 * DAY
    assert (link.sent_to, link.made_by_label) == ("****5678", str(clerk))


def test_neither_number_nor_token_is_kept_or_logged(clerk: User, capsys: Any, work: Any, caplog: Any) -> None:
    caplog.set_level(logging.DEBUG)
    ask(facts=facts(reached(make_canteen())), actor=clerk)
    [(_number, text)] = texts(capsys, work)
    token = re.search(r"/confirm/([\w-]+)/", text)[1]  # type: ignore[index]
    kept = [*OperatorLink.objects.values(), *OperatorAsk.objects.values(), *Event.objects.values()]
    kept += Delivery.objects.values()
    for secret in (PHONE, PHONE[3:], token):
        assert secret not in str(kept)
        assert secret not in caplog.text


def test_a_number_gets_one_text_a_day_however_many_places(clerk: User, capsys: Any, work: Any) -> None:
    first, second = reached(make_canteen(name="一")), reached(make_canteen(name="二"))
    assert ask(facts=facts(first), actor=clerk).by_text == [first.pk]
    again = ask(facts=facts(first, second), actor=clerk)
    assert (again.by_text, again.today_already) == ([], [first.pk, second.pk])
    with time_machine.travel(MORNING + DAY, tick=False):
        assert len(ask(facts=facts(first, second), actor=clerk).by_text) == 2
    assert len(texts(capsys, work)) == 1
    old, new = OperatorLink.objects.order_by("pk")
    assert old.revoked_at
    assert not new.revoked_at


def test_a_place_kept_with_an_account_is_asked_by_a_notice_instead(
    clerk: User, operator: User, capsys: Any, work: Any
) -> None:
    rows = [reached(keeps(operator, make_canteen(name=f"食堂{number}"))) for number in range(2)]
    asked = ask(facts=facts(*rows), actor=clerk)
    assert (asked.by_text, sorted(asked.by_notice)) == ([], [row.pk for row in rows])
    notice = Notice.objects.get()
    assert (notice.user, notice.kind, notice.url) == (operator, "operator_asked", reverse(QUEUE))
    assert not OperatorLink.objects.exists()
    assert all("confirm" not in text for _number, text in texts(capsys, work))
    assert ask(facts=facts(*rows), actor=clerk).today_already == [row.pk for row in rows]
    operator.posts.update(ends_on=dt.date(2026, 11, 1))
    assert len(ask(facts=facts(*rows), actor=clerk).by_text) == 2


def test_a_place_without_anybody_to_ask_is_named(clerk: User) -> None:
    canteen = make_canteen()
    assert ask(facts=facts(canteen), actor=clerk).unreached == [canteen.pk]


def test_the_clock_asks_once_a_week_about_what_is_overdue(clerk: User) -> None:
    due = reached(make_canteen(name="过期"))
    fresh = reached(make_canteen(name="新鲜"), OTHER)
    confirming.confirm(listing=fresh, fact_groups=fresh.fact_groups, actor=clerk)
    quiet = reached(make_canteen(name="不问"), "+8613911112222", is_asked_weekly=False)
    make_canteen(name="没有联系人")
    asked_on = []
    for day in range(15):
        for hour in (8, 9, 10, 11, 23):
            with time_machine.travel(MORNING.replace(hour=hour) + day * DAY, tick=False):
                if ask_weekly():
                    asked_on.append((day, hour))
                if day in (5, 12):
                    confirming.confirm(listing=fresh, fact_groups=fresh.fact_groups, actor=clerk)
    assert asked_on == [(0, 9), (7, 9), (14, 9)]
    rows = OperatorAsk.objects.filter(listing=due)
    assert [row.fact_groups for row in rows] == [["price", "hours", "contact"]] * 3
    assert not OperatorAsk.objects.filter(listing__in=[fresh, quiet]).exists()


def test_the_clock_has_the_chore(clerk: User) -> None:
    reached(make_canteen())
    assert "ask_operators" in chores.run_due()
    assert OperatorAsk.objects.count() == 1


@pytest.mark.django_db(transaction=True)
def test_two_clocks_at_once_send_one_text(clerk: User) -> None:
    for number in range(3):
        reached(make_canteen(name=f"食堂{number}"))
    found = at_once(2, lambda: ask_weekly(MORNING))
    assert sorted(found) == [0, 3], found
    assert OperatorLink.objects.count() == 1
    assert OperatorAsk.objects.count() == 3


def test_the_queue_asks_the_operators_of_what_is_chosen(clerk: User) -> None:
    mine = reached(make_canteen(name="有联系人"))
    lacking = make_canteen(name="没有")
    foreign = reached(make_canteen(name="别处", street=ZHALONGKOU), OTHER)
    keys = [f"{row.pk}:price" for row in (mine, lacking, foreign)]
    html = send(clerk, ask="1", fact=keys).content.decode()
    assert "已发短信询问：1 处" in html
    assert "有 1 处没有联系人" in html
    assert OperatorAsk.objects.get().listing_id == mine.pk
    assert "11-24 已询问经营者" in page(clerk).content.decode()


def test_an_operator_asks_nobody(operator: User) -> None:
    canteen = keeps(operator, reached(make_canteen()))
    assert (
        signed_in(operator).post(reverse(QUEUE), {"ask": "1", "fact": f"{canteen.pk}:price"}).status_code
        == 403
    )
    assert page(operator).context["may_ask"] is False
    assert not OperatorAsk.objects.exists()
