"""The turnstile in a terminal, against this portal: online, offline, and back."""

import datetime as dt
import io
import json
from pathlib import Path
from typing import Any

import httpx
import pytest
import time_machine
from django.core.management import call_command
from django.test import Client
from django.utils import timezone

from services.codes.api import callers
from services.codes.models import Amendment, Pass, Quarantined
from services.codes.turnstile import portal as portals
from services.codes.turnstile.gate import Turnstile
from services.codes.turnstile.portal import Away, Portal
from services.codes.turnstile.queue import Queue
from tests.code_gates import make_gate, make_phone, make_turnstile, revoke

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("regions")]


@pytest.fixture(autouse=True)
def _no_kept_keys() -> None:
    callers._kept.clear()


@pytest.fixture
def now() -> dt.datetime:
    return timezone.now()


class Line:
    """The network between turnstile and portal; it can be cut before the portal hears, or before its answer comes."""

    def __init__(self) -> None:
        self.is_cut = False
        self.loses_answers = False

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        if self.is_cut:
            raise httpx.ConnectError("cut")
        told = Client().generic(
            request.method,
            request.url.raw_path.decode(),
            request.read(),
            content_type=request.headers.get("Content-Type", ""),
            headers={"Authorization": request.headers["Authorization"]},
        )
        answer = httpx.Response(told.status_code, headers=dict(told.headers), content=told.content)
        if self.loses_answers:
            raise httpx.ReadError("lost")
        return answer

    def __enter__(self) -> "Line":
        return self

    def __exit__(self, *_error: object) -> None:
        pass

    def close(self) -> None:
        pass


def gate_of(place: Any, now: dt.datetime, folder: Path) -> tuple[Turnstile, Line]:
    _device, key = make_turnstile(place, now)
    line = Line()
    queue = Queue(folder / "queue.sqlite3")
    gate = Turnstile(Portal("http://localhost", key, transport=line), queue)
    assert gate.sync()
    return gate, line


def test_online_the_portal_decides_and_asks(now: dt.datetime, tmp_path: Path) -> None:
    place, phone = make_gate(attended=False), make_phone(now)
    gate, _line = gate_of(place, now, tmp_path)
    first = gate.decide(phone.text(timezone.now(), gate=place.number))
    assert (first.verdict, first.opens, first.by) == ("challenge_required", False, "portal")
    text = phone.text(timezone.now(), gate=place.number, challenge=int(first.challenge or 0))
    second = gate.decide(text)
    assert (second.verdict, second.opens, second.assurance) == ("ok", True, 4)


def test_offline_the_gate_decides_asks_queues_and_uploads(now: dt.datetime, tmp_path: Path) -> None:
    place, phone = make_gate(attended=False), make_phone(now)
    gate, line = gate_of(place, now, tmp_path)
    line.is_cut = True
    first = gate.decide(phone.text(timezone.now(), gate=place.number))
    assert (first.verdict, first.by, len(first.challenge or "")) == ("challenge_required", "gate", 4)
    text = phone.text(timezone.now(), gate=place.number, challenge=int(first.challenge or 0))
    second = gate.decide(text)
    assert (second.verdict, second.opens, second.assurance) == ("ok", True, 2)
    assert gate.decide(text).opens is False
    with pytest.raises(Away):
        gate.upload()
    assert gate.queue.count("waiting") == 1
    line.is_cut = False
    assert gate.upload() == 1
    kept = Pass.objects.get()
    assert (kept.verdict, kept.assurance, kept.made_offline, kept.challenge) == (
        "ok",
        2,
        True,
        int(first.challenge or 0),
    )
    assert not Amendment.objects.exists()


def test_a_lost_answer_doubles_nothing(now: dt.datetime, tmp_path: Path) -> None:
    place, phone = make_gate(), make_phone(now)
    gate, line = gate_of(place, now, tmp_path)
    line.is_cut = True
    assert gate.decide(phone.text(timezone.now(), gate=place.number)).opens
    line.is_cut, line.loses_answers = False, True
    with pytest.raises(Away):
        gate.upload()
    again = Turnstile(gate.portal, Queue(tmp_path / "queue.sqlite3"))
    line.loses_answers = False
    assert again.upload() == 1
    assert again.queue.count("waiting") == 0
    assert Pass.objects.count() == 1


def test_what_was_taken_is_known_after_a_restart(now: dt.datetime, tmp_path: Path) -> None:
    place, phone = make_gate(), make_phone(now)
    gate, line = gate_of(place, now, tmp_path)
    line.is_cut = True
    text = phone.text(now, gate=place.number)
    with time_machine.travel(now, tick=False) as clock:
        assert gate.decide(text).opens
        clock.shift(dt.timedelta(seconds=12))
        again = Turnstile(gate.portal, Queue(tmp_path / "queue.sqlite3"), offline=True)
        assert again.decide(text).verdict == "replayed"


def test_the_list_shuts_out_and_the_server_amends_what_it_came_too_late_for(
    now: dt.datetime, tmp_path: Path
) -> None:
    place, early, late = make_gate(), make_phone(now), make_phone(now)
    revoke(early, now)
    gate, line = gate_of(place, now, tmp_path)
    # Before the scan by any clock, and after the list was made.
    revoke(late, now)
    line.is_cut = True
    assert gate.decide(early.text(timezone.now(), gate=place.number)).verdict == "revoked"
    assert gate.decide(late.text(timezone.now(), gate=place.number)).opens
    line.is_cut = False
    assert gate.upload() == 2
    assert Amendment.objects.get().verdict == "revoked"


def test_a_list_that_was_not_signed_is_none(now: dt.datetime, tmp_path: Path) -> None:
    place, phone = make_gate(), make_phone(now)
    gate, line = gate_of(place, now, tmp_path)
    told = gate.queue.kept("list")
    gate.queue.keep("list", {**told, "token": told["token"][:-8] + "AAAAAAAA"})
    again = Turnstile(gate.portal, gate.queue, offline=True)
    decision = again.decide(phone.text(timezone.now(), gate=place.number))
    assert (again.claims, decision.verdict, decision.opens) == (None, "challenge_required", False)
    line.is_cut = False
    again.offline = False
    assert again.sync()
    assert again.claims


def test_a_refused_row_stays_and_is_named(now: dt.datetime, tmp_path: Path) -> None:
    place, phone = make_gate(), make_phone(now)
    gate, line = gate_of(place, now, tmp_path)
    line.is_cut = True
    gate.decide(phone.text(timezone.now(), gate=place.number))
    line.is_cut = False
    phone.row.delete()
    assert gate.upload() == 1
    assert (gate.queue.count("waiting"), gate.queue.count("quarantined")) == (0, 1)
    assert Quarantined.objects.get().reason == "holder_unknown"


def test_three_wrong_answers_lock_a_pid_offline_too(now: dt.datetime, tmp_path: Path) -> None:
    place, phone = make_gate(attended=False), make_phone(now)
    gate, line = gate_of(place, now, tmp_path)
    line.is_cut = True
    said = []
    for _wrong in range(4):
        asked = gate.decide(phone.text(timezone.now(), gate=place.number)).challenge
        wrong = (int(asked or 0) + 1) % 10_000
        said.append(gate.decide(phone.text(timezone.now(), gate=place.number, challenge=wrong)).verdict)
    assert said == ["challenge_mismatch"] * 3 + ["rate_limited"]


class TestCommand:
    """The console command around it."""

    @pytest.fixture
    def line(self, monkeypatch: Any) -> Line:
        line = Line()
        client = httpx.Client
        monkeypatch.setattr(portals.httpx, "Client", lambda **more: client(**{**more, "transport": line}))
        return line

    def run(self, key: str, codes: list[str], folder: Path, *more: str) -> tuple[int, list[Any], str]:
        source = folder / "codes.txt"
        source.write_text("".join(f"{code}\n" for code in codes), encoding="utf-8", newline="")
        out, err = io.StringIO(), io.StringIO()
        arguments = ["http://localhost", "--key", key, "--codes", str(source), "--json"]
        queue = ["--queue", str(folder / "queue.sqlite3")]
        try:
            call_command("emulate_turnstile", *arguments, *queue, *more, stdout=out, stderr=err)
            status = 0
        except SystemExit as ended:
            status = int(ended.code or 0)
        return status, [json.loads(line) for line in out.getvalue().splitlines()], err.getvalue()

    def test_it_prints_a_verdict_for_each_code(self, line: Line, now: dt.datetime, tmp_path: Path) -> None:
        place, phone = make_gate(), make_phone(now)
        _device, key = make_turnstile(place, now)
        good = phone.text(timezone.now(), gate=place.number)
        assert self.run(key, [good], tmp_path)[0] == 0
        status, said, _err = self.run(key, ["hello", good], tmp_path)
        assert [one["verdict"] for one in said] == ["bad_format", "ok_already_passed"]
        assert status == 1

    def test_it_works_offline_and_uploads_later(self, line: Line, now: dt.datetime, tmp_path: Path) -> None:
        place, phone = make_gate(), make_phone(now)
        _device, key = make_turnstile(place, now)
        self.run(key, [], tmp_path)
        line.is_cut = True
        status, said, _err = self.run(
            key, [phone.text(timezone.now(), gate=place.number)], tmp_path, "--offline"
        )
        assert (status, said[0]["opens"], said[0]["by"]) == (0, True, "gate")
        assert self.run(key, [], tmp_path)[0] == 3
        line.is_cut = False
        assert self.run(key, [], tmp_path)[0] == 0
        assert Pass.objects.get().made_offline

    def test_it_says_who_it_is_not(self, line: Line, now: dt.datetime, tmp_path: Path) -> None:
        status, _said, err = self.run("nx_0123456789ab_x", [], tmp_path)
        assert status == 2
        assert "key_invalid" in err
