"""One bad row, one bad minute, one dead process: the clock goes on."""

import datetime as dt
import logging
import time
from typing import Any

import pytest
from django.core.management import call_command
from django.db import OperationalError, connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from canteens.models import Canteen
from portal.listings import clock, states
from portal.listings.management.commands import tick as command
from portal.listings.models import Listing
from scripts import serve
from tests import api_places

SOON = dt.timedelta(hours=1)


def sold_out(count: int) -> tuple[list[Listing], dt.datetime]:
    """Return canteens that are sold out, and a moment at which that has passed."""
    until = timezone.now() + SOON
    found = [api_places.canteen(f"食堂{number}") for number in range(count)]
    for listing in found:
        states.shut(listing=listing, reason="sold_out", until=until, actor=None)
    return found, until + SOON


def poison(monkeypatch: Any, listing: Listing, error: Exception) -> None:
    """Let one listing fail whenever the clock comes to it, after the database has been written to."""
    expire = clock.expire

    def failing(row: Listing, moment: dt.datetime) -> None:
        expire(row, moment)
        if row.pk == listing.pk:
            raise error

    monkeypatch.setattr(clock, "expire", failing)


@pytest.mark.django_db
@pytest.mark.usefixtures("regions")
def test_a_row_that_fails_is_left_out_and_named_while_all_others_go_on(monkeypatch: Any, caplog: Any) -> None:
    found, later = sold_out(5)
    poison(monkeypatch, found[1], ValueError("unreadable"))
    monkeypatch.setattr(clock, "BATCH", 3)
    assert clock.tick(later) == 4
    assert list(Canteen.objects.exclude(shut_reason="")) == [found[1]]
    errors = [record.getMessage() for record in caplog.records if record.levelno == logging.ERROR]
    assert [text for text in errors if found[1].public_id in text]
    assert not [text for text in errors if found[0].public_id in text]


@pytest.mark.django_db
@pytest.mark.usefixtures("regions")
def test_without_a_database_the_clock_does_not_try_every_row(monkeypatch: Any) -> None:
    found, later = sold_out(2)
    poison(monkeypatch, found[0], OperationalError("the server has gone"))
    monkeypatch.setattr(connection, "is_usable", lambda: False)
    with pytest.raises(OperationalError):
        clock.tick(later)


def test_a_minute_that_fails_does_not_end_the_loop(monkeypatch: Any, caplog: Any) -> None:
    minutes: list[int] = []

    def failing() -> int:
        raise OperationalError("no database")

    def sleep(seconds: float) -> None:
        minutes.append(1)
        if len(minutes) == 3:
            raise KeyboardInterrupt

    monkeypatch.setattr(command, "tick", failing)
    monkeypatch.setattr(command, "close_old_connections", lambda: None)
    monkeypatch.setattr(time, "sleep", sleep)
    with pytest.raises(KeyboardInterrupt):
        call_command("tick", loop=True)
    assert len([record for record in caplog.records if record.levelno == logging.ERROR]) == 3
    with pytest.raises(OperationalError):
        call_command("tick")


class Process:
    """A child that has ended."""

    def __init__(self, status: int | None) -> None:
        self.status = self.returncode = status

    def poll(self) -> int | None:
        return self.status


def test_a_tick_that_has_ended_is_started_again_but_not_in_a_hurry(monkeypatch: Any, capsys: Any) -> None:
    started: list[Process] = []

    def start(arguments: list[Any]) -> Process:
        started.append(Process(1 if len(started) < 2 else None))
        return started[-1]

    now = [1000.0]
    monkeypatch.setattr(serve, "_start", start)
    monkeypatch.setattr(time, "monotonic", lambda: now[0])
    tick = serve.Kept("tick", ["tick"])
    tick.look()
    assert len(started) == 1, "it has only just been started"
    now[0] += serve.RESTART_SECONDS
    tick.look()
    assert tick.process is started[1]
    now[0] += serve.RESTART_SECONDS
    tick.look()
    now[0] += serve.RESTART_SECONDS
    tick.look()
    assert len(started) == 3, "one that runs is left alone"
    assert capsys.readouterr().out.count("started again") == 2


@pytest.mark.django_db
@pytest.mark.usefixtures("regions")
def test_places_due_only_for_another_day_cost_a_few_queries_each() -> None:
    def cost(count: int) -> int:
        """Return the queries of a run over so many places of which nothing ends."""
        for number in range(count):
            api_places.canteen(f"{count} 家中的第{number}家")
        due = Listing.objects.update(next_change_at=timezone.now())
        with CaptureQueriesContext(connection) as queries:
            assert clock.tick() == due
        return len(queries)

    few, many = cost(2), cost(8)
    # Its confirmations, its search text; what changed is stored. Locks, groups and timetables are read once for all.
    assert (many - few) / 8 <= 4
