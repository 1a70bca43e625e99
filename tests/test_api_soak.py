"""Mirrors beside writers while servers are killed, for twenty seconds; `make soak` does it for ten minutes."""

import datetime as dt
from pathlib import Path
from typing import Any

import pytest
import time_machine
from django.core.cache import cache
from django.utils import timezone

from portal.listings import revising, states
from tests import api_places
from tests.databases import fresh_database
from tests.feed_mirror import Mirror
from tests.soak.__main__ import environment
from tests.soak.run import soak
from tests.test_api_changes import browsed

SECONDS, KILL_EVERY = 20, 6


def test_every_mirror_equals_the_database_after_writers_and_servers_were_killed(tmp_path: Path) -> None:
    with fresh_database(tmp_path / "soak") as database:
        told = environment(database.url, "", f"soak-{tmp_path.name}", str(tmp_path))
        outcome = soak(told, SECONDS, KILL_EVERY)
    assert outcome.faults == []
    assert outcome.killed >= 2
    assert outcome.written > 50
    assert all(mirror.report.pages > 10 and mirror.held for mirror in outcome.mirrors)


@pytest.mark.django_db
def test_fifty_one_rows_of_one_moment_are_read_once_each(regions: Any) -> None:
    with time_machine.travel(timezone.now(), tick=False):
        for number in range(51):
            api_places.canteen(f"食堂{number}")
    mirror = Mirror("limit=10").catch_up()
    assert (len(mirror.seen), len(set(mirror.seen))) == (51, 51)
    assert mirror.held == browsed()


@pytest.mark.django_db
def test_a_clock_that_is_set_back_hides_no_change(regions: Any) -> None:
    one, two = api_places.canteen("食堂一"), api_places.canteen("食堂二")
    mirror = Mirror().catch_up()
    cache.clear()
    with time_machine.travel(timezone.now() - dt.timedelta(days=3)):
        revising.edit(listing=one, changes={"notice": "昨天写的"}, actor=None, channel="office")
        states.move(listing=two, to="archived", actor=None)
        api_places.canteen("食堂三")
    mirror.catch_up()
    assert mirror.names == {"食堂一", "食堂三"}
    assert mirror.held == browsed()
