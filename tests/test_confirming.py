"""Saying that facts are still true, one or many, and taking it back within minutes."""

import datetime as dt
from typing import Any

import pytest
import time_machine
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from canteens.models import Canteen
from portal.accounts.models import User
from portal.listings import confirming
from portal.listings.models import Confirmation, Retraction, Stewardship
from tests.factories import make_canteen, make_listing
from tests.upkeep_queue import at_once, keeps, page, said, send, settled, shown

MINUTE = dt.timedelta(minutes=1)
pytestmark = pytest.mark.django_db


def tap(user: User) -> str:
    """Return how the page names what the person confirmed last."""
    return page(user).context["taps"][0].key


def test_a_tap_is_taken_back_and_the_public_sees_the_confirmation_before(clerk: User) -> None:
    canteen = settled(make_canteen())
    before = said(canteen, "price")
    with time_machine.travel(timezone.now() + dt.timedelta(days=9), tick=False):
        send(clerk, only=f"{canteen.pk}:price")
        assert said(canteen, "price") != before
        answer = send(clerk, undo=tap(clerk))
        assert "已撤销 1 项核实。" in answer.content.decode()
        assert said(canteen, "price") == before
        assert shown(answer) == [("康桥食堂", "price")]
        assert answer.context["taps"] == []
        send(clerk, only=f"{canteen.pk}:price")
        assert said(canteen, "price") != before
    assert Retraction.objects.get().actor_id == clerk.pk
    assert Confirmation.objects.filter(fact_group="price").count() == 3


def test_what_was_confirmed_together_is_taken_back_together(clerk: User) -> None:
    rows = [make_canteen(name=f"食堂{number}") for number in range(3)]
    send(clerk, many="1", whole="1", shown=[f"{row.pk}:{group}" for row in rows for group in row.fact_groups])
    assert page(clerk).context["taps"][0].count == 9
    send(clerk, undo=tap(clerk))
    assert Retraction.objects.count() == 9
    assert not Confirmation.objects.standing().exists()


def test_after_ten_minutes_nothing_is_taken_back(clerk: User) -> None:
    canteen = make_canteen()
    send(clerk, only=f"{canteen.pk}:price")
    key = tap(clerk)
    with time_machine.travel(timezone.now() + 10 * MINUTE, tick=False):
        answer = send(clerk, undo=key)
        assert "已超过可撤销的时间" in answer.content.decode()
        assert answer.context["taps"] == []
    assert not Retraction.objects.exists()


def test_a_second_undo_takes_back_nothing_more(clerk: User) -> None:
    canteen = make_canteen()
    send(clerk, only=f"{canteen.pk}:price")
    key = tap(clerk)
    send(clerk, undo=key)
    assert "已有人撤销" in send(clerk, undo=key).content.decode()
    assert Retraction.objects.count() == 1


@pytest.mark.parametrize(
    ("who", "may"),
    [
        ("clerk", True),
        ("district_admin", True),
        ("community_clerk", False),
        ("other_clerk", False),
        ("operator", False),
    ],
)
def test_who_takes_back_what_a_clerk_confirmed(request: Any, clerk: User, who: str, may: bool) -> None:
    person = request.getfixturevalue(who)
    canteen = make_canteen()
    send(clerk, only=f"{canteen.pk}:price")
    send(person, undo=tap(clerk))
    assert Retraction.objects.exists() is may


def test_who_confirmed_takes_it_back_although_the_post_has_ended(clerk: User, operator: User) -> None:
    kept = keeps(operator, make_canteen())
    send(operator, only=f"{kept.pk}:price")
    Stewardship.objects.all().delete()
    assert confirming.take_back(confirmations=Confirmation.objects.all(), actor=operator) == 1


@pytest.mark.parametrize(
    "key", ["", "|", "x|y", "1|", "9999999999999999999999|2026-01-01T00:00:00+00:00", "|9999"]
)
def test_an_undo_of_nothing_says_so(clerk: User, key: str) -> None:
    make_canteen()
    assert "已超过可撤销的时间" in send(clerk, undo=key).content.decode()


def test_confirming_many_costs_few_transactions_and_one_counter_each(clerk: User, monkeypatch: Any) -> None:
    rows = [settled(make_canteen(name=f"食堂{number}"), "price") for number in range(6)]
    monkeypatch.setattr(confirming, "CHUNK", 3)
    with CaptureQueriesContext(connection) as queries:
        assert confirming.confirm_many(facts=[(row.pk, "price") for row in rows], actor=clerk) == 6
    counters = [query for query in queries if "listings_changecounter" in query["sql"]]
    inserts = [query for query in queries if query["sql"].startswith('INSERT INTO "listings_confirmation"')]
    assert (len(counters), len(inserts)) == (2, 2)
    assert confirming.confirm_many(facts=[(row.pk, "price") for row in rows], actor=clerk) == 0


@pytest.mark.django_db(transaction=True)
def test_two_taps_at_once_are_one_confirmation(clerk: User) -> None:
    canteen = make_listing(Canteen)
    facts = [(canteen.pk, "price")]
    found = at_once(2, lambda: confirming.confirm_many(facts=facts, actor=clerk))
    assert sorted(found) == [0, 1]
    assert Confirmation.objects.count() == 1


@pytest.mark.django_db(transaction=True)
def test_two_undoes_at_once_take_back_once(clerk: User) -> None:
    canteen = make_listing(Canteen)
    confirming.confirm(listing=canteen, fact_groups=["price", "hours"], actor=clerk)
    rows = list(Confirmation.objects.all())
    found = at_once(2, lambda: confirming.take_back(confirmations=rows, actor=clerk))
    assert sorted(found) == [0, 2]
    assert Retraction.objects.count() == 2
    assert said(canteen, "price") is None
