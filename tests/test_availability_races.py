"""Reports at once: the newest stands, nothing is doubled, and nobody reports for what left his hands meanwhile."""

import datetime as dt
import random
import threading
from collections.abc import Iterator
from typing import Any

import pytest
from django.db import connections, transaction
from django.utils import timezone

from portal.listings import revising
from portal.listings.models import Availability, ChangeCounter, Listing, Revision
from portal.listings.reporting import Named, Outcome, Report, take
from tests.availability import make_key, make_source, said
from tests.factories import make_apartment, make_canteen, room
from tests.test_concurrency import at_once

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("regions")]
NOW = timezone.now
STEPS = 12


@pytest.fixture
def key() -> Any:
    ChangeCounter.objects.get_or_create(id=1)
    found = make_key()
    make_source(found)
    return found.key


def report(listing: Any, item: str, count: int, as_of: dt.datetime) -> Report:
    return Report(Named(listing.public_id), as_of, as_of + dt.timedelta(hours=1), {item: count})


def ours(number: int = 1) -> dict[str, Any]:
    return {"source": "canteens", "external_id": f"{number}"}


@pytest.mark.parametrize("seed", range(3))
def test_of_many_reports_at_once_the_newest_stands_whatever_the_order(key: Any, seed: int) -> None:
    canteen, start = make_canteen(extra=ours()), NOW() - dt.timedelta(minutes=30)
    shuffled = random.Random(seed).sample(range(STEPS), STEPS)
    outcomes: list[Outcome] = []

    def tell(numbers: list[int]) -> None:
        for number in numbers:
            one = report(canteen, "一荤两素", number, start + dt.timedelta(seconds=number))
            outcomes.extend(take(key=key, reports=[one], now=NOW()))

    assert at_once([lambda part=part: tell(shuffled[part::4]) for part in range(4)]) == []
    (stored,) = Availability.objects.all()
    assert (stored.count, stored.as_of) == (STEPS - 1, start + dt.timedelta(seconds=STEPS - 1))
    assert {outcome.name for outcome in outcomes} <= {"accepted", "older"}
    assert len(outcomes) == STEPS


@pytest.mark.parametrize("seed", range(2))
def test_the_facts_end_with_the_newest_report_and_each_change_has_its_version(key: Any, seed: int) -> None:
    apartment, start = make_apartment(extra=ours()), NOW() + dt.timedelta(seconds=2)
    shuffled = random.Random(seed).sample(range(STEPS), STEPS)

    def tell(numbers: list[int]) -> None:
        for number in numbers:
            one = report(apartment, "双人间", number, start + dt.timedelta(seconds=number))
            take(key=key, reports=[one], now=NOW())

    assert at_once([lambda part=part: tell(shuffled[part::3]) for part in range(3)]) == []
    (stored,) = Availability.objects.all()
    (fact,) = apartment.room_types.all()
    assert (stored.count, fact.free_count) == (STEPS - 1, STEPS - 1)
    numbers = list(Revision.objects.filter(listing=apartment).values_list("number", flat=True))
    assert sorted(numbers) == list(range(1, len(numbers) + 1))
    assert Listing.objects.get(pk=apartment.pk).revision_number == len(numbers)


def test_staff_and_a_system_at_once_end_with_the_later_moment(key: Any) -> None:
    for round_, staff_is_later in enumerate((True, False)):
        apartment = make_apartment(extra=ours(round_), name=f"公寓{round_}")
        system_at = NOW() + dt.timedelta(seconds=5)
        staff_at = system_at + dt.timedelta(seconds=3 if staff_is_later else -3)
        told = report(apartment, "双人间", 3, system_at)
        rooms = {"room_types": [room(free_count=9, free_as_of=staff_at.astimezone(dt.UTC).isoformat())]}

        def edit(apartment: Any = apartment, rooms: Any = rooms) -> None:
            revising.edit(listing=apartment, changes={"rooms": rooms}, actor=None, channel="office")

        def tell(told: Report = told) -> None:
            take(key=key, reports=[told], now=NOW())

        assert at_once([edit, tell]) == []
        assert said(apartment, "双人间")["count"] == (9 if staff_is_later else 3)


def test_batches_in_opposite_orders_do_not_wait_for_each_other_for_ever(key: Any) -> None:
    places = [make_apartment(extra=ours(number), name=f"公寓{number}") for number in range(6)]
    start = NOW() + dt.timedelta(seconds=1)

    def tell(order: list[Any], seconds: int) -> None:
        for count in range(4):
            at = start + dt.timedelta(seconds=seconds + 2 * count)
            take(key=key, reports=[report(one, "双人间", count, at) for one in order], now=NOW())

    assert at_once([lambda: tell(places, 0), lambda: tell(places[::-1], 1)]) == []
    assert set(Availability.objects.values_list("count", flat=True)) == {3}
    assert Availability.objects.count() == len(places)


@pytest.fixture
def held() -> Iterator[Any]:
    """Return a function that changes a listing in a transaction, lets others begin, and commits then."""
    threads: list[threading.Thread] = []

    def hold(listing: Any, **changes: Any) -> tuple[threading.Event, threading.Event]:
        locked, released = threading.Event(), threading.Event()

        def work() -> None:
            with transaction.atomic():
                Listing.objects.select_for_update().get(pk=listing.pk)
                Listing.objects.filter(pk=listing.pk).update(**changes)
                locked.set()
                released.wait(10)
            connections.close_all()

        threads.append(threading.Thread(target=work))
        threads[-1].start()
        return locked, released

    yield hold
    for thread in threads:
        thread.join(20)


def test_a_place_that_changes_hands_while_a_report_waits_is_not_touched(key: Any, held: Any) -> None:
    canteen = make_canteen(extra=ours())
    locked, released = held(canteen, source="theirs", external_id="9")
    assert locked.wait(10)
    outcomes: list[Outcome] = []

    def tell() -> None:
        outcomes.extend(take(key=key, reports=[report(canteen, "一荤两素", 1, NOW())], now=NOW()))
        connections.close_all()

    waiting = threading.Thread(target=tell)
    waiting.start()
    waiting.join(0.5)
    assert outcomes == []
    released.set()
    waiting.join(20)
    assert [outcome.code for outcome in outcomes] == ["not_found"]
    assert not Availability.objects.exists()


def test_a_report_that_fails_half_way_leaves_nothing(key: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    apartment = make_apartment(extra=ours())

    def fail(**kwargs: Any) -> None:
        raise RuntimeError

    monkeypatch.setattr("portal.listings.following.edit_many", fail)
    with pytest.raises(RuntimeError):
        take(key=key, reports=[report(apartment, "双人间", 1, NOW())], now=NOW())
    assert not Availability.objects.exists()
    assert list(apartment.room_types.values_list("free_count", flat=True)) == [6]
