"""The clock and the calendar beside other people's work: short transactions, rows read under their locks."""

import datetime as dt
import threading
from typing import Any

import pytest
from django.core.management import call_command
from django.db import connection, transaction
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from portal.accounts.models import User
from portal.listings import clock, revising
from portal.listings.admin import calendar as calendar_admin
from portal.listings.calendars import load_year
from portal.listings.management.commands import load_calendar
from portal.listings.models import CalendarDay, CalendarYear, ChangeCounter, Listing, OpenInterval
from tests import api_places
from tests.test_concurrency import at_once

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("regions")]
ALL_DAY = {"day": "workday", "rule": "all_day", "opens": None, "closes": None}


@pytest.fixture(autouse=True)
def _counter() -> None:
    ChangeCounter.objects.get_or_create(id=1)


@pytest.fixture
def inside(monkeypatch: Any) -> list[bool]:
    """Return a list to which each renewal adds whether it runs inside a transaction."""
    told: list[bool] = []
    for module in (calendar_admin, load_calendar):
        monkeypatch.setattr(module, "renew_intervals", lambda: told.append(connection.in_atomic_block))
    return told


@pytest.fixture
def root() -> Client:
    """Return the client of somebody who may do everything."""
    client = Client()
    client.force_login(User.objects.create(name="管理", is_superuser=True, is_staff=True))
    return client


def test_the_table_is_renewed_in_chunks_of_their_own(monkeypatch: Any) -> None:
    for number in range(3):
        api_places.canteen(f"食堂{number}", hours={"weekly_hours": [ALL_DAY], "hours_exceptions": []})
    count = OpenInterval.objects.count()
    OpenInterval.objects.all().delete()
    monkeypatch.setattr(clock, "RENEWED", 2)
    with CaptureQueriesContext(connection) as queries:
        clock.renew_intervals()
    assert len([query for query in queries if query["sql"].startswith("BEGIN")]) == 2
    assert OpenInterval.objects.count() == count > 0


def test_hours_changed_while_the_table_is_renewed_are_the_ones_it_holds() -> None:
    listing = api_places.canteen(hours={"weekly_hours": [ALL_DAY], "hours_exceptions": []})
    closed = {"weekly_hours": [{**ALL_DAY, "rule": "closed"}], "hours_exceptions": []}
    holding, released = threading.Event(), threading.Event()

    def change() -> None:
        with transaction.atomic():
            revising.edit(listing=listing, changes={"hours": closed}, actor=None, channel="office")
            holding.set()
            released.wait(5)

    def renew() -> None:
        holding.wait(5)
        threading.Timer(0.5, released.set).start()
        clock.renew_intervals()

    assert Listing.objects.get(pk=listing.pk).timetable
    assert at_once([change, renew]) == []
    assert not Listing.objects.get(pk=listing.pk).timetable


def test_loading_a_year_renews_outside_its_transaction(inside: list[bool]) -> None:
    call_command("load_calendar", "2027", confirm=True)
    assert inside == [False]
    assert CalendarYear.objects.get(year=2027).confirmed_at


def test_confirming_a_year_renews_outside_its_transaction(inside: list[bool], root: Client) -> None:
    load_year(year=2027, confirm=False)
    root.post(reverse("admin:listings_calendaryear_confirm", args=[2027]))
    assert inside == [False]
    assert CalendarYear.objects.get(year=2027).confirmed_at


def test_changing_a_day_renews_after_the_transaction_of_the_form(inside: list[bool], root: Client) -> None:
    CalendarYear.objects.create(year=2027, confirmed_at=dt.datetime(2026, 11, 23, tzinfo=dt.UTC))
    new_day = {"days-0-date": "2027-03-01", "days-0-day_type": "holiday", "days-0-name": "试"}
    form = {"days-TOTAL_FORMS": 1, "days-INITIAL_FORMS": 0, "days-0-year": 2027, **new_day}
    response = root.post(reverse("admin:listings_calendaryear_change", args=[2027]), form)
    assert response.status_code == 302
    assert CalendarDay.objects.count() == 1
    assert inside == [False]
