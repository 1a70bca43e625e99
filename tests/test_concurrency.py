"""Several people and processes at once: nothing lost, nothing doubled, numbers in order."""

import threading
from collections.abc import Callable
from typing import Any

import pytest
from django.db import connections, transaction

from canteens.models import Canteen
from portal.listings import revising, states
from portal.listings.models import ChangeCounter, Listing, Revision

pytestmark = pytest.mark.django_db(transaction=True)


def at_once(works: list[Callable[[], Any]]) -> list[BaseException]:
    """Run functions in threads of their own; return what they raised."""
    raised: list[BaseException] = []
    barrier = threading.Barrier(len(works))

    def run(work: Callable[[], Any]) -> None:
        try:
            barrier.wait(10)
            work()
        except BaseException as error:
            raised.append(error)
        finally:
            connections.close_all()

    threads = [threading.Thread(target=run, args=[work]) for work in works]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    return raised


def published_canteens(regions: dict[str, Any], count: int) -> list[Canteen]:
    """Return published canteens in 康桥街道."""
    ChangeCounter.objects.get_or_create(id=1)
    found = []
    for number in range(count):
        changes = {"name": f"食堂{number}", "street": "330105010", "lat": 30.33, "lng": 120.16}
        canteen = revising.create(model=Canteen, changes=changes, actor=None, channel="import")
        states.move(listing=canteen, to="published", actor=None)
        found.append(canteen)
    return found


def test_eight_writers_lose_nothing_and_meet_no_lock_error(regions: dict[str, Any]) -> None:
    canteens = published_canteens(regions, 8)

    def rename(canteen: Canteen) -> None:
        for number in range(10):
            revising.edit(listing=canteen, changes={"notice": f"第{number}次"}, actor=None, channel="office")

    assert at_once([lambda canteen=canteen: rename(canteen) for canteen in canteens]) == []
    numbers = list(Listing.objects.values_list("change_number", flat=True))
    assert len(set(numbers)) == 8
    assert Revision.objects.count() == 8 * 12
    assert ChangeCounter.objects.get().value == 8 * 11
    assert set(Listing.objects.values_list("notice", flat=True)) == {"第9次"}


def test_of_two_edits_on_the_same_version_one_wins_and_the_other_sees_both(regions: dict[str, Any]) -> None:
    canteen = published_canteens(regions, 1)[0]
    base = Listing.objects.get(pk=canteen.pk).revision_number
    works = [
        lambda phone=phone: revising.edit(
            listing=canteen, changes={"phone": phone}, actor=None, channel="office", base_number=base
        )
        for phone in ("0571-1", "0571-2")
    ]
    raised = at_once(works)
    assert [type(error) for error in raised] == [revising.Conflict]
    conflict = raised[0]
    assert isinstance(conflict, revising.Conflict)
    kept = Listing.objects.get(pk=canteen.pk).phone
    assert conflict.theirs["phone"]["after"] == kept
    assert conflict.theirs["phone"]["before"] == ""


def test_change_numbers_commit_in_order(regions: dict[str, Any]) -> None:
    """A reader who saw number n never later finds a smaller one: the counter is held until commit."""
    first, second = published_canteens(regions, 2)
    seen: list[int] = []
    holding, released = threading.Event(), threading.Event()

    def slow() -> None:
        with transaction.atomic():
            revising.edit(listing=first, changes={"notice": "慢"}, actor=None, channel="office")
            holding.set()
            released.wait(5)
        seen.append(1)

    def quick() -> None:
        holding.wait(5)
        threading.Timer(0.5, released.set).start()
        revising.edit(listing=second, changes={"notice": "快"}, actor=None, channel="office")
        seen.append(2)

    assert at_once([slow, quick]) == []
    assert seen == [1, 2]
    first.refresh_from_db()
    second.refresh_from_db()
    assert first.change_number < second.change_number
