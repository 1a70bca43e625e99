"""Identity codes: whatever a text may be, it gets a fitting verdict, the same in both languages, and nothing is raised."""

import json
import random
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import given as given_any
from hypothesis import settings
from hypothesis import strategies as st

from scripts.xg1_vectors import making
from services.codes import xg1
from services.codes.xg1 import base45

ROOT = Path(__file__).resolve().parent.parent
KEYS = xg1.keys_from_jwks(making.KEYS)
PAYLOAD = making.list_payload()
ASKING = xg1.Asking(now=making.T + 5, gate=making.GATE, list_age_s=60)
GOOD = making.code()
RAW = base45.decode(GOOD[4:-1])
#: What a text that nobody signed may be called.
UNSIGNED = {
    "bad_format",
    "unsupported_version",
    "unknown_issuer",
    "bad_issuer_signature",
    "bad_device_signature",
}
LETTERS = st.sampled_from(base45.ALPHABET)


def judged(text: object) -> xg1.Outcome:
    status = xg1.StatusBits.from_payload(PAYLOAD)
    return xg1.verify(text, keys=KEYS, status=status, asking=ASKING, seen=lambda *_proof: False)  # type: ignore[arg-type]


def is_refused(text: object) -> bool:
    outcome = judged(text)
    nothing_shown = outcome.name is None and outcome.platform is None and outcome.presentation is None
    return outcome.verdict in UNSIGNED and nothing_shown and not outcome.opens


def given(*strategies: st.SearchStrategy) -> Callable:
    """Try many of them, however slow the machine is."""
    return lambda test: settings(deadline=None)(given_any(*strategies)(test))


numbers = {
    "kid": st.integers(0, 0xFFFF),
    "index": st.integers(0, 0xFFFFFF),
    "issued_at": st.integers(0, 0xFFFFFFFF),
    "life_hours": st.integers(1, 72),
    "platform": st.integers(0, 255),
    "work_type": st.sampled_from(sorted(xg1.WORK_TYPES.values())),
    "provisional": st.booleans(),
    "name": st.text(st.sampled_from("王李*a陈 ·é"), min_size=1, max_size=4),
}


@given(
    st.fixed_dictionaries(numbers),
    st.integers(0, 2**32 - 1),
    st.integers(0, 2**24 - 1),
    st.integers(0, 65535),
)
def test_what_is_issued_and_presented_is_read_back(lines: dict, step: int, gate: int, challenge: int) -> None:
    device = making.DEVICE
    made = xg1.issue(private_key=making.ISSUER, public_key=device.point, **lines)
    text = xg1.present(device_key=device, credential=made, step=step, gate=gate, challenge=challenge)
    shown = xg1.decode(text)
    assert (shown.step, shown.gate, shown.challenge) == (step, gate, challenge)
    assert {name: getattr(shown.credential, name) for name in lines} == lines
    assert shown.credential.body + shown.credential.signature == made
    assert shown.credential.pid == made[3:11].hex()
    assert xg1.encode(made, shown.proof) == text
    assert xg1.read_proof(shown.proof, shown.credential) == shown
    assert xg1.is_signed(device.key.public_key(), shown.signature, shown.signed_body)
    assert len(text) <= 299


@given(st.binary(max_size=300))
def test_base45_reads_back_any_bytes_and_writes_each_text_one_way(data: bytes) -> None:
    assert base45.decode(base45.encode(data)) == data


@given(st.text(LETTERS, max_size=12))
def test_a_text_that_base45_reads_is_the_one_it_writes(text: str) -> None:
    try:
        data = base45.decode(text)
    except ValueError:
        return
    assert base45.encode(data) == text


@pytest.mark.parametrize(
    ("data", "text"),
    [
        (b"AB", "BB8"),
        (b"Hello!!", "%69 VD92EX0"),
        (b"base-45", "UJCLQE7W581"),
        (b"ietf!", "QED8WEX0"),
        (b"", ""),
    ],
)
def test_base45_agrees_with_the_examples_of_its_rfc(data: bytes, text: str) -> None:
    assert (base45.encode(data), base45.decode(text)) == (text, data)


@given(st.integers(0, len(RAW) * 8 - 1))
def test_any_flipped_bit_is_refused(at: int) -> None:
    data = bytearray(RAW)
    data[at >> 3] ^= 1 << (at & 7)
    assert is_refused(making.wrap(bytes(data)))


@given(st.integers(0, len(GOOD) - 1), LETTERS | st.characters())
def test_any_changed_character_is_refused(at: int, character: str) -> None:
    changed = GOOD[:at] + character + GOOD[at + 1 :]
    assert changed == GOOD or is_refused(changed)


@given(st.integers(0, len(GOOD) - 1))
def test_any_cut_is_refused(length: int) -> None:
    assert is_refused(GOOD[:length])
    assert is_refused(GOOD[length + 1 :])
    assert is_refused(GOOD[:length] + GOOD[length + 1 :])


@given(st.text(LETTERS, min_size=1, max_size=9) | st.text(min_size=1, max_size=5), st.integers(0, len(GOOD)))
def test_any_extension_is_refused(more: str, at: int) -> None:
    assert is_refused(GOOD[:at] + more + GOOD[at:])


@given(st.text() | st.text(LETTERS).map("XG1:{}.".format) | st.binary(max_size=400).map(making.wrap))
def test_any_text_gets_a_verdict(text: str) -> None:
    assert is_refused(text)


@given(st.binary(max_size=300) | st.none() | st.integers() | st.floats())
def test_what_is_no_text_is_of_bad_format(thing: object) -> None:
    assert judged(thing).verdict == xg1.Verdict.BAD_FORMAT


@given(st.binary(max_size=300))
def test_any_bytes_are_a_credential_or_bad(data: bytes) -> None:
    for bytes_of_one in (data, b"\1" + data, making.credential()[:-64] + data):
        try:
            xg1.read_credential(bytes_of_one)
        except xg1.BadCode as fault:
            assert fault.verdict in {"bad_format", "unsupported_version"}


@given(
    st.text()
    | st.binary(max_size=200).map(making.based)
    | st.binary(max_size=200).map(lambda data: making.based(b"\1" + data))
)
def test_any_text_is_a_place_or_a_bad_one(text: str) -> None:
    with pytest.raises(xg1.BadPlaceCode):
        xg1.read_place(text, KEYS, making.T)


@given(
    st.dictionaries(
        st.sampled_from(["status_list", "size"]),
        st.integers()
        | st.none()
        | st.dictionaries(st.sampled_from(["bits", "lst"]), st.text() | st.integers(0, 2)),
    )
)
def test_any_payload_is_a_list_or_a_value_error(payload: dict) -> None:
    with pytest.raises(ValueError):
        xg1.StatusBits.from_payload(payload)


def test_a_list_that_unpacks_beyond_every_index_is_refused() -> None:
    too_long = making.list_payload(status_list={"bits": 1, "lst": xg1.StatusBits(bytes(2**21 + 1), 0).lst})
    too_long.pop("size")
    with pytest.raises(ValueError):
        xg1.StatusBits.from_payload(too_long)


def test_python_and_javascript_agree_on_mangled_texts() -> None:
    """Several hundred texts, one process; the seed is fixed so that a failure repeats."""
    chance = random.Random(20261126)
    texts = [GOOD, *(mangled(chance) for _i in range(400))]
    asked = {"keys": making.KEYS, "list": PAYLOAD, "now": ASKING.now, "gate": ASKING.gate, "texts": texts}
    done = subprocess.run(
        ["node", "tests/js/xg1_verdicts.mjs"],
        cwd=ROOT,
        input=json.dumps(asked),
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stderr[-2000:]
    outcomes = [judged(text) for text in texts]
    ours = [[outcome.verdict.value, outcome.name, outcome.assurance] for outcome in outcomes]
    assert [row for row in zip(texts, ours, json.loads(done.stdout), strict=True) if row[1] != row[2]] == []
    assert {row[0] for row in ours} >= UNSIGNED | {"ok", "revoked", "wrong_gate", "challenge_required"}


def mangled(chance: random.Random) -> str:
    """Return a code with valid signatures over odd lines, or one broken by hand."""
    lines = {
        "index": chance.choice([21, making.REVOKED, 9999]),
        "kid": chance.choice([1, 1, 1, 2, 3, 11, 400]),
    }
    lines |= {"life": chance.choice([0, 2, 48, 255]), "flags": chance.randrange(65536) & 0xFF | 0x0300}
    lines |= {"issued_at": making.T + chance.choice([-300_000, -180_000, -3600, 10, 5000])}
    lines |= {
        "name": chance.choice([chance.randbytes(chance.randrange(14)), making.NAME.encode(), "é*".encode()])
    }
    if chance.random() < 0.2:
        lines["point"] = bytes([chance.choice([2, 3, 4])]) + chance.randbytes(32)
    gate, challenge = chance.choice([0, 7, 7, 7, 8]), chance.choice([65535, 65535, 42])
    made = making.credential(**lines if chance.random() < 0.6 else {})
    data = bytearray(
        made + making.proof(made, making.STEP + chance.choice([-30, -5, -1, 0, 1, 3]), gate, challenge)
    )
    if chance.random() < 0.4:
        at = chance.choice([0, 1, 2, chance.randrange(len(data))])
        data[at] ^= 1 << chance.randrange(8)
    text = making.wrap(bytes(data))
    if chance.random() < 0.2:
        at = chance.randrange(len(text))
        text = (
            text[:at]
            + chance.choice(["", " ", "\n", "é", "a", ":", "%%", "🚲"])
            + text[at + chance.randrange(3) :]
        )
    return text
