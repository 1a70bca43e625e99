"""Planned moves with two clocks, and with somebody who changes the listing at the same moment."""

import datetime as dt
from typing import Any

import pytest
from django.utils import timezone

from portal.accounts.models import User
from portal.listings import clock, planning, revising
from portal.listings.models import ChangeCounter, Listing, PlannedMove, Revision
from portal.listings.planning import Wish
from tests.factories import make_canteen
from tests.test_concurrency import at_once

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("regions")]
HOUR = dt.timedelta(hours=1)


@pytest.fixture(autouse=True)
def _counter() -> None:
    ChangeCounter.objects.get_or_create(id=1)


def plan_three(clerk: User) -> tuple[list[Listing], dt.datetime]:
    """Return three canteens that pause at the same moment, and that moment."""
    at = timezone.now() + HOUR
    canteens = [make_canteen(name=f"食堂{number}") for number in range(3)]
    for canteen in canteens:
        planning.plan(listing=canteen, wish=Wish("paused", at, "停电", until=at + 5 * HOUR), actor=clerk)
    return canteens, at


def test_two_clocks_at_once_do_it_once(clerk: User) -> None:
    canteens, at = plan_three(clerk)
    handled: list[int] = []
    assert at_once([lambda: handled.append(clock.tick(at))] * 2) == []
    assert sum(handled) == 3
    for canteen in canteens:
        made = Revision.objects.filter(listing_id=canteen.pk, channel="clock")
        assert made.count() == 1
    assert not PlannedMove.objects.waiting().exists()


def test_a_clock_beside_somebody_who_edits_and_one_who_calls_off_loses_nothing(clerk: User) -> None:
    canteens, at = plan_three(clerk)
    plans = list(PlannedMove.objects.order_by("pk"))

    def edit() -> None:
        revising.edit(listing=canteens[0], changes={"notice": "备注"}, actor=clerk, channel="office")

    called_off: list[int] = []
    works: list[Any] = [
        lambda: clock.tick(at),
        edit,
        lambda: called_off.append(planning.call_off(plans=[plans[1]], actor=clerk)),
    ]
    assert at_once(works) == []
    rows = {row.pk: row for row in Listing.objects.all()}
    assert (rows[canteens[0].pk].state, rows[canteens[0].pk].notice) == ("paused", "备注")
    assert (rows[canteens[1].pk].state == "published") is bool(called_off[0])
    assert rows[canteens[2].pk].state == "paused"
    numbers = [row.change_number for row in rows.values()]
    assert len(set(numbers)) == 3
