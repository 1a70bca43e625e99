"""Nothing is lost and nothing doubled: whatever the network drops, repeats and reorders, and across a month's end."""

import datetime as dt
import random
import threading
from collections import Counter
from typing import Any

import pytest
from django.db import connection, connections
from django.utils import timezone
from hypothesis import HealthCheck, given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st

from services.codes import contradicting, manual_codes, publishing_list, xg1
from services.codes.admitting import place_of
from services.codes.models import Amendment, Pass, Proof, Quarantined, SeenProof, StatusListIssue
from services.codes.partitions import ensure_partitions
from services.codes.pass_rows import read
from services.codes.passing import take_batch
from services.codes.turnstiles import Scan, take_one
from tests.code_gates import at_ms, make_device, make_gate, make_phone, row_of

MONTHS_END = dt.datetime(2026, 11, 30, 15, 30, tzinfo=dt.UTC)


class Killed(Exception):
    """The server ended after the commit and before the answer."""


def upload(device: Any, rows: list[Any], now: dt.datetime, chance: random.Random) -> Counter[str]:
    """Send rows as a phone does, over a network that loses requests and answers; return the outcomes heard."""
    waiting = {row["id"]: row for row in rows}
    heard: Counter[str] = Counter()
    while waiting:
        batch = chance.sample(sorted(waiting), min(len(waiting), chance.randint(1, 200)))
        sent = [waiting[pk] for pk in batch]
        if chance.random() < 0.2:
            continue
        if chance.random() < 0.2:
            sent = [*sent, *sent[: chance.randint(1, 5)]]
        answers = take_batch(device=device, rows=sent, now=now)
        if chance.random() < 0.3:
            continue
        for answer in answers:
            heard[answer.outcome] += waiting.pop(answer.id, None) is not None
    return heard


@pytest.mark.django_db
@pytest.mark.usefixtures("regions")
def test_a_thousand_passes_across_a_months_end_arrive_once() -> None:
    ensure_partitions(now=MONTHS_END)
    publishing_list.publish(now=MONTHS_END)
    place = make_gate()
    device = make_device(place, MONTHS_END)[0]
    phones = [make_phone(MONTHS_END) for _number in range(25)]
    chance = random.Random(11)

    @hypothesis_settings(
        max_examples=4, deadline=None, derandomize=True, suppress_health_check=list(HealthCheck)
    )
    @given(st.integers(0, 2**32))
    def arrive(seed: int) -> None:
        order = random.Random(seed)
        before = Pass.objects.count()
        rows = []
        for number in range(250):
            moment = MONTHS_END + dt.timedelta(seconds=15 * number + chance.random())
            phone = order.choice(phones) if order.random() < 0.8 else None
            override = {"method": "override", "verdict": "manual_override"}
            rows.append(row_of(place, phone, moment, **({} if phone else override)))
        order.shuffle(rows)
        now = MONTHS_END + dt.timedelta(hours=2)
        upload(device, rows, now, order)
        assert Pass.objects.count() == before + 250
        ids = {row["id"] for row in rows}
        assert Pass.objects.filter(pk__in=ids).count() == 250
        proven = {row["id"] for row in rows if row["presentation"]}
        assert Proof.objects.filter(pk__in=proven).count() == len(proven)
        assert set(upload(device, rows, now, random.Random(1))) <= {"duplicate", "amended"}
        assert Pass.objects.count() == before + 250

    arrive()
    assert not Quarantined.objects.exists()
    kept = Pass.objects.values_list("scanned_at", flat=True)
    assert {moment.astimezone(timezone.get_default_timezone()).month for moment in kept} == {11, 12}


@pytest.mark.django_db
@pytest.mark.usefixtures("regions")
@pytest.mark.parametrize("at", ["before", "after"])
def test_a_server_killed_beside_the_commit_loses_and_doubles_nothing(at: str, monkeypatch: Any) -> None:
    now = timezone.now()
    publishing_list.publish(now=now)
    place = make_gate()
    device = make_device(place, now)[0]
    rows = [row_of(place, make_phone(now), now) for _number in range(3)]
    find = contradicting.find

    def killed(**_more: Any) -> Any:
        raise Killed

    if at == "after":
        monkeypatch.setattr(contradicting, "find", killed)
    else:
        monkeypatch.setattr("services.codes.passing.record", killed)
    with pytest.raises(Killed):
        take_batch(device=device, rows=rows, now=now)
    monkeypatch.undo()
    assert contradicting.find is find
    answers = take_batch(device=device, rows=rows, now=now)
    assert {answer.outcome for answer in answers} == {"duplicate" if at == "after" else "created"}
    assert Pass.objects.count() == Proof.objects.count() == 3


def at_once(*works: Any) -> list[Any]:
    """Run works in threads that begin together; return what each returned, or its error."""
    start = threading.Barrier(len(works))
    found: list[Any] = [None] * len(works)

    def run(number: int, work: Any) -> None:
        start.wait(30)
        try:
            found[number] = work()
        except Exception as error:
            found[number] = error
        finally:
            connections.close_all()

    threads = [threading.Thread(target=run, args=pair) for pair in enumerate(works)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(120)
    return found


@pytest.mark.django_db(transaction=True)
@pytest.mark.usefixtures("regions")
class TestAtOnce:
    """Several processes do the same at the same moment."""

    def test_the_same_batch_sent_four_times_is_written_once(self) -> None:
        now = timezone.now()
        publishing_list.publish(now=now)
        place = make_gate()
        device = make_device(place, now)[0]
        rows = [row_of(place, make_phone(now), now) for _number in range(20)]
        batches = [random.Random(seed).sample(rows, 20) for seed in range(4)]
        works = [
            lambda batch=batch: [answer.outcome for answer in take_batch(device=device, rows=batch, now=now)]
            for batch in batches
        ]
        told = Counter(outcome for answers in at_once(*works) for outcome in answers)
        assert told == {"created": 20, "duplicate": 60}
        assert Pass.objects.count() == Proof.objects.count() == 20
        assert not Quarantined.objects.exists()

    def test_a_proof_uploaded_at_two_gates_at_once_is_one_conflict(self) -> None:
        now = timezone.now()
        publishing_list.publish(now=now)
        place = make_gate()
        other = make_gate(place.listing, name="北门")
        phone = make_phone(now)
        one = row_of(place, phone, now, gate=0, made_offline=False)
        two = row_of(other, phone, now, gate=0, made_offline=False)
        two["presentation"] = one["presentation"]
        devices = [make_device(place, now)[0], make_device(other, now)[0]]
        at_once(
            lambda: take_batch(device=devices[0], rows=[one], now=now),
            lambda: take_batch(device=devices[1], rows=[two], now=now),
        )
        said = Amendment.objects.filter(kind="conflict")
        assert {str(pk) for pk in said.values_list("pass_id", flat=True)} == {one["id"], two["id"]}
        assert said.count() == 2

    def test_one_code_shown_to_four_turnstile_requests_opens_once(self) -> None:
        now = timezone.now()
        place = make_gate()
        device = make_device(place, now)[0]
        where = place_of(device.pk, place)
        text = make_phone(now).text(now, gate=place.number)
        import uuid

        works = [
            lambda: take_one(place=where, scan=Scan(uuid.UUID(at_ms(now)), text, "in"), now=now)
            for _number in range(4)
        ]
        told = at_once(*works)
        assert [one.opens for one in told].count(True) == 1, told
        assert SeenProof.objects.count() == 1
        assert Pass.objects.filter(verdict="ok").count() == 1

    def test_the_same_question_asked_four_times_at_once_is_one_pass(self) -> None:
        now = timezone.now()
        place = make_gate()
        device = make_device(place, now)[0]
        import uuid

        scan = Scan(uuid.UUID(at_ms(now)), make_phone(now).text(now, gate=place.number), "in")
        told = at_once(*[lambda: take_one(place=place_of(device.pk, place), scan=scan, now=now)] * 4)
        assert {one.verdict for one in told} == {"ok"}, told
        assert Counter(one.outcome for one in told) == {"created": 1, "duplicate": 3}
        assert Pass.objects.count() == 1

    def test_eight_digits_given_to_two_guards_at_once_let_in_once(self) -> None:
        now = timezone.now()
        place = make_gate()
        devices = [make_device(place, now)[0] for _number in range(2)]
        phone = make_phone(now)
        text = phone.text(now, challenge=xg1.UNSHOWN)
        code, _ends = manual_codes.mint(text=text, listing=place.listing.public_id, now=now)
        rows = [
            read(row_of(place, None, now, made_offline=False, method="manual_code")) for _device in devices
        ]
        told = at_once(
            *[
                lambda device=device, row=row: manual_codes.take(device=device, code=code, row=row, now=now)
                for device, row in zip(devices, rows, strict=True)
            ]
        )
        assert [isinstance(one, manual_codes.Admitted) for one in told].count(True) == 1, told
        assert [isinstance(one, manual_codes.WrongCode) for one in told].count(True) == 1, told
        assert Pass.objects.count() == 1

    def test_versions_of_the_list_only_rise_when_many_publish(self) -> None:
        now = timezone.now()
        told = at_once(*[lambda: publishing_list.publish(now=now).version] * 4)
        assert len(set(told)) == 4, told
        assert StatusListIssue.objects.count() == 4
        StatusListIssue.objects.all().delete()
        at_once(*[lambda: publishing_list.newest(now=now).version] * 4)
        assert StatusListIssue.objects.count() == 1


@pytest.mark.django_db
@pytest.mark.skipif(connection.vendor != "postgresql", reason="SQLite has no partitions.")
@pytest.mark.usefixtures("regions")
def test_passes_lie_in_the_partition_of_their_month() -> None:
    ensure_partitions(now=MONTHS_END)
    place = make_gate()
    device = make_device(place, MONTHS_END)[0]
    moments = [MONTHS_END, MONTHS_END + dt.timedelta(hours=1)]
    rows = [row_of(place, None, moment, method="override") for moment in moments]
    take_batch(device=device, rows=rows, now=moments[1])
    with connection.cursor() as cursor:
        cursor.execute("SELECT tableoid::regclass::text FROM codes_pass ORDER BY id")
        assert [name for (name,) in cursor.fetchall()] == ["codes_pass_2026_11", "codes_pass_2026_12"]
