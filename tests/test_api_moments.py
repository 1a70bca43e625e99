"""Every row of the API says of every moment what the one function says."""

import datetime as dt

import orjson
import pytest
import time_machine
from django.test import Client

from portal.listings.calendars import current_calendar
from portal.listings.hours import CITY_TIME, status_at
from portal.listings.models import Listing, OpenInterval
from portal.pages.demo.loading import load

START = dt.datetime(2026, 11, 23, tzinfo=CITY_TIME)


@pytest.mark.django_db
def test_rows_say_what_the_function_says_at_every_opening_and_closing(client: Client) -> None:
    with time_machine.travel(START, tick=False):
        load(scale="small", seed=2)
    edges = {edge for pair in OpenInterval.objects.values_list("starts_at", "ends_at") for edge in pair}
    today = [edge for edge in edges if START <= edge < START + dt.timedelta(days=1)]
    moments = sorted({edge + dt.timedelta(minutes=shift) for edge in today for shift in (-1, 0, 1)})
    assert len(moments) > 30
    calendar = current_calendar()
    documents = [
        orjson.loads(text) for text in Listing.objects.published().values_list("document", flat=True)
    ]
    for moment in moments:
        statuses = {doc["id"]: status_at(doc, calendar, moment) for doc in documents}
        with time_machine.travel(moment, tick=False):
            now = client.get("/api/v1/listings/", {"page_size": "200"}).json()
        asked = client.get("/api/v1/listings/", {"page_size": "200", "at": moment.isoformat()}).json()
        for rows in (now["results"], asked["results"]):
            assert {row["id"]: (row["open_now"], row["held"]) for row in rows} == {
                number: (status.is_open, status.held) for number, status in statuses.items()
            }, moment
            for row in rows:
                closes = row["closes_at"] and dt.datetime.fromisoformat(row["closes_at"])
                assert closes == statuses[row["id"]].closes_at
        found = client.get(
            "/api/v1/listings/", {"page_size": "200", "open_now": "true", "at": moment.isoformat()}
        )
        is_open = {number for number, status in statuses.items() if status.is_open}
        assert {row["id"] for row in found.json()["results"]} == is_open, moment
