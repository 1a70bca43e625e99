"""A thousand passes that waited on a guard's phone arrive exactly once, whatever network and server do meanwhile."""

import datetime as dt
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from django.db import connection
from django.utils import timezone

from services.codes import publishing_list
from services.codes.models import Amendment, Pass, Proof, Quarantined
from services.codes.partitions import ensure_partitions, month_start
from tests.code_gates import ALWAYS, make_device, make_gate, make_phone, row_of
from tests.code_network import BadNetwork
from tests.code_server import Server
from tests.databases import shared_database
from tests.factories import make_compound

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("regions")]
PHONES, SHOWN = 40, 25
KILLS = 4
Row = dict[str, Any]


@pytest.fixture
def midnight() -> dt.datetime:
    """Return the city's next end of a month."""
    return month_start(timezone.now(), months=1)


@pytest.fixture(autouse=True)
def _months(transactional_db: None, midnight: dt.datetime) -> Iterator[None]:
    """Give the log its months for as long as the test lasts; other tests begin without them."""
    made = ensure_partitions(now=midnight)
    yield
    with connection.cursor() as cursor:
        for name in made:
            cursor.execute(f"DROP TABLE {name}")


@pytest.fixture
def server(tmp_path: Path, midnight: dt.datetime) -> Iterator[Server]:
    """Yield a server that runs two hours after the month's end."""
    clock = midnight + dt.timedelta(hours=2)
    running = Server(shared_database(tmp_path), tmp_path, clock=clock.timestamp()).start()
    yield running
    running.machine.kill()


def good_rows(places: list[Any], midnight: dt.datetime) -> list[Row]:
    """Return 1,000 passes of 40 couriers at two gates, from a quarter before midnight to a quarter after it."""
    lists = [publishing_list.publish(now=midnight + dt.timedelta(minutes=at)).version for at in (-15, -1)]
    began = midnight - dt.timedelta(minutes=14)
    phones = [make_phone(midnight, age=dt.timedelta(hours=20)) for _number in range(PHONES)]
    rows = []
    for turn in range(SHOWN):
        for number, phone in enumerate(phones):
            moment = began + dt.timedelta(seconds=turn * 66 + number)
            is_later = moment >= midnight - dt.timedelta(minutes=1)
            place = places[number % len(places)]
            rows.append(row_of(place, phone, moment, list_version=lists[is_later]))
    return rows


def bad_rows(place: Any, elsewhere: Any, midnight: dt.datetime) -> dict[str, list[Row]]:
    """Return rows that must not enter the log, by the reason for it."""
    real, thief = make_phone(midnight), make_phone(midnight)
    at = midnight + dt.timedelta(minutes=5)
    forged = {"pid": real.pid, "credential_digest": real.row.digest}
    return {
        "bad_device_signature": [row_of(place, thief, at) | forged for _number in range(10)],
        "holder_unknown": [row_of(place, make_phone(midnight, known=False), at) for _number in range(5)],
        "other_checkpoint": [row_of(elsewhere, real, at) for _number in range(10)],
        "too_old": [row_of(place, real, at - dt.timedelta(days=11)) for _number in range(3)],
        "bad_direction": [row_of(place, real, at, direction="up")],
    }


def test_a_thousand_passes_arrive_exactly_once_past_kills_and_losses_and_a_months_end(
    server: Server, midnight: dt.datetime
) -> None:
    south = make_gate()
    north = make_gate(south.listing, name="北门")
    elsewhere = make_gate(make_compound(name="别的小区", hours=ALWAYS))
    device, secret = make_device(south, midnight)
    good = good_rows([south, north], midnight)
    bad = bad_rows(south, elsewhere, midnight)
    network = BadNetwork(server, secret)
    network.upload([*good, *(row for rows in bad.values() for row in rows)], at_once=120, kills=KILLS)

    told = f"{dict(network.fates)} {dict(network.outcomes)} broken: {network.broken}"
    assert server.kills == KILLS, told
    assert network.broken >= 1, told
    assert network.outcomes["duplicate"] > 0, told
    assert {str(pk) for pk in Pass.objects.values_list("pk", flat=True)} == {row["id"] for row in good}
    assert set(Pass.objects.values_list("verdict", "assurance", "device_id")) == {("ok", 2, device.pk)}
    assert Proof.objects.count() == len(good)
    assert not Amendment.objects.exists()
    wanted = {row["id"]: [reason] for reason, rows in bad.items() for row in rows}
    assert network.refused == wanted
    kept = Quarantined.objects.values_list("pass_id", "reason", "state", "device_id")
    # Once each, however often they came; they stay open for a person to look at.
    assert sorted(kept) == sorted((pk, reason, "open", device.pk) for pk, [reason] in wanted.items())
    assert by_month() == {True, False}


def by_month() -> set[bool]:
    """Return on which sides of the month's end passes lie; on PostgreSQL each in its own partition."""
    ids = Pass.objects.values_list("pk", flat=True)
    if connection.vendor == "postgresql":
        with connection.cursor() as cursor:
            cursor.execute("SELECT tableoid::regclass::text, count(*) FROM codes_pass GROUP BY 1")
            tables = dict(cursor.fetchall())
        assert len(tables) == 2
        assert "codes_pass_default" not in tables
    end = month_start(timezone.now(), months=1).timestamp() * 1000
    return {pk.int >> 80 >= end for pk in ids}
