"""What identity codes promise, tried across the whole: pictures of a screen, copies, slide shows, codes taken back."""

import datetime as dt
import random
from pathlib import Path
from typing import Any

import jwt
import pytest
import time_machine
from django.utils import timezone
from hypothesis import given
from hypothesis import strategies as st

from services.codes import challenging, publishing_list, xg1
from services.codes.keyring import KeyRing
from services.codes.models import Credential, Pass, StatusListIssue
from services.codes.revoking import lose
from services.codes.turnstile import gate as emulated
from tests.code_gates import Phone, make_gate, make_phone, row_of
from tests.code_holders import DeviceKey, first, make_holder, renewed
from tests.test_code_emulator import gate_of
from tests.test_code_guard import begin, with_device
from tests.test_code_guard import post as guard_post
from tests.test_code_turnstiles import Turnstile

GATE, OTHER_GATE = 4711, 815
NOW = 1_795_665_600
HOUR = dt.timedelta(hours=1)
MAKERS = {"issuer": DeviceKey("issuer"), "device": DeviceKey("device")}
KEYS = {7: xg1.Key(7, MAKERS["issuer"].public, NOW - 86_400, NOW + 864_000, "credential")}
CREDENTIAL = xg1.issue(
    private_key=MAKERS["issuer"].private,
    kid=7,
    index=77,
    issued_at=NOW - 7200,
    life_hours=48,
    platform=7,
    work_type="food_delivery",
    provisional=False,
    name="李*明",
    public_key=MAKERS["device"].public,
)


def shown(at: float, *, gate: int = xg1.NO_GATE, challenge: int = xg1.NO_CHALLENGE) -> str:
    """Return what a phone shows whose clock says `at`."""
    step = xg1.step_at(at)
    return xg1.present(
        device_key=MAKERS["device"].private, credential=CREDENTIAL, step=step, gate=gate, challenge=challenge
    )


def judged(text: str, now: float, **asking: Any) -> xg1.Verdict:
    """Return what a gate with a fresh list says whose clock says `now`."""
    asked = xg1.Asking(now=now, **{"gate": GATE, "online": True, "list_age_s": 60, **asking})
    outcome = xg1.verify(
        text, keys=KEYS, status=lambda _index: False, asking=asked, seen=lambda *_proof: False, last_pass=None
    )
    return outcome.verdict


class TestPictures:
    """A picture of the screen."""

    gates = st.fixed_dictionaries({"attended": st.booleans(), "online": st.booleans()})

    @given(
        moment=st.floats(0, 15, exclude_max=True), age=st.floats(45, 400), gate=gates, is_bound=st.booleans()
    )
    def test_opens_nothing_after_45_seconds_by_clocks_that_are_right(
        self, moment: float, age: float, gate: dict[str, bool], is_bound: bool
    ) -> None:
        picture = shown(NOW + moment, gate=GATE if is_bound else 0)
        assert not judged(picture, NOW + moment + age, **gate).passes

    @given(
        moment=st.floats(0, 15, exclude_max=True),
        fast=st.floats(-60, 60),
        age=st.floats(60, 400),
        gate=gates,
        is_bound=st.booleans(),
    )
    def test_opens_nothing_after_60_seconds_if_the_phone_itself_opens_without_digits(
        self, moment: float, fast: float, age: float, gate: dict[str, bool], is_bound: bool
    ) -> None:
        picture = shown(NOW + moment + fast, gate=GATE if is_bound else 0)
        live = judged(picture, NOW + moment, attended=True, online=True)
        if live.passes:
            assert not judged(picture, NOW + moment + age, **gate).passes

    @given(fast=st.floats(-60, 60), age=st.floats(0, 400), challenge=st.integers(0, 99))
    def test_never_answers_digits_that_were_asked_after_it_was_taken(
        self, fast: float, age: float, challenge: int
    ) -> None:
        picture = shown(NOW + fast, gate=GATE)
        assert not judged(picture, NOW + age, challenge=challenge).passes

    def test_opens_while_it_is_fresh_else_the_others_would_prove_nothing(self) -> None:
        assert judged(shown(NOW), NOW + 29) == "ok"
        assert judged(shown(NOW), NOW + 45) == "challenge_required"
        assert judged(shown(NOW + 15), NOW + 44) == "ok"
        assert judged(shown(NOW), NOW + 400) == "step_expired"

    @pytest.mark.parametrize("slow", [-60, 60])
    def test_and_screens_are_asked_for_digits_by_a_gate_whose_clock_is_a_minute_off(self, slow: int) -> None:
        """A gate's clock is that of the last sync; one that lags behind what the issuer just signed is not believed."""
        fresh = Phone(dt.datetime.fromtimestamp(NOW, dt.UTC))
        data = xg1.issue(
            private_key=MAKERS["issuer"].private,
            kid=7,
            index=78,
            issued_at=NOW,
            life_hours=48,
            platform=7,
            work_type="food_delivery",
            provisional=False,
            name="李*明",
            public_key=xg1.compress(fresh.key.public_key()),
        )
        text = xg1.present(device_key=fresh.key, credential=data, step=xg1.step_at(NOW), gate=GATE)
        assert judged(text, NOW + slow) == "challenge_required"


class TestCopies:
    """A code that is bound to a gate, copied to another one."""

    @pytest.mark.parametrize("is_online", [True, False])
    def test_is_refused_there(self, is_online: bool) -> None:
        text = shown(NOW, gate=GATE)
        assert judged(text, NOW, online=is_online) == "ok"
        assert judged(text, NOW, gate=OTHER_GATE, online=is_online) == "wrong_gate"
        assert judged(text, NOW, gate=OTHER_GATE, online=is_online, attended=False) == "wrong_gate"

    def test_of_two_gates_without_a_network_each_asks_an_unbound_code_for_digits_of_its_own(self) -> None:
        assert judged(shown(NOW), NOW, online=False) == "challenge_required"
        answer = shown(NOW, challenge=17)
        assert judged(answer, NOW, online=False, challenge=17) == "ok"
        assert judged(answer, NOW, gate=OTHER_GATE, online=False, challenge=71) == "challenge_mismatch"
        assert judged(answer, NOW, gate=OTHER_GATE, online=False) == "challenge_required"


@pytest.mark.django_db
class TestSlideShows:
    """Codes signed ahead, by somebody who had the phone for a moment, played to a turnstile."""

    @pytest.fixture
    def lone(self, regions: Any) -> Turnstile:
        return Turnstile(make_gate(attended=False), timezone.now())

    @pytest.mark.parametrize("guesses", [0, 1])
    def test_open_nothing_at_a_gate_without_a_guard(
        self, lone: Turnstile, monkeypatch: Any, guesses: int
    ) -> None:
        """The digits are drawn after the signing. What was signed ahead answers none, or guesses them."""
        dice = random.Random(4)
        monkeypatch.setattr(challenging.secrets, "randbelow", lambda most: dice.randrange(5000, most))
        start = timezone.now()
        phone = make_phone(start)
        number = lone.place.number
        slides = []
        for turn in range(20):
            at = start + dt.timedelta(seconds=15 * turn)
            guessed = {"challenge": turn * 7} if guesses else {}
            slides.append((at, phone.text(at, gate=number, **guessed)))
        words = set()
        for at, text in slides:
            with time_machine.travel(at, tick=False):
                told = lone.scan(text).json()
                words.add(told["verdict"])
                assert not told["opens"]
        assert words <= {"challenge_required", "challenge_mismatch", "rate_limited"}
        assert not Pass.objects.filter(verdict__startswith="ok").exists()

    @pytest.mark.parametrize("is_offline", [True, False])
    def test_open_nothing_at_the_emulated_turnstile(
        self, lone: Turnstile, tmp_path: Path, monkeypatch: Any, is_offline: bool
    ) -> None:
        dice = random.Random(5)
        for module in (challenging, emulated):
            monkeypatch.setattr(module.secrets, "randbelow", lambda most: dice.randrange(5000, most))
        start = timezone.now()
        phone, place = make_phone(start), make_gate(attended=False)
        gate, line = gate_of(place, start, tmp_path)
        line.is_cut = is_offline
        slides = [
            (at, phone.text(at, gate=place.number, **challenge))
            for turn in range(20)
            for challenge in ({}, {"challenge": turn * 7})
            for at in [start + dt.timedelta(seconds=15 * turn)]
        ]
        decided = []
        for at, text in slides:
            with time_machine.travel(at, tick=False):
                decided.append(gate.decide(text))
        assert not any(one.opens for one in decided)
        assert {one.by for one in decided} == {"gate" if is_offline else "portal"}
        assert {"challenge_mismatch", "rate_limited"} <= {one.verdict for one in decided}

    def test_lock_themselves_out_by_guessing(self, lone: Turnstile) -> None:
        phone = make_phone(timezone.now())
        words = []
        for guess in range(8):
            asked = lone.scan(phone.text(timezone.now(), gate=lone.place.number)).json()["challenge"]
            wrong = (int(asked or 0) + 1 + guess) % 10_000
            words.append(
                lone.scan(phone.text(timezone.now(), gate=lone.place.number, challenge=wrong)).json()[
                    "verdict"
                ]
            )
        assert words[3:] == ["rate_limited"] * 5


@pytest.mark.django_db
@pytest.mark.usefixtures("regions")
class TestTakingBack:
    """After five renewals one loss takes back everything that a person's phone can still show."""

    @pytest.fixture
    def lost(self) -> Any:
        """Return the moment of the loss, the six phones and the version of the list before it."""
        now = timezone.now()
        start = now - 6 * HOUR
        before = publishing_list.publish(now=now - dt.timedelta(minutes=5)).version
        holder = make_holder(now=start)
        given = [first(holder, "0", now=start)]
        for turn in range(1, 6):
            given.append(renewed(given[-1], str(turn - 1), str(turn), now=start + turn * HOUR))
        phones = [
            Phone(now, key=DeviceKey(str(turn)).private, row=one, data=bytes(one.data or b""))
            for turn, one in enumerate(given)
        ]
        assert lose(user=holder.courier.user) == 6
        return timezone.now(), phones, before

    def test_online_each_is_refused_at_once_by_guard_and_turnstile(self, lost: Any) -> None:
        now, phones, _before = lost
        place = make_gate()
        client, _device = with_device(place, now)
        begin(client, place)
        turnstile = Turnstile(place, now)
        for phone in phones:
            text = phone.text(timezone.now(), gate=place.number)
            row = {**row_of(place, phone, timezone.now(), made_offline=False), "text": text}
            (told,) = guard_post(client, "/guard/passes/", {"rows": [row]}).json()["answers"]
            assert (told["outcome"], told["verdict"]) == ("amended", "revoked")
            assert turnstile.scan(text).json()["verdict"] == "revoked"

    def test_offline_each_is_refused_as_soon_as_the_list_is_newer(self, lost: Any) -> None:
        now, phones, before = lost
        old, new = (
            self.bits(version) for version in (before, StatusListIssue.objects.latest("version").version)
        )
        for phone in phones:
            assert self.verdict(phone, now, old, 300) == "ok"
            assert self.verdict(phone, now, new, 0) == "revoked"

    def test_offline_a_list_older_than_fifteen_minutes_asks_for_digits(self, lost: Any) -> None:
        now, phones, before = lost
        old = self.bits(before)
        oldest = phones[0]
        assert self.verdict(oldest, now, old, 901) == "challenge_required"
        assert self.verdict(oldest, now, old, 900) == "ok"
        assert self.verdict(oldest, now, None, None) == "challenge_required"

    @staticmethod
    def bits(version: int) -> xg1.StatusBits:
        token = StatusListIssue.objects.get(version=version).token
        return xg1.StatusBits.from_payload(jwt.decode(token, options={"verify_signature": False}))

    @staticmethod
    def verdict(phone: Phone, now: dt.datetime, bits: Any, age: float | None) -> xg1.Verdict:
        moment = timezone.now()
        return xg1.verify(
            phone.text(moment, gate=GATE),
            keys=KeyRing.load().code_keys(),
            status=bits,
            asking=xg1.Asking(now=moment.timestamp(), gate=GATE, online=False, list_age_s=age),
            seen=lambda *_proof: False,
        ).verdict


@pytest.mark.django_db
def test_a_code_of_somebody_else_answers_no_digits_of_mine(regions: Any) -> None:
    """A relay needs the courier's own phone, live: nobody else's key answers, and no copied credential."""
    lone = Turnstile(make_gate(attended=False), timezone.now())
    phone, thief = make_phone(timezone.now()), make_phone(timezone.now())
    asked = lone.scan(phone.text(timezone.now(), gate=lone.place.number)).json()["challenge"]
    thief.data = phone.data
    stolen = thief.text(timezone.now(), gate=lone.place.number, challenge=int(asked))
    assert lone.scan(stolen).json()["verdict"] == "bad_device_signature"
    assert Credential.objects.filter(pid=phone.pid, revoked_at=None).exists()


@pytest.mark.django_db
def test_a_guards_phone_that_lies_gets_no_assurance_and_no_one_elses_pass(regions: Any) -> None:
    """It may say that it scanned somebody; without the courier's signature the row proves nothing about anybody."""
    publishing_list.publish(now=timezone.now())
    place = make_gate()
    client, _device = with_device(place, timezone.now())
    phone = make_phone(timezone.now())
    lies = [
        row_of(place, None, timezone.now(), pid=phone.pid, assurance=4),
        row_of(place, phone, timezone.now(), made_offline=False, assurance=4),
        row_of(place, phone, timezone.now(), shown_at=timezone.now() - dt.timedelta(minutes=30)),
    ]
    told = guard_post(client, "/guard/passes/", {"rows": lies}).json()["answers"]
    assert [(one["outcome"], one["assurance"]) for one in told] == [
        ("created", 0),
        ("created", 2),
        ("amended", 0),
    ]
