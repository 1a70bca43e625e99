"""An office sees what systems reported of a listing, who said it, and whether it still counts."""

import datetime as dt
from typing import Any

import pytest
import time_machine
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from portal.accounts.models import User
from services.stations.live import say_live
from tests.availability import counts, make_key, make_source, put, status
from tests.factories import make_canteen, make_compound, make_station

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("regions")]
OURS = {"source": "canteens", "external_id": "1"}
HEADING = "系统上报的余量与忙闲"


@pytest.fixture
def key() -> Any:
    found = make_key()
    make_source(found)
    return found


def form(user: User, listing: Any) -> str:
    client = Client()
    client.force_login(user)
    meta = listing._meta
    url = reverse(f"admin:{meta.app_label}_{meta.model_name}_change", args=[listing.pk])
    return client.get(url).content.decode()


def test_an_office_reads_what_is_left_and_who_says_so(key: Any, clerk: User) -> None:
    canteen = make_canteen(extra=OURS)
    assert HEADING not in form(clerk, canteen)
    put(key, canteen, counts(("一荤两素", 12), hours=1))
    shown = form(clerk, canteen)
    assert HEADING in shown
    assert "余 12" in shown
    assert "来源canteens" in shown
    with time_machine.travel(timezone.now() + dt.timedelta(minutes=61)):
        assert "已过时效，按未知显示" in form(clerk, canteen)


def test_an_office_reads_that_its_own_later_word_counts(key: Any, clerk: User) -> None:
    station = make_station(extra=OURS)
    put(key, station, status("busy", hours=1, ago=5))
    assert "繁忙" in form(clerk, station)
    assert "工作人员之后另有说明" not in form(clerk, station)
    say_live(station=station, status="full", until=timezone.now() + dt.timedelta(hours=1), actor=clerk)
    assert "工作人员之后另有说明" in form(clerk, station)


def test_a_kind_of_which_nothing_runs_out_is_not_asked(clerk: User) -> None:
    compound = make_compound()
    with CaptureQueriesContext(connection) as queries:
        form(clerk, compound)
    assert not [one for one in queries.captured_queries if "listings_availability" in one["sql"]]
