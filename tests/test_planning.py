"""Planned moves: made at their moment, read as paused however late the clock is, told when they fail."""

import datetime as dt
import json
from collections.abc import Iterator
from typing import Any

import pytest
import time_machine
from django.core.exceptions import ValidationError
from django.test import Client

from canteens.models import Canteen
from portal.accounts.models import User
from portal.audit.models import Event
from portal.listings import clock, planned_due, planning, revising, states
from portal.listings.calendars import current_calendar
from portal.listings.hours import CITY_TIME, status_at
from portal.listings.models import Listing, PlannedMove, Revision
from portal.listings.planning import Wish
from portal.notices.models import Notice
from tests.factories import make_canteen, open_row, weekly

pytestmark = pytest.mark.django_db
NOW = dt.datetime(2026, 11, 23, 9, tzinfo=CITY_TIME)
HOUR = dt.timedelta(hours=1)
DAY = dt.timedelta(days=1)
EVERY_DAY = weekly(
    *(open_row(day, "10:30", "13:30", "lunch") for day in ("mon", "tue", "wed", "thu", "fri", "sat", "sun")),
    *(open_row(day, "20:00", "02:00", "night") for day in ("mon", "tue", "wed", "thu", "fri", "sat", "sun")),
)


@pytest.fixture(autouse=True)
def _in_the_morning() -> Iterator[None]:
    with time_machine.travel(NOW, tick=False):
        yield


def again(listing: Listing) -> Any:
    """Return the listing as stored."""
    return type(listing).objects.get(pk=listing.pk)


def doc_of(listing: Listing) -> dict[str, Any]:
    """Return the stored public document."""
    return json.loads(again(listing).document)


def at(day: int, hour: int = 0, minute: int = 0, month: int = 11) -> dt.datetime:
    """Return a moment of that November in the city."""
    return dt.datetime(2026, month, day, hour, minute, tzinfo=CITY_TIME)


def pause(listing: Listing, actor: User, start: dt.datetime, until: dt.datetime | None = None) -> PlannedMove:
    """Plan a pause."""
    return planning.plan(listing=listing, wish=Wish("paused", start, "春节", until=until), actor=actor)


def is_open(listing: Listing, moment: dt.datetime) -> tuple[bool | None, bool]:
    """Return what the function and what the table say."""
    status = status_at(doc_of(listing), current_calendar(), moment)
    return status.is_open, Canteen.objects.open_at(moment).filter(pk=listing.pk).exists()


def test_a_draft_goes_public_at_its_moment(regions: Any, clerk: User) -> None:
    canteen = make_canteen(state="draft")
    plan = planning.plan(listing=canteen, wish=Wish("published", NOW + HOUR), actor=clerk)
    assert clock.tick(NOW + HOUR - dt.timedelta(seconds=1)) == 0
    assert again(canteen).state == "draft"
    assert clock.tick(NOW + HOUR) == 1
    assert (again(canteen).state, bool(again(canteen).document)) == ("published", True)
    plan.refresh_from_db()
    assert (plan.done_at, plan.failure) == (NOW, "")
    newest = Revision.objects.filter(listing_id=canteen.pk).first()
    assert (newest.channel, newest.actor_id) == ("clock", None)
    assert newest.note == f"由{clerk}（{clerk.acting_post}）预定"


def test_a_pause_begins_and_ends_at_its_moments(regions: Any, clerk: User) -> None:
    canteen = make_canteen(hours=EVERY_DAY)
    pause(canteen, clerk, at(25), at(27))
    clock.tick(at(24, 23, 59))
    assert again(canteen).state == "published"
    with time_machine.travel(at(25), tick=False):
        clock.tick()
        assert (again(canteen).state, again(canteen).pause_reason) == ("paused", "春节")
        assert again(canteen).paused_until == at(27)
        assert doc_of(canteen)["planned_pauses"] == []
    with time_machine.travel(at(27), tick=False):
        clock.tick()
        assert again(canteen).state == "published"


@pytest.mark.parametrize("tick_at", [None, at(25, 6), at(27), at(28, 12)], ids=str)
def test_function_and_table_agree_around_a_planned_pause_however_late_the_clock_is(
    regions: Any, clerk: User, tick_at: dt.datetime | None
) -> None:
    """Every quarter of an hour from the day before to the day after; two pauses, one within an opening."""
    canteen, other = make_canteen(hours=EVERY_DAY), make_canteen(name="邻街食堂", hours=EVERY_DAY)
    pause(canteen, clerk, at(25, 12), at(27))
    pause(canteen, clerk, at(28, 21), at(29, 1, 15))
    moment, open_then = at(24), {}
    while moment < at(30):
        with time_machine.travel(moment, tick=False):
            if tick_at and moment >= tick_at:
                clock.tick()
            by_function, by_table = is_open(canteen, moment)
            assert by_function is by_table, moment
            open_then[moment] = by_table
            assert is_open(other, moment) == (is_open(other, moment)[1],) * 2
        moment += dt.timedelta(minutes=15)
    paused = [
        found for found in open_then if at(25, 12) <= found < at(27) or at(28, 21) <= found < at(29, 1, 15)
    ]
    assert not any(open_then[found] for found in paused)
    assert all(
        open_then[found] for found in (at(25, 11, 45), at(27), at(27, 12), at(28, 20, 45), at(29, 1, 15))
    )


def test_outside_the_built_horizon_a_planned_pause_holds_too(regions: Any, clerk: User) -> None:
    canteen = make_canteen(hours=EVERY_DAY)
    pause(canteen, clerk, at(25, 12, month=12), at(27, month=12))
    for moment, expected in (
        (at(25, 11, 45, 12), True),
        (at(25, 12, 0, 12), False),
        (at(27, 0, 0, 12), True),
    ):
        assert is_open(canteen, moment) == (expected, expected), moment
    start = at(25, 11, 45, 12)
    assert not Canteen.objects.open_through(start, start + HOUR).exists()
    assert not Canteen.objects.open_through(at(25, 11, 45), at(25, 14)).exists()


def test_a_place_that_pauses_at_noon_says_that_it_closes_at_noon(regions: Any, clerk: User) -> None:
    canteen = make_canteen(hours=EVERY_DAY)
    pause(canteen, clerk, at(23, 12), at(25))
    status = status_at(doc_of(canteen), current_calendar(), at(23, 11))
    assert (status.is_open, status.closes_at, status.opens_next_at) == (True, at(23, 12), at(25))
    held = status_at(doc_of(canteen), current_calendar(), at(23, 12))
    assert (held.is_open, held.held, held.opens_next_at) == (False, "paused", at(25))
    assert held.pause and held.pause["reason_en"] == "Spring Festival"


def test_page_list_map_and_api_read_it_as_paused_while_the_clock_stands_still(
    client: Client, regions: Any, clerk: User
) -> None:
    canteen = make_canteen(hours=EVERY_DAY)
    pause(canteen, clerk, at(25, 11), at(26))
    ahead = client.get(canteen.get_absolute_url()).content.decode()
    assert "11月25日 11:00至11月26日 00:00暂停" in ahead
    assert "春节" in ahead
    with time_machine.travel(at(25, 12), tick=False):
        page = client.get(canteen.get_absolute_url()).content.decode()
        assert "<strong>暂停</strong> · 春节" in page
        assert not client.get("/canteens/", {"open_now": "true"}).context["cards"]
        row = client.get("/api/v1/canteens/").json()["results"][0]
        assert (row["open_now"], row["held"], row["state"]) == (False, "paused", "published")
        assert row["planned_pauses"][0]["starts_at"] == "2026-11-25T11:00:00+08:00"
        assert client.get("/api/v1/canteens/", {"open_now": "true"}).json()["count"] == 0
        card = client.get("/canteens/").content.decode()
        assert "春节" in card
    with time_machine.travel(at(26, 11), tick=False):
        assert client.get("/api/v1/canteens/", {"open_now": "true"}).json()["count"] == 1


def test_calling_off_gives_the_hours_back_and_only_once(regions: Any, clerk: User) -> None:
    canteen = make_canteen(hours=EVERY_DAY)
    timetable = again(canteen).timetable
    plan = pause(canteen, clerk, at(25), at(27))
    assert again(canteen).timetable != timetable
    assert planning.call_off(plans=[plan], actor=clerk) == 1
    assert planning.call_off(plans=[plan], actor=clerk) == 0
    assert (again(canteen).timetable, doc_of(canteen)["planned_pauses"]) == (timetable, [])
    clock.tick(at(25))
    assert again(canteen).state == "published"
    kept = Event.objects.filter(object_kind="listings.plannedmove").order_by("pk")
    assert list(kept.values_list("action", flat=True)) == ["added", "changed"]


def test_a_plan_that_no_longer_fits_fails_and_its_planner_is_told(regions: Any, clerk: User) -> None:
    canteen = make_canteen()
    plan = pause(canteen, clerk, NOW + HOUR, NOW + DAY)
    states.move(listing=canteen, to="archived", actor=clerk)
    clock.tick(NOW + HOUR)
    plan.refresh_from_db()
    assert plan.done_at
    assert "归档" in plan.failure
    told = Notice.objects.get(user=clerk, kind="plan_failed")
    assert told.params == {"name": canteen.name, "failure": plan.failure}
    clock.tick(NOW + HOUR)
    assert Notice.objects.filter(kind="plan_failed").count() == 1


def test_a_plan_for_what_is_so_already_is_simply_done(regions: Any, clerk: User) -> None:
    canteen = make_canteen(state="draft")
    plan = planning.plan(listing=canteen, wish=Wish("published", NOW + HOUR), actor=clerk)
    states.move(listing=canteen, to="published", actor=clerk)
    clock.tick(NOW + HOUR)
    plan.refresh_from_db()
    assert (plan.failure, bool(plan.done_at)) == ("", True)
    assert not Notice.objects.exists()


def test_a_pause_without_an_end_is_not_given_one_by_a_plan(regions: Any, clerk: User) -> None:
    canteen = make_canteen(hours=EVERY_DAY)
    plan = pause(canteen, clerk, at(25), at(26))
    states.move(listing=canteen, to="paused", actor=clerk, reason="装修")
    with time_machine.travel(at(25, 1), tick=False):
        clock.tick()
    plan.refresh_from_db()
    assert plan.failure
    assert (again(canteen).pause_reason, again(canteen).paused_until) == ("装修", None)


def test_a_clock_that_comes_after_the_end_leaves_no_pause(regions: Any, clerk: User) -> None:
    canteen = make_canteen(hours=EVERY_DAY)
    plan = pause(canteen, clerk, at(25), at(26))
    number = again(canteen).revision_number
    with time_machine.travel(at(27, 12), tick=False):
        clock.tick()
        plan.refresh_from_db()
        assert (plan.failure, bool(plan.done_at), again(canteen).revision_number) == ("", True, number)
        assert doc_of(canteen)["planned_pauses"] == []
        assert is_open(canteen, at(27, 12)) == (True, True)


def test_what_somebody_who_has_left_has_planned_is_done_all_the_same(regions: Any, clerk: User) -> None:
    canteen = make_canteen()
    pause(canteen, clerk, NOW + HOUR, NOW + DAY)
    clerk.posts.update(ends_on=NOW.date() - DAY)
    clock.tick(NOW + HOUR)
    assert again(canteen).state == "paused"


def test_a_plan_that_breaks_holds_up_no_other(regions: Any, clerk: User, monkeypatch: Any) -> None:
    first, second = make_canteen(name="甲食堂"), make_canteen(name="乙食堂")
    broken, fine = pause(first, clerk, NOW + HOUR, NOW + DAY), pause(second, clerk, NOW + HOUR, NOW + DAY)
    made = planned_due.move

    def break_one(**asked: Any) -> Any:
        if asked["listing"].pk == first.pk:
            raise RuntimeError("broken")
        return made(**asked)

    monkeypatch.setattr(planned_due, "move", break_one)
    clock.tick(NOW + HOUR)
    assert again(second).state == "paused"
    broken.refresh_from_db()
    assert broken.is_waiting
    monkeypatch.undo()
    clock.tick(NOW + HOUR)
    assert again(first).state == "paused"
    fine.refresh_from_db()
    assert fine.done_at


@pytest.mark.parametrize(
    ("asked", "sentence"),
    [
        ({"to": "paused", "at": NOW, "reason": "春节"}, "将来"),
        ({"to": "paused", "at": NOW - DAY, "reason": "春节"}, "将来"),
        ({"to": "paused", "at": NOW + HOUR}, "原因"),
        ({"to": "paused", "at": NOW + DAY, "until": NOW + HOUR, "reason": "春节"}, "早于"),
        ({"to": "paused", "at": NOW + 400 * DAY, "reason": "春节"}, "一年"),
        ({"to": "archived", "at": NOW + HOUR}, "只有"),
        ({"to": "published", "at": NOW + HOUR}, "本来"),
    ],
)
def test_what_cannot_be_meant_is_refused_with_a_sentence(
    regions: Any, clerk: User, asked: dict[str, Any], sentence: str
) -> None:
    canteen = make_canteen()
    with pytest.raises(ValidationError, match=sentence):
        planning.plan(listing=canteen, actor=clerk, wish=Wish(**asked))
    assert not PlannedMove.objects.exists()


def test_an_unplaced_draft_cannot_be_planned_to_go_public(regions: Any, clerk: User) -> None:
    draft = make_canteen(state="draft", lat=None, lng=None)
    with pytest.raises(ValidationError, match="落点"):
        planning.plan(listing=draft, wish=Wish("published", NOW + HOUR), actor=clerk)


def test_plans_build_on_each_other(regions: Any, clerk: User) -> None:
    draft = make_canteen(state="draft")
    with pytest.raises(ValidationError):
        pause(draft, clerk, at(25), at(26))
    planning.plan(listing=draft, wish=Wish("published", at(24)), actor=clerk)
    pause(draft, clerk, at(25), at(26))
    for moment, state in ((at(24), "published"), (at(25), "paused"), (at(26), "published")):
        with time_machine.travel(moment, tick=False):
            clock.tick()
            assert again(draft).state == state, moment


def test_the_same_plan_sent_twice_is_made_once(regions: Any, clerk: User) -> None:
    canteen = make_canteen()
    assert pause(canteen, clerk, at(25), at(26)) == pause(canteen, clerk, at(25), at(26))
    with pytest.raises(ValidationError, match="已经"):
        pause(canteen, clerk, at(25), at(27))
    assert PlannedMove.objects.count() == 1


def test_so_much_may_be_planned_and_no_more(regions: Any, clerk: User) -> None:
    canteen = make_canteen()
    for number in range(planning.MOST_WAITING):
        pause(canteen, clerk, at(24) + number * HOUR, at(24) + number * HOUR + HOUR / 2)
    with pytest.raises(ValidationError):
        pause(canteen, clerk, at(28), at(29))


def test_a_pause_that_ends_by_a_planned_resume(regions: Any, clerk: User) -> None:
    canteen = make_canteen()
    pause(canteen, clerk, at(25))
    planning.plan(listing=canteen, wish=Wish("published", at(26)), actor=clerk)
    with time_machine.travel(at(26), tick=False):
        clock.tick()
    assert again(canteen).state == "published"
    changes = {"name": "康桥新食堂"}
    revising.edit(listing=again(canteen), changes=changes, actor=clerk, channel="office")
    assert again(canteen).name == "康桥新食堂"
