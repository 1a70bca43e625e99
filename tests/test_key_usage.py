"""How often a key asks: counted in the process, written once a minute, added up over processes and days."""

import datetime as dt
import os
import subprocess
import sys
import threading
from typing import Any

import pytest
import time_machine
from django.db import OperationalError, connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from portal.accounts.models import Organisation
from portal.partners import counting
from portal.partners.counting import Tally
from portal.partners.models import ApiKey, KeyUsage
from services.codes.api import callers
from tests.code_gates import make_gate, make_turnstile
from tests.personas import PartnerKey

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("regions")]


def ask(secret: str, path: str = "/api/v1/canteens/") -> Any:
    return Client().get(path, headers={"Authorization": f"Bearer {secret}"})


def rows(key: ApiKey) -> list[tuple[Any, ...]]:
    columns = ("day", "request_count", "refused_count", "throttled_count")
    return list(KeyUsage.objects.filter(api_key=key).values_list(*columns))


def city_day() -> dt.date:
    return timezone.localdate()


def test_requests_refusals_and_too_many_are_told_apart(partner: PartnerKey, settings: Any) -> None:
    settings.API_KEY_PER_MINUTE = 4
    with time_machine.travel(timezone.now().replace(second=1), tick=False):
        asked = [ask(partner.secret, f"/api/v1/canteens/{path}") for path in ("", "?no=1", "", "0/", "", "")]
    assert [answer.status_code for answer in asked] == [200, 400, 200, 404, 429, 429]
    counting.flush()
    assert rows(partner.key) == [(city_day(), 6, 2, 2)], (
        "of six in all, two were refused and two were too many"
    )


def test_a_stranger_and_a_key_that_is_wrong_are_nobodys_use(partner: PartnerKey) -> None:
    Client().get("/api/v1/canteens/")
    assert ask(f"{partner.secret}x").status_code == 401
    counting.flush()
    assert not KeyUsage.objects.exists()


def test_nothing_is_written_before_a_minute_is_over(partner: PartnerKey, monkeypatch: Any) -> None:
    now = [1000.0]
    monkeypatch.setattr("portal.partners.counting.time.monotonic", lambda: now[0])
    for _request in range(3):
        ask(partner.secret)
    now[0] += 59.9
    with CaptureQueriesContext(connection) as queries:
        ask(partner.secret)
    assert not any("partners_keyusage" in query["sql"] for query in queries)
    now[0] += 0.2
    with CaptureQueriesContext(connection) as queries:
        ask(partner.secret)
    assert sum("partners_keyusage" in query["sql"] for query in queries) == 1, "one statement, and no reading"
    assert rows(partner.key) == [(city_day(), 5, 0, 0)]
    with CaptureQueriesContext(connection) as queries:
        ask(partner.secret)
    assert not any("partners_keyusage" in query["sql"] for query in queries), "a new minute begins"


def test_many_keys_are_written_by_one_statement(partner: PartnerKey) -> None:
    organisation = partner.key.organisation
    issued = [
        ApiKey.issue(organisation=organisation, name=str(n), scopes=["listings:read"]) for n in range(3)
    ]
    for number, (_key, secret) in enumerate(issued, 1):
        for _request in range(number):
            ask(secret)
    # one upsert for all keys
    with CaptureQueriesContext(connection) as queries:
        counting.flush()
    assert len(queries) == 1
    assert [rows(key)[0][1] for key, _secret in issued] == [1, 2, 3]


def test_what_two_processes_counted_is_added_up(partner: PartnerKey) -> None:
    for _process in range(2):
        tally = Tally()
        for status in (200, 304, 404, 429, 500):
            tally.add(partner.key.pk, status)
        tally.flush()
        tally.flush()
    assert rows(partner.key) == [(city_day(), 10, 4, 2)]


def test_a_request_belongs_to_the_day_of_the_city(partner: PartnerKey) -> None:
    tally = Tally()
    for moment in ("2026-11-25T15:59:59Z", "2026-11-25T16:00:01Z"):
        with time_machine.travel(moment, tick=False):
            tally.add(partner.key.pk, 200)
    tally.flush()
    assert rows(partner.key) == [(dt.date(2026, 11, 25), 1, 0, 0), (dt.date(2026, 11, 26), 1, 0, 0)]


def test_a_key_that_is_gone_takes_nobody_elses_counts_with_it(partner: PartnerKey) -> None:
    gone, _text = ApiKey.issue(organisation=partner.key.organisation, name="x", scopes=["listings:read"])
    tally = Tally()
    for key in (gone, partner.key):
        tally.add(key.pk, 200)
    gone.delete()
    tally.flush()
    assert rows(partner.key) == [(city_day(), 1, 0, 0)]
    assert KeyUsage.objects.count() == 1


def test_what_a_lost_database_did_not_take_is_written_later(partner: PartnerKey, monkeypatch: Any) -> None:
    now = [1000.0]
    monkeypatch.setattr("portal.partners.counting.time.monotonic", lambda: now[0])
    really, tries = counting._write, []

    def lost(counts: Any) -> None:
        tries.append(1)
        raise OperationalError("the server closed the connection")

    monkeypatch.setattr(counting, "_write", lost)
    ask(partner.secret)
    now[0] += 61
    assert ask(partner.secret).status_code == 200, "an answer does not suffer"
    assert ask(partner.secret).status_code == 200
    assert len(tries) == 1, "a lost database is asked again in a minute, not by everybody"
    monkeypatch.setattr(counting, "_write", really)
    now[0] += 61
    assert ask(partner.secret).status_code == 200
    assert rows(partner.key) == [(city_day(), 4, 0, 0)]


def test_while_only_a_replica_answers_counts_wait(partner: PartnerKey, monkeypatch: Any) -> None:
    ask(partner.secret)
    monkeypatch.setattr(counting, "can_write", lambda: False)
    counting.flush()
    assert not KeyUsage.objects.exists()
    monkeypatch.undo()
    counting.flush()
    assert rows(partner.key) == [(city_day(), 1, 0, 0)]


def test_threads_lose_no_request(partner: PartnerKey) -> None:
    tally = Tally()

    def often() -> None:
        for _request in range(2000):
            tally.add(partner.key.pk, 200)

    threads = [threading.Thread(target=often) for _thread in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    tally.flush()
    assert rows(partner.key) == [(city_day(), 8000, 0, 0)]


def test_what_a_turnstile_asks_is_counted_and_limited_alike(settings: Any) -> None:
    settings.API_KEY_PER_MINUTE = 2
    callers._kept.clear()
    _device, secret = make_turnstile(make_gate(), timezone.now())
    key = ApiKey.find(secret)
    assert key is not None
    with time_machine.travel(timezone.now().replace(second=20, microsecond=0), tick=False):
        answers = [
            Client().post(
                "/api/v1/passes/batch/",
                body,
                content_type="application/json",
                headers={"Authorization": f"Bearer {secret}"},
            )
            for body in ({"rows": []}, {"rows": 1}, {"rows": []})
        ]
    assert [answer.status_code for answer in answers] == [200, 400, 429]
    assert [answer["RateLimit"] for answer in answers] == [
        '"minute";r=1;t=40',
        '"minute";r=0;t=40',
        '"minute";r=0;t=40',
    ]
    counting.flush()
    assert rows(key)[0][1:] == (3, 1, 1)


ENDING = """
import sys, time
import django
django.setup()
from portal.partners import counting
counting._tally.add(int(sys.argv[1]), 200)
print("counted", flush=True)
if sys.argv[2] == "forked":
    import multiprocessing
    counting.forget()
    child = multiprocessing.get_context("fork").Process(target=counting.Tally().add, args=(int(sys.argv[1]), 200))
    child.start()
    child.join()
"""


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("way", ["ends", "forked"])
def test_a_process_that_ends_writes_what_it_counted(way: str) -> None:
    organisation = Organisation.objects.create(kind="platform", name="某平台")
    key, _text = ApiKey.issue(organisation=organisation, name="x", scopes=["listings:read"])
    name = str(connection.settings_dict["NAME"])
    url = f"sqlite:///{name}" if connection.vendor == "sqlite" else _url(name)
    environment = {**os.environ, "DATABASE_URL": url, "DJANGO_SETTINGS_MODULE": "portal.settings"}
    done = subprocess.run(
        [sys.executable, "-c", ENDING, str(key.pk), way], env=environment, capture_output=True, check=False
    )
    assert done.returncode == 0, done.stderr.decode()
    assert rows(key) == [(city_day(), 1, 0, 0)], done.stderr.decode()


def _url(name: str) -> str:
    found = connection.settings_dict
    return f"postgresql://{found['USER']}:{found['PASSWORD']}@{found['HOST']}:{found['PORT']}/{name}"
