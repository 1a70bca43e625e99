"""The demo in the size of the whole city: its published figures, and its hours as the table and the function say them."""

import datetime as dt
import json
from collections import Counter
from collections.abc import Iterator
from typing import Any

import pytest
import time_machine
from django.db import connection
from django.db.models import Sum
from django.test import override_settings

from housing.models import ApartmentProject, ProgrammeLabel, RoomType
from portal.listings import intervals
from portal.listings.calendars import current_calendar
from portal.listings.hours import CITY_TIME
from portal.listings.models import Listing
from portal.pages.demo.loading import load
from portal.pages.demo.planning import ALL_NIGHT, CITY
from tests.standing import standing
from tests.test_intervals import Answers, open_in_sql

pytestmark = pytest.mark.django_db

FIRST = dt.datetime(2026, 9, 18, tzinfo=CITY_TIME)
LAST = dt.datetime(2026, 10, 12, tzinfo=CITY_TIME)
QUARTER = dt.timedelta(minutes=15)


#: Each falls on every time of the day in turn, as neither has a factor in common with the 96 quarters of a day.
STEP = 31 if connection.vendor == "postgresql" else 5


def quarters() -> list[dt.datetime]:
    """Return quarters of an hour through rest days, holidays and worked weekends."""
    count = int((LAST - FIRST) / QUARTER)
    return [FIRST + number * QUARTER for number in range(0, count, STEP)]


@pytest.fixture(scope="module", autouse=True)
def whole_city(django_db_setup: None, django_db_blocker: Any) -> Iterator[None]:
    """Load the whole city once, with hours laid out for all the days that are looked at."""

    def write() -> None:
        with time_machine.travel(FIRST, tick=False), override_settings(INTERVAL_HORIZON_DAYS=30):
            load(scale="city", seed=1)

    yield from standing(django_db_blocker, write)


def test_the_city_holds_the_published_figures() -> None:
    documents = [
        json.loads(text) for text in Listing.objects.exclude(document="").values_list("document", flat=True)
    ]
    public = Counter(Listing.objects.published().values_list("kind", flat=True))
    assert dict(public) == CITY == {"canteen": 740, "station": 200, "compound": 1320, "apartment": 14}
    assert sum(doc.get("all_night", False) for doc in documents) == ALL_NIGHT["city"] == 49
    counted = RoomType.objects.filter(project__state__in=("published", "paused"))
    assert counted.aggregate(total=Sum("total_count"))["total"] == 1090
    assert not counted.filter(basis="bed").exists()
    assert set(ProgrammeLabel.objects.values_list("programme", flat=True)) == {
        "blue_collar",
        "riders_home",
        "warm_home",
    }
    assert ApartmentProject.objects.filter(programme_labels__programme="riders_home").exists()
    assert 30 <= len({doc["drawing"] for doc in documents}) <= 50
    central = Listing.objects.filter(district__in=("330102", "330105", "330106", "330108")).count()
    assert central > Listing.objects.count() * 0.45
    assert Listing.objects.values("name").distinct().count() == Listing.objects.count()
    with connection.cursor() as cursor:
        cursor.execute("SELECT value FROM listings_changecounter")
        assert cursor.fetchone()[0] == len(documents)


def test_function_and_sql_agree_for_the_whole_city_at_every_time_of_the_day(settings: Any) -> None:
    settings.INTERVAL_HORIZON_DAYS = 30
    with time_machine.travel(FIRST, tick=False):
        answers = Answers(current_calendar())
        differing = []
        found = 0
        for moment in quarters():
            assert intervals.is_built_for(moment)
            by_table, by_function = open_in_sql(moment), answers.open_at(moment)
            found += len(by_table)
            if by_table != by_function:
                differing.append((moment.isoformat(), sorted(by_table ^ by_function)[:5]))
    assert differing == []
    assert found > 100_000 / STEP
