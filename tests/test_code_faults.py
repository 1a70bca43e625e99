"""What a gate refused stays refused, and a courier's own record takes nothing from the guard's."""

import datetime as dt
from typing import Any

import pytest
from django.utils import timezone

from services.codes import claiming, publishing_list
from services.codes.admitting import Online
from services.codes.models import Amendment, Pass, SeenProof
from services.codes.passing import take_batch
from services.codes.placing import printed
from tests.code_gates import at_ms, make_device, make_gate, make_phone, row_of

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("regions")]


@pytest.fixture
def now() -> dt.datetime:
    return timezone.now()


@pytest.fixture
def place(regions: Any, now: dt.datetime) -> Any:
    publishing_list.publish(now=now)
    return make_gate()


@pytest.fixture
def device(place: Any, now: dt.datetime) -> Any:
    return make_device(place, now)[0]


def test_a_couriers_own_claim_does_not_make_the_guards_scan_a_replay(
    place: Any, device: Any, now: dt.datetime
) -> None:
    phone = make_phone(now)
    begins = dt.datetime.fromtimestamp(now.timestamp() // 15 * 15, dt.UTC)
    claiming.claim(
        body={
            "id": at_ms(begins),
            "place": printed(checkpoint=place).address.split("/")[-2],
            "text": phone.text(begins, gate=place.number),
            "at_ms": int(begins.timestamp() * 1000),
        },
        now=begins + dt.timedelta(seconds=1),
    )
    later = begins + dt.timedelta(seconds=13)
    (answer,) = take_batch(device=device, rows=[row_of(place, phone, later)], now=later)
    assert (answer.outcome, answer.verdict) == ("created", "ok")


@pytest.mark.parametrize("verdict", ["replayed", "gate_closed", "gate_rule", "rate_limited"])
def test_what_a_gate_refused_offline_is_not_made_a_pass(
    place: Any, device: Any, now: dt.datetime, verdict: str
) -> None:
    phone = make_phone(now)
    row = row_of(place, phone, now, verdict=verdict, assurance=0)
    (answer,) = take_batch(device=device, rows=[row], now=now)
    assert (answer.outcome, answer.verdict, answer.assurance) == ("created", verdict, 0)
    assert not Amendment.objects.exists()
    assert not SeenProof.objects.exists()
    assert Pass.objects.get().pid == phone.pid


@pytest.mark.parametrize(
    ("told", "outcome", "verdict"),
    [
        ("replayed", "created", "replayed"),
        ("rate_limited", "created", "rate_limited"),
        ("revoked", "amended", "ok"),
    ],
)
def test_online_the_server_overrules_only_what_it_knows_better(
    place: Any, device: Any, now: dt.datetime, told: str, outcome: str, verdict: str
) -> None:
    phone = make_phone(now)
    row = row_of(place, phone, now, verdict=told, assurance=0, made_offline=False)
    online = Online(device.pk, device.listing_id, now, {})
    rows = [{**row, "text": phone.text(now, gate=place.number)}]
    (answer,) = take_batch(device=device, rows=rows, now=now, judge_text=online)
    assert (answer.outcome, answer.verdict) == (outcome, verdict)
