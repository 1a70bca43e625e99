"""States, pauses, "sold out", and what the clock does when their time comes."""

import datetime as dt
import json
from typing import Any

import pytest
import time_machine
from django.core.exceptions import ValidationError

from canteens.models import Canteen
from portal.accounts.models import User
from portal.listings import clock, states
from portal.listings.hours import CITY_TIME
from portal.listings.models import Confirmation, Listing, Revision, State
from portal.listings.revising import edit, lock, record
from portal.listings.snapshots import read_snapshot
from services.stations.models import Station
from tests import api_places

pytestmark = pytest.mark.django_db
NOON = dt.datetime(2026, 11, 23, 12, tzinfo=CITY_TIME)
HOUR = dt.timedelta(hours=1)


@pytest.fixture(autouse=True)
def _at_noon() -> Any:
    with time_machine.travel(NOON, tick=False):
        yield


def again(listing: Listing) -> Any:
    """Return the listing as stored."""
    return type(listing).objects.get(pk=listing.pk)


def test_every_state_has_its_moves_and_no_move_leads_nowhere() -> None:
    assert set(states.MOVES) == set(State.values)
    assert {to for moves in states.MOVES.values() for to in moves} <= set(State.values)


@pytest.mark.parametrize("start", State.values)
@pytest.mark.parametrize("to", State.values)
def test_only_the_moves_of_the_table_are_made(regions: Any, start: str, to: str) -> None:
    listing = api_places.draft(Canteen, "食堂")
    Listing.objects.filter(pk=listing.pk).update(state=start)
    if to in states.MOVES[start]:
        states.move(listing=listing, to=to, actor=None, reason="检修")
        assert again(listing).state == to
    elif to == start:
        assert states.move(listing=listing, to=to, actor=None, reason="检修") is None
        assert again(listing).revision_number == listing.revision_number
    else:
        with pytest.raises(ValidationError):
            states.move(listing=listing, to=to, actor=None, reason="检修")
        assert again(listing).state == start


def test_publishing_needs_a_street_and_a_position(regions: Any) -> None:
    unplaced = api_places.draft(Canteen, "食堂", lat=None, lng=None)
    with pytest.raises(ValidationError, match="落点"):
        states.move(listing=unplaced, to="published", actor=None)
    assert again(unplaced).state == "draft"
    assert list(Canteen.objects.to_place()) == [unplaced]


def test_a_draft_has_no_document_and_an_archived_listing_loses_it(regions: Any) -> None:
    listing = api_places.canteen()
    assert listing.document
    states.move(listing=listing, to="archived", actor=None)
    assert (again(listing).document, again(listing).document_hash) == ("", "")
    assert again(listing).change_number > listing.change_number


def test_a_pause_needs_a_reason_and_an_end_ahead(regions: Any) -> None:
    listing = api_places.canteen()
    with pytest.raises(ValidationError, match="原因"):
        states.move(listing=listing, to="paused", actor=None)
    with pytest.raises(ValidationError, match="过去"):
        states.move(listing=listing, to="paused", actor=None, reason="检修", until=NOON - HOUR)


def test_a_paused_listing_stays_in_sight_with_its_reason(regions: Any) -> None:
    listing = api_places.canteen()
    states.move(listing=listing, to="paused", actor=None, reason="厨房检修", until=NOON + HOUR)
    doc = json.loads(again(listing).document)
    assert (doc["state"], doc["pause"]) == (
        "paused",
        {"reason": "厨房检修", "reason_en": "kitchen maintenance", "until": "2026-11-23T13:00:00+08:00"},
    )
    assert Canteen.objects.published().get() == listing
    assert not Canteen.objects.open_at(NOON).exists()


def test_the_clock_ends_a_pause_at_its_time_and_says_so_in_the_history(regions: Any) -> None:
    listing = api_places.canteen()
    states.move(listing=listing, to="paused", actor=None, reason="检修", until=NOON + HOUR)
    assert clock.tick(NOON + HOUR - dt.timedelta(seconds=1)) == 0
    assert clock.tick(NOON + HOUR) == 1
    assert (again(listing).state, again(listing).pause_reason, again(listing).paused_until) == (
        "published",
        "",
        None,
    )
    assert json.loads(again(listing).document)["pause"] is None
    newest = Revision.objects.filter(listing_id=listing.pk).first()
    assert (newest.channel, newest.actor_id, newest.after["state"]) == ("clock", None, "published")
    assert clock.tick(NOON + HOUR) == 0


def test_a_late_clock_catches_up_and_doing_it_twice_changes_nothing(regions: Any) -> None:
    listing = api_places.canteen()
    states.shut(listing=listing, reason="sold_out", until=NOON + HOUR, actor=None)
    clock.tick(NOON + 24 * HOUR)
    stored = Listing.objects.filter(pk=listing.pk).values().get()
    clock.tick(NOON + 24 * HOUR)
    assert stored["shut_reason"] == ""
    assert Listing.objects.filter(pk=listing.pk).values().get() == stored


def test_sold_out_is_public_with_its_age_and_its_end(regions: Any) -> None:
    listing = api_places.canteen()
    states.shut(listing=listing, reason="sold_out", until=NOON + HOUR, actor=None)
    assert json.loads(again(listing).document)["shut"] == {
        "reason": "sold_out",
        "since": "2026-11-23T12:00:00+08:00",
        "until": "2026-11-23T13:00:00+08:00",
    }
    assert again(listing).next_change_at == NOON + HOUR


def test_sold_out_ends_early_when_staff_say_so(regions: Any) -> None:
    listing = api_places.canteen()
    states.shut(listing=listing, reason="sold_out", until=NOON + HOUR, actor=None)
    states.reopen(listing=again(listing), actor=None)
    assert json.loads(again(listing).document)["shut"] is None
    assert Canteen.objects.open_at(NOON).exists()


def test_shutting_into_the_past_is_refused(regions: Any) -> None:
    with pytest.raises(ValidationError):
        states.shut(listing=api_places.canteen(), reason="sold_out", until=NOON, actor=None)


def test_a_station_s_live_status_ends_by_the_clock(regions: Any) -> None:
    station = api_places.publish(Station, "驿站")
    locked = lock(station)
    before = read_snapshot(locked, with_status=True)
    locked.live_status, locked.live_at, locked.live_until = "busy", NOON, NOON + HOUR
    locked.save()
    record(listing=locked, before=before, actor=None, channel="operator")
    assert json.loads(again(station).document)["live"]["code"] == "busy"
    clock.tick(NOON + HOUR)
    assert (again(station).live_status, json.loads(again(station).document)["live"]) == ("", None)


def test_the_clock_renews_the_intervals_before_they_run_out(regions: Any, settings: Any) -> None:
    listing = api_places.canteen()
    until = listing.intervals_until
    assert until == NOON.date() + dt.timedelta(days=settings.INTERVAL_HORIZON_DAYS)
    with time_machine.travel(NOON + dt.timedelta(days=1), tick=False):
        assert clock.tick() == 1
        assert again(listing).intervals_until == until + dt.timedelta(days=1)
        assert clock.tick() == 0
    assert again(listing).document == listing.document


def test_the_clock_handles_more_than_one_batch(regions: Any) -> None:
    listings = [api_places.canteen(f"食堂{number}") for number in range(3)]
    for listing in listings:
        states.shut(listing=listing, reason="sold_out", until=NOON + HOUR, actor=None)
    size, clock.BATCH = clock.BATCH, 2
    try:
        assert clock.tick(NOON + HOUR) == 3
    finally:
        clock.BATCH = size
    assert not Listing.objects.exclude(shut_reason="").exists()


def test_ending_a_pause_is_no_confirmation(regions: Any, clerk: User) -> None:
    listing = api_places.canteen()
    states.move(listing=listing, to="paused", actor=clerk, reason="检修", until=NOON + HOUR)
    clock.tick(NOON + HOUR)
    assert not Confirmation.objects.exists()


def test_nothing_is_due_for_a_draft(regions: Any) -> None:
    assert api_places.draft(Canteen, "食堂").next_change_at is None


@pytest.mark.usefixtures("regions")
def test_hours_changed_while_archived_hold_from_the_moment_of_publishing() -> None:
    """The interval table keeps what was built; publishing again must not trust it."""
    open_now = [{"day": "mon", "rule": "open", "opens": "08:00", "closes": "20:00"}]
    canteen = api_places.canteen(hours={"weekly_hours": open_now, "hours_exceptions": []})
    assert Canteen.objects.open_at(NOON + HOUR).exists()
    states.move(listing=canteen, to=State.ARCHIVED, actor=None)
    states.move(listing=canteen, to=State.DRAFT, actor=None)
    closed = {"weekly_hours": [{"day": "mon", "rule": "closed"}], "hours_exceptions": []}
    edit(listing=again(canteen), changes={"hours": closed}, actor=None, channel="office")
    states.move(listing=canteen, to=State.PUBLISHED, actor=None)
    assert not Canteen.objects.open_at(NOON + HOUR).exists()


@pytest.mark.parametrize(
    ("rows", "expected"),
    [
        ([("mon", "all_day", None, None)], False),
        ([("workday", "all_day", None, None)], False),
        ([("workday", "all_day", None, None), ("rest_day", "all_day", None, None)], True),
        ([("workday", "open", "20:00", "08:00"), ("rest_day", "open", "20:00", "08:00")], True),
        (
            [
                (d, "open", a, b)
                for d in ("workday", "rest_day")
                for a, b in (("06:00", "22:00"), ("22:00", "06:00"))
            ],
            True,
        ),
        ([("workday", "open", "08:00", "22:00"), ("rest_day", "open", "08:00", "22:00")], False),
        ([], False),
    ],
)
def test_a_station_is_open_all_night_only_when_every_night_is_covered(
    rows: list[Any], expected: bool
) -> None:
    station = Station.objects.create(name="驿站")
    for day, rule, opens, closes in rows:
        station.weekly_hours.create(day=day, rule=rule, opens=opens, closes=closes)
    assert Station.objects.get(pk=station.pk).is_all_night is expected
