"""The issuer's keys: who signs when, what gates are told, what a rotation and a leak do."""

import json
from pathlib import Path
from typing import Any

import jwt
import pytest
from hypothesis import HealthCheck, given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st

from services.codes.keyfiles import KeyFault
from services.codes.keymaking import Waiting, ensure_keys, retire, rotate
from services.codes.keyring import (
    CLOCK_LEEWAY,
    DAY,
    HOUR,
    KEPT_LONGER,
    LONGEST_LIFE,
    LONGEST_USE,
    KeyRing,
    Purpose,
)
from services.codes.xg1.keys import keys_from_jwks

START = 1_800_000_000
KEPT = LONGEST_LIFE[Purpose.CREDENTIAL] + KEPT_LONGER


@pytest.fixture
def place(settings: Any, tmp_path: Path) -> Path:
    """Return an empty folder of keys."""
    settings.CODE_KEYS_DIR, settings.CODE_KEYS_PASSPHRASE = str(tmp_path / "keys"), ""
    return tmp_path / "keys"


@pytest.fixture
def keys(place: Path) -> Path:
    """Return a folder whose first keys were made at START."""
    ensure_keys(at=START)
    return place


def kid_of(purpose: str, at: int) -> int:
    return KeyRing.load().signing(purpose, at)[0]


def test_first_keys_sign_at_once_and_are_made_once(place: Path) -> None:
    made = ensure_keys(at=START)
    assert {entry.purpose for entry in made} == {"credential", "place", "list"}
    assert len({entry.kid for entry in made}) == 3
    for entry in made:
        kid, key = KeyRing.load().signing(entry.purpose, START)
        assert kid == entry.kid in range(1, 65_536)
        assert key.public_key() == KeyRing.load().public_keys(START)[kid].key
    assert ensure_keys(at=START + 1) == []
    assert KeyRing.load().version == made[0].version == START


def test_a_node_whose_clock_is_behind_signs_with_a_new_key_too(keys: Path) -> None:
    first = kid_of("list", START - 200)
    assert first in KeyRing.load().public_keys(START - 200)
    done = retire(first, why="leak", at=START + DAY)
    assert done.successor is not None
    assert kid_of("list", START + DAY - 200) == done.successor.kid


def test_the_next_key_is_published_two_days_before_it_signs(keys: Path) -> None:
    first = kid_of("credential", START)
    made = rotate("credential", at=START + DAY)
    turn = START + DAY + 48 * HOUR
    assert (made.nbf, made.used_from) == (turn, turn)
    assert set(KeyRing.load().public_keys(START + DAY, "credential")) == {first, made.kid}
    assert [kid_of("credential", at) for at in (turn - 1, turn)] == [first, made.kid]
    old = KeyRing.load().entry(first)
    assert old is not None
    assert (old.signs_until, old.exp) == (turn, turn + 96 * HOUR)
    assert first in KeyRing.load().public_keys(turn + KEPT - 1)
    assert first not in KeyRing.load().public_keys(turn + KEPT)
    assert KeyRing.load().known(first) is not None


def test_a_key_in_reserve_counts_for_gates_long_before_it_signs(keys: Path) -> None:
    first = kid_of("credential", START)
    reserve = rotate("credential", at=START, days=90)
    assert reserve.nbf == START + 2 * DAY
    assert reserve.used_from == START + 90 * DAY
    assert kid_of("credential", START + 89 * DAY) == first
    assert kid_of("credential", START + 90 * DAY) == reserve.kid


@pytest.mark.parametrize(("days", "sentence"), [(1, "two days"), (0, "two days"), (401, "fewer days")])
def test_a_first_use_too_near_or_too_far_is_refused(keys: Path, days: int, sentence: str) -> None:
    with pytest.raises(KeyFault, match=sentence):
        rotate("credential", at=START, days=days)
    assert len(list(keys.glob("[0-9]*.pem"))) == 3


def test_a_second_key_in_waiting_is_refused_until_it_is_its_turn(keys: Path) -> None:
    rotate("credential", at=START)
    with pytest.raises(Waiting):
        rotate("credential", at=START + DAY)
    assert rotate("credential", at=START + 3 * DAY)


def test_a_dry_run_writes_nothing(keys: Path) -> None:
    before = {path.name: path.read_bytes() for path in keys.iterdir()}
    assert rotate("list", at=START, dry_run=True).used_from == START + 2 * DAY
    assert {path.name: path.read_bytes() for path in keys.iterdir()} == before


def test_a_printed_place_code_outlives_the_key_that_signed_it_by_two_years(keys: Path) -> None:
    first = kid_of("place", START)
    turn = rotate("place", at=START).used_from
    assert first in KeyRing.load().public_keys(turn + 731 * DAY)
    assert first not in KeyRing.load().public_keys(turn + 732 * DAY)


def test_a_key_that_nobody_replaces_stops_in_the_end_and_says_so(keys: Path) -> None:
    assert kid_of("list", START + LONGEST_USE - CLOCK_LEEWAY - 1)
    with pytest.raises(KeyFault, match="rotate_code_keys"):
        kid_of("list", START + LONGEST_USE)
    assert not KeyRing.load().public_keys(START + LONGEST_USE + 96 * HOUR, "list")
    late = rotate("list", at=START + LONGEST_USE + DAY)
    assert kid_of("list", START + LONGEST_USE + DAY) == late.kid


def test_a_leaked_key_is_gone_at_once_and_a_new_one_signs(keys: Path) -> None:
    leaked = kid_of("credential", START)
    done = retire(leaked, why="found in a bag", at=START + DAY)
    assert done.successor is not None
    assert kid_of("credential", START + DAY) == done.successor.kid
    assert set(KeyRing.load().public_keys(START + DAY, "credential")) == {done.successor.kid}
    assert not (keys / f"{leaked}.pem").exists()
    assert KeyRing.load().known(leaked) is not None
    assert KeyRing.load().public_keys(START)[leaked]
    assert done.gone.why == "found in a bag"


def test_after_a_leak_the_key_in_reserve_takes_over_within_what_gates_were_told(keys: Path) -> None:
    leaked = kid_of("credential", START)
    reserve = rotate("credential", at=START, days=90)
    done = retire(leaked, why="leak", at=START + 10 * DAY)
    assert done.successor is not None
    assert done.successor.kid == reserve.kid
    assert (done.successor.nbf, done.successor.used_from) == (
        START + 2 * DAY,
        START + 10 * DAY - CLOCK_LEEWAY,
    )
    assert len(list(keys.glob("[0-9]*.pem"))) == 3


def test_retiring_a_key_that_does_not_sign_changes_nobody_elses_turn(keys: Path) -> None:
    first = kid_of("credential", START)
    wrong = rotate("credential", at=START)
    done = retire(wrong.kid, why="made for a test", at=START + 1)
    assert done.successor is None
    assert kid_of("credential", START + 1) == first
    assert kid_of("credential", START + 300 * DAY) == first
    assert rotate("credential", at=START + 2).kid != wrong.kid


@pytest.mark.parametrize(
    ("kid", "why", "sentence"),
    [(0, "x", "There is no key 0"), (None, " ", "Say why"), (None, "y", "already")],
)
def test_a_retirement_that_makes_no_sense_is_refused(
    keys: Path, kid: int | None, why: str, sentence: str
) -> None:
    known = kid_of("list", START)
    retire(known, why="first", at=START)
    with pytest.raises(KeyFault, match=sentence):
        retire(known if kid is None else kid, why=why, at=START + 1)


def test_the_jwk_set_is_what_libraries_read(keys: Path) -> None:
    rotate("credential", at=START)
    document = json.loads(json.dumps(KeyRing.load().jwks(START)))
    assert document["version"] == KeyRing.load().version
    assert len(document["keys"]) == 4
    for entry in document["keys"]:
        assert set(entry) == {"kty", "crv", "x", "y", "kid", "use", "alg", "purpose", "nbf", "exp"}
        assert (entry["kty"], entry["crv"], entry["use"], entry["alg"]) == ("EC", "P-256", "sig", "ES256")
        assert entry["kid"].isdecimal()
        assert (len(entry["x"]), len(entry["y"])) == (43, 43)
    kid, key = KeyRing.load().signing("credential", START)
    text = jwt.encode({"ok": 1}, key, "ES256", {"kid": str(kid)})
    found = jwt.PyJWKSet.from_dict(document)[str(kid)]
    assert jwt.decode(text, found, ["ES256"]) == {"ok": 1}


def test_the_protocol_reads_the_set_as_it_was_made(keys: Path) -> None:
    rotate("credential", at=START)
    ring = KeyRing.load()
    assert ring.code_keys(START) == keys_from_jwks(ring.jwks(START))
    assert len(ring.code_keys(START)) == 4
    assert len(ring.code_keys(START + 7 * DAY)) == 3


def test_a_ring_that_was_loaded_sees_what_another_process_wrote(keys: Path) -> None:
    before = KeyRing.load()
    assert KeyRing.load() is before
    made = rotate("list", at=START)
    assert before.entry(made.kid) is None
    assert KeyRing.load().entry(made.kid) == made


def test_versions_rise_with_every_change_even_when_the_clock_stands_or_goes_back(keys: Path) -> None:
    versions = [KeyRing.load().version]
    for purpose, at in (("list", START), ("place", START - 60), ("credential", START + 5 * DAY)):
        rotate(purpose, at=at)
        versions.append(KeyRing.load().version)
    assert versions == sorted(set(versions))
    assert versions[-1] == START + 5 * DAY


def test_after_the_folder_was_lost_the_version_is_above_what_gates_hold(keys: Path) -> None:
    rotate("list", at=START + 1)
    held = KeyRing.load().version
    for path in keys.iterdir():
        path.unlink()
    ensure_keys(at=START + DAY)
    assert KeyRing.load().version > held


DEEDS = st.lists(
    st.tuples(
        st.sampled_from(["rotate", "retire", "retire the next", "ensure"]),
        st.sampled_from(list(Purpose)),
        st.integers(0, 20 * DAY),
        st.integers(2, 120),
    ),
    max_size=12,
)


@hypothesis_settings(
    max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(DEEDS)
def test_whatever_is_done_somebody_signs_and_gates_can_check_it(
    place: Path,
    settings: Any,
    tmp_path_factory: pytest.TempPathFactory,
    deeds: list[tuple[str, str, int, int]],
) -> None:
    settings.CODE_KEYS_DIR = str(tmp_path_factory.mktemp("keys"))
    ensure_keys(at=START)
    at, version, kids = START, 0, set()
    for deed, purpose, later, days in deeds:
        at += later
        signer = KeyRing.load().signer(purpose, at)
        waiting = [e for e in KeyRing.load().entries if e.purpose == purpose and e.is_waiting(at)]
        try:
            if deed == "rotate":
                rotate(purpose, at=at, days=days)
            elif deed == "retire" and signer:
                retire(signer.kid, why="x", at=at)
            elif deed == "retire the next" and waiting:
                retire(waiting[0].kid, why="x", at=at)
            else:
                ensure_keys(at=at)
        except Waiting:
            pass
        ring = KeyRing.load()
        assert ring.version >= version
        assert kids <= {entry.kid for entry in ring.entries}
        version, kids = ring.version, {entry.kid for entry in ring.entries}
        for each in Purpose:
            for moment in (at, at + DAY, at + 100 * DAY):
                entry = ring.signer(each, moment)
                assert entry is not None
                ring.signing(each, moment)
                until = moment + LONGEST_LIFE[each]
                assert entry.nbf <= moment
                assert entry.kid in ring.public_keys(moment, each)
                assert entry.kid in ring.public_keys(until, each)
