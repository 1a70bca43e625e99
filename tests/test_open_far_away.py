"""What is open at a moment outside the built intervals: the one function, asked once for a minute."""

import datetime as dt
from typing import Any

import pytest
import time_machine
from django.test import Client
from django.utils import timezone

from canteens.models import Canteen
from portal.listings import reading, revising, states
from portal.listings.hours import CITY_TIME
from portal.listings.models import Listing
from tests.factories import LUNCH, make_canteen, make_station, open_row, weekly

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("regions")]

NOON = dt.datetime(2027, 6, 1, 12, tzinfo=CITY_TIME)  # a Tuesday
EVENING = weekly(*(open_row(day, "17:00", "19:00") for day in ("mon", "tue", "wed", "thu", "fri")))


@pytest.fixture(autouse=True)
def _now() -> Any:
    with time_machine.travel("2026-11-23T12:00:10+08:00", tick=False):
        yield


@pytest.fixture
def asked(monkeypatch: pytest.MonkeyPatch) -> list[Any]:
    """Return the list in which each question to the one function is written down."""
    found: list[Any] = []
    is_open_through = reading.is_open_through

    def counted(*args: Any) -> Any:
        found.append(args)
        return is_open_through(*args)

    monkeypatch.setattr(reading, "is_open_through", counted)
    return found


def test_repeated_questions_of_a_minute_are_answered_without_the_documents(asked: list[Any]) -> None:
    canteen, _station = make_canteen(hours=LUNCH), make_station(hours=LUNCH)
    assert list(Canteen.objects.published().open_at(NOON)) == [canteen]
    count = len(asked)
    assert count == 1
    for seconds in (0, 59):
        assert Canteen.objects.published().open_at(NOON + dt.timedelta(seconds=seconds)).count() == 1
    assert len(asked) == count
    assert Listing.objects.published().open_at(NOON).count() == 2
    assert not Canteen.objects.published().open_at(NOON + dt.timedelta(hours=6)).exists()


def test_a_change_is_seen_at_once() -> None:
    canteen = make_canteen(hours=LUNCH)
    assert Canteen.objects.published().open_at(NOON).exists()
    revising.edit(listing=canteen, changes={"hours": EVENING}, actor=None, channel="office")
    assert not Canteen.objects.published().open_at(NOON).exists()


def test_a_pause_that_ends_within_the_minute_ends_at_its_second() -> None:
    canteen = make_canteen(hours=LUNCH)
    until = NOON + dt.timedelta(seconds=30)
    states.move(listing=canteen, to="paused", actor=None, reason="装修", until=until)
    assert not Canteen.objects.published().open_at(NOON).exists()
    assert Canteen.objects.published().open_at(until).exists()


@pytest.mark.parametrize(("days", "fits"), [(369, True), (-369, True), (371, False), (-371, False)])
def test_a_page_leaves_out_a_moment_too_far_away_and_says_so(client: Client, days: int, fits: bool) -> None:
    at = (timezone.now() + dt.timedelta(days=days)).isoformat()
    response = client.get("/canteens/", {"open_now": "1", "at": at})
    assert response.status_code == 200
    assert ("370 天以内" not in str(response.context["filter_errors"])) is fits
    api = client.get("/api/v1/canteens/", {"open_now": "1", "at": at})
    assert api.status_code == (200 if fits else 400)


SPLIT = weekly(
    *(open_row("tue", opens, closes) for opens, closes in (("10:30", "13:30"), ("14:00", "19:00")))
)


@pytest.mark.parametrize(
    "day", [dt.date(2026, 11, 24), dt.date(2027, 6, 1)], ids=["in SQL", "by the function"]
)
@pytest.mark.parametrize(
    ("start", "end", "found"),
    [
        ("10:30", "13:30", True),
        ("12:00", "12:40", True),
        ("13:00", "13:40", False),
        ("12:00", "15:00", False),  # open at both ends, shut between
        ("13:30", "13:30", False),
        ("14:00", "14:00", True),
        ("10:20", "11:00", False),
    ],
)
def test_open_through_wants_one_stretch_that_holds_both_ends(
    day: dt.date, start: str, end: str, found: bool
) -> None:
    make_canteen(hours=SPLIT)
    moments = [dt.datetime.combine(day, dt.time.fromisoformat(clock), CITY_TIME) for clock in (start, end)]
    assert Canteen.objects.published().open_through(*moments).exists() is found


def test_what_is_held_is_not_open_through() -> None:
    canteen = make_canteen(hours=SPLIT)
    start = dt.datetime(2026, 11, 24, 12, tzinfo=CITY_TIME)
    states.move(listing=canteen, to="paused", actor=None, reason="停电", until=start + dt.timedelta(hours=1))
    assert not Canteen.objects.published().open_through(start, start + dt.timedelta(minutes=30)).exists()
