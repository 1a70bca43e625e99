"""The interval table and the one function agree, for every listing at every moment."""

import datetime as dt
from collections import defaultdict
from typing import Any

import orjson
import pytest
import time_machine
from django.test import Client
from django.urls import reverse

from canteens.models import Canteen
from portal.listings import intervals, revising, states
from portal.listings.calendars import current_calendar, load_year
from portal.listings.clock import renew_intervals
from portal.listings.hours import CITY_TIME, STATUS_RESTS_ON, Calendar, Status, status_at
from portal.listings.kinds import listing_models
from portal.listings.models import Listing, OpenInterval
from portal.pages.demo.loading import load
from tests.map_points import open_at


class Answers:
    """What the function says of each listing; listings whose hours and state are the same are asked once."""

    def __init__(self, calendar: Calendar) -> None:
        self.calendar = calendar
        self.alike: dict[bytes, tuple[dict[str, Any], set[int]]] = {}
        alike: dict[bytes, list[int]] = defaultdict(list)
        for pk, text in Listing.objects.exclude(document="").values_list("pk", "document"):
            doc = orjson.loads(text)
            read = {key: doc[key] for key in STATUS_RESTS_ON}
            alike[orjson.dumps(read)].append(pk)
        self.alike = {key: (orjson.loads(key), set(pks)) for key, pks in alike.items()}

    def at(self, moment: dt.datetime) -> list[tuple[Status, set[int]]]:
        """Return each status with the listings that share it."""
        return [(status_at(doc, self.calendar, moment), pks) for doc, pks in self.alike.values()]

    def open_at(self, moment: dt.datetime) -> set[int]:
        """Return the listings that are open."""
        return set().union(*(pks for status, pks in self.at(moment) if status.is_open))


def open_in_sql(moment: dt.datetime) -> set[int]:
    """Return what the SQL filter finds."""
    return set(Listing.objects.open_at(moment).order_by().values_list("pk", flat=True))


@pytest.mark.django_db
@pytest.mark.parametrize(
    "date",
    [dt.date(2026, 10, 1), dt.date(2026, 10, 10), dt.date(2026, 10, 11)],
    ids=["a holiday", "a Saturday that is worked", "a rest day"],
)
def test_page_api_and_map_say_what_the_function_says_at_every_opening_and_closing(
    client: Client, date: dt.date
) -> None:
    """The small city at every edge of that day and a minute beside it."""
    start = dt.datetime.combine(date, dt.time(), CITY_TIME)
    with time_machine.travel(start, tick=False):
        load(scale="small", seed=1)
    edges = {
        edge
        for pair in OpenInterval.objects.values_list("starts_at", "ends_at")
        for edge in pair
        if start <= edge < start + dt.timedelta(days=1)
    }
    minute = dt.timedelta(minutes=1)
    moments = sorted({edge + shift for edge in edges for shift in (-minute, minute * 0, minute)})
    assert len(moments) > 30
    answers = Answers(current_calendar())
    public_ids = dict(Listing.objects.values_list("pk", "public_id"))
    for moment in moments:
        with time_machine.travel(moment, tick=False):
            statuses = {public_ids[pk]: status for status, pks in answers.at(moment) for pk in pks}
            is_open = {number for number, status in statuses.items() if status.is_open}
            assert {public_ids[pk] for pk in open_in_sql(moment)} == is_open, moment
            shown = open_at(client.get(reverse("map_data")).json(), moment)
            assert shown == {number: status.is_open for number, status in statuses.items()}, moment
            api = client.get("/api/v1/listings/", {"open_now": "true", "page_size": "200"}).json()
            assert {row["id"] for row in api["results"]} == is_open, moment
            assert all(row["open_now"] is True for row in api["results"])
            for model in listing_models():
                page = client.get(reverse(f"{model.plural}:list"), {"open_now": "true"})
                kind = {card.doc["id"]: card.status for card in page.context["cards"]}
                assert kind.items() <= statuses.items(), (moment, model)
                assert page.context["page"].paginator.count == sum(
                    number in is_open
                    for number in model.objects.exclude(document="").values_list("public_id", flat=True)
                ), (moment, model)


def canteen(weekly: list[dict[str, Any]]) -> Canteen:
    """Return a published canteen."""
    changes = {
        "name": "食堂",
        "street": "330105010",
        "lat": 30.35,
        "lng": 120.16,
        "hours": {"weekly_hours": weekly, "hours_exceptions": []},
    }
    made = revising.create(model=Canteen, changes=changes, actor=None, channel="office")
    states.move(listing=made, to="published", actor=None)
    return Canteen.objects.get(pk=made.pk)


def lunch(day: str = "workday", opens: str = "10:30", closes: str = "13:30") -> dict[str, Any]:
    """Return a weekly row."""
    return {"day": day, "rule": "open", "opens": opens, "closes": closes, "is_open_end": False, "label": ""}


@pytest.mark.django_db
def test_the_table_is_rebuilt_when_the_hours_change(regions: Any) -> None:
    with time_machine.travel(dt.datetime(2026, 11, 23, 11, tzinfo=CITY_TIME), tick=False) as clock:
        listing = canteen([lunch()])
        clock.shift(60)
        moment = dt.datetime(2026, 11, 23, 12, tzinfo=CITY_TIME)
        assert open_in_sql(moment) == {listing.pk}
        changed = {"hours": {"weekly_hours": [lunch(opens="16:00", closes="18:00")], "hours_exceptions": []}}
        revising.edit(listing=listing, changes=changed, actor=None, channel="office")
        assert open_in_sql(moment) == set()
        assert open_in_sql(moment.replace(hour=17)) == {listing.pk}


@pytest.mark.django_db
def test_what_began_yesterday_evening_is_in_a_table_built_today(regions: Any) -> None:
    with time_machine.travel(dt.datetime(2026, 11, 24, 0, 30, tzinfo=CITY_TIME), tick=False):
        listing = canteen([lunch("mon", "22:00", "02:00")])
        assert open_in_sql(dt.datetime(2026, 11, 24, 1, tzinfo=CITY_TIME)) == {listing.pk}


@pytest.mark.django_db
@pytest.mark.parametrize("days", [-40, -1, 13, 14, 15, 40, 400])
def test_outside_the_built_horizon_the_function_answers(regions: Any, days: int) -> None:
    with time_machine.travel(dt.datetime(2026, 11, 23, 11, tzinfo=CITY_TIME), tick=False):
        listing = canteen([lunch(day) for day in ("mon", "tue", "wed", "thu", "fri", "sat", "sun")])
        noon = dt.datetime(2026, 11, 23, 12, tzinfo=CITY_TIME) + dt.timedelta(days=days)
        assert not intervals.is_built_for(noon) or days == 0
        assert open_in_sql(noon) == {listing.pk}
        assert open_in_sql(noon.replace(hour=9)) == set()


@pytest.mark.django_db
def test_a_listing_whose_table_lags_behind_is_not_taken_for_closed(regions: Any) -> None:
    with time_machine.travel(dt.datetime(2026, 11, 23, 11, tzinfo=CITY_TIME), tick=False):
        listing = canteen([lunch()])
    with time_machine.travel(dt.datetime(2026, 12, 14, 11, tzinfo=CITY_TIME), tick=False):
        assert open_in_sql(dt.datetime(2026, 12, 14, 12, tzinfo=CITY_TIME)) == {listing.pk}


@pytest.mark.django_db
def test_a_pause_and_sold_out_end_by_themselves_in_sql_too(regions: Any) -> None:
    noon = dt.datetime(2026, 11, 23, 12, tzinfo=CITY_TIME)
    with time_machine.travel(noon.replace(hour=11), tick=False):
        paused, sold_out = canteen([lunch()]), canteen([lunch()])
        states.move(listing=paused, to="paused", actor=None, reason="检修", until=noon)
        states.shut(listing=sold_out, reason="sold_out", until=noon, actor=None)
        assert open_in_sql(noon - dt.timedelta(minutes=1)) == set()
        assert open_in_sql(noon) == {paused.pk, sold_out.pk}


@pytest.mark.django_db
def test_the_table_follows_the_calendar(regions: Any) -> None:
    with time_machine.travel(dt.datetime(2026, 10, 1, 9, tzinfo=CITY_TIME), tick=False):
        listing = canteen([lunch()])
        noon = dt.datetime(2026, 10, 1, 12, tzinfo=CITY_TIME)
        assert open_in_sql(noon) == {listing.pk}
        load_year(year=2026, confirm=True)
        renew_intervals()
        assert open_in_sql(noon) == set()
        assert open_in_sql(noon.replace(day=10)) == {listing.pk}


@pytest.mark.django_db
def test_a_place_open_all_night_is_one_stretch(regions: Any) -> None:
    with time_machine.travel(dt.datetime(2026, 11, 23, 11, tzinfo=CITY_TIME), tick=False):
        all_day = {"rule": "all_day", "opens": None, "closes": None, "is_open_end": False, "label": ""}
        listing = canteen([{**all_day, "day": "workday"}, {**all_day, "day": "rest_day"}])
        assert OpenInterval.objects.filter(timetable=listing.timetable).count() == 1
