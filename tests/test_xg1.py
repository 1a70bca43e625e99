"""Identity codes: the Python library against the vectors, and whatever else a text may be."""

import json
import math
import subprocess
from collections.abc import Mapping
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any

import jwt
import pytest

from scripts import xg1_vectors
from scripts.xg1_vectors import making
from services.codes import status_list, xg1
from services.codes.xg1 import curve

ROOT = Path(__file__).resolve().parent.parent
VECTORS = json.loads(xg1_vectors.TARGET.read_text(encoding="utf-8"))
KEYS = xg1.keys_from_jwks(VECTORS["keys"])
PAYLOAD = jwt.decode(VECTORS["list"]["token"], options={"verify_signature": False})
LIST = xg1.StatusBits.from_payload(PAYLOAD)


def judged(case: Mapping[str, Any]) -> xg1.Outcome:
    names = (
        "now",
        "gate",
        "attended",
        "online",
        "clock_known",
        "list_age_s",
        "list_is_expired",
        "challenge",
        "scanned",
    )
    seen = {tuple(one) for one in case["seen"]}
    return xg1.verify(
        case["text"],
        keys=KEYS,
        status=LIST if case["has_list"] else None,
        asking=xg1.Asking(**{name: case[name] for name in names}),
        seen=lambda *proof: proof in seen,
        last_pass=lambda _pid: case["last_pass"],
        rule=lambda _holder: case["rule"] and xg1.Verdict(case["rule"]),
    )


def said(outcome: xg1.Outcome) -> dict[str, Any]:
    return {
        "verdict": outcome.verdict.value,
        "assurance": outcome.assurance,
        "reasons": [str(reason) for reason in outcome.reasons],
        "shown_name": outcome.name,
        "platform": outcome.platform,
        "clock_is_slow": outcome.clock_is_slow,
    }


@pytest.mark.parametrize("case", VECTORS["cases"], ids=lambda case: case["name"])
def test_a_code_of_the_vectors_is_judged_as_they_say(case: dict[str, Any]) -> None:
    outcome = judged(case)
    found = said(outcome)
    assert found == {name: case[name] for name in found}
    for name, value in case.get("holder", {}).items():
        assert getattr(outcome.presentation.credential, name) == value


@pytest.mark.parametrize("case", VECTORS["places"], ids=lambda case: case["name"])
def test_a_place_code_of_the_vectors_is_read_as_they_say(case: dict[str, Any]) -> None:
    try:
        found, reason = asdict(xg1.read_place(case["text"], KEYS, case["now"])), None
    except xg1.BadPlaceCode as fault:
        found, reason = None, fault.reason.value
    assert (found, reason) == (case["place"], case["reason"])


@pytest.mark.parametrize("case", VECTORS["lists"], ids=lambda case: case["name"])
def test_a_list_of_the_vectors_is_read_as_they_say(case: dict[str, Any]) -> None:
    if case["revoked"] is None:
        with pytest.raises(ValueError):
            xg1.StatusBits.from_payload(case["payload"])
        return
    found = xg1.StatusBits.from_payload(case["payload"])
    assert (found.size, [index for index in range(99) if found(index)]) == (case["size"], case["revoked"])
    assert (found(found.size), found(-1)) == (None, None)


def test_the_script_writes_the_committed_vectors() -> None:
    assert xg1_vectors.written() == xg1_vectors.TARGET.read_text(encoding="utf-8")


def test_the_javascript_library_passes_the_vectors() -> None:
    """A machine without node fails here: npm, which brings it, is a requirement."""
    done = subprocess.run(
        ["node", "--test", "tests/js/xg1.test.mjs"], cwd=ROOT, capture_output=True, text=True
    )
    failed = done.stdout.partition("\nnot ok")[2]
    assert done.returncode == 0, failed[:2000] + done.stderr[-2000:]


@pytest.mark.parametrize(("gate", "challenge", "assurance"), [(7, 65535, 4), (0, 42, 4), (0, 65535, 3)])
def test_what_the_browser_presents_is_accepted(gate: int, challenge: int, assurance: int) -> None:
    numbers = making.DEVICE.key.private_numbers()
    point = numbers.public_numbers
    jwk = {
        name: making.based(n.to_bytes(32))
        for name, n in (("x", point.x), ("y", point.y), ("d", numbers.private_value))
    }
    asked = {"jwk": {"kty": "EC", "crv": "P-256", **jwk}, "credential": making.based(making.credential())}
    asked |= {"step": making.STEP, "gate": gate, "challenge": challenge}
    text = subprocess.run(
        ["node", "tests/js/xg1_present.mjs"],
        cwd=ROOT,
        input=json.dumps(asked),
        capture_output=True,
        text=True,
        check=True,
    ).stdout
    asking = xg1.Asking(
        now=making.T, gate=7, online=True, list_age_s=0, challenge=None if challenge == 65535 else challenge
    )
    outcome = xg1.verify(text, keys=KEYS, status=LIST, asking=asking, seen=lambda *_proof: False)
    assert (outcome.verdict, outcome.assurance) == ("ok", assurance)


def test_every_verdict_of_local_judging_is_among_the_vectors() -> None:
    elsewhere = {"device_unregistered", "manual_override", "annulled", "conflict"}
    assert {case["verdict"] for case in VECTORS["cases"]} == {
        verdict.value for verdict in xg1.Verdict
    } - elsewhere


def test_only_the_four_kinds_of_ok_pass() -> None:
    assert {verdict for verdict in xg1.Verdict if verdict.passes} == {
        "ok",
        "ok_already_passed",
        "ok_stale_list",
        "ok_unsynced",
    }
    assert xg1.Verdict.REPLAYED.group is xg1.Group.FRESHNESS
    assert xg1.Verdict.REVOKED.group is xg1.Group.HOLDER
    assert xg1.Verdict.BAD_FORMAT.group is xg1.Group.CODE
    assert xg1.Verdict.GATE_RULE.group is xg1.Group.GATE
    assert xg1.Verdict.CONFLICT.group is xg1.Group.LATER


def test_both_languages_have_the_same_verdicts_in_the_same_groups() -> None:
    script = 'import("./static/js/xg1/verdicts.js").then((m) => console.log(JSON.stringify(m.GROUPS)))'
    done = subprocess.run(["node", "-e", script], cwd=ROOT, capture_output=True, text=True, check=True)
    ours: dict[str, list[str]] = {}
    for verdict in xg1.Verdict:
        ours.setdefault(verdict.group.value, []).append(verdict.value)
    assert json.loads(done.stdout) == ours


def test_an_uploaded_proof_is_judged_beside_what_the_server_kept() -> None:
    """No name and no issuer signature are needed: digest, device key and the lines of the pid."""
    credential = making.credential()
    whole = xg1.read_credential(credential)
    kept = xg1.Issued(whole.index, whole.issued_at, whole.life_hours, whole.digest, whole.public_key)
    assert (kept.pid, kept.ends_at) == (whole.pid, whole.ends_at)
    asking = xg1.Asking(now=making.T + 5, gate=making.GATE, list_age_s=0)
    known = {"status": lambda index: index == making.REVOKED, "asking": asking, "seen": lambda *_proof: False}
    proof = making.proof(credential)
    outcome = xg1.verify_proof(proof, kept, **known)
    assert (outcome.verdict, outcome.assurance, outcome.name) == ("ok", 2, None)
    assert outcome.presentation is not None
    assert outcome.presentation.proof == proof
    assert outcome.presentation.body_digest == xg1.decode(making.code()).body_digest
    assert xg1.verify_proof(making.flipped(proof, 3), kept, **known).verdict == "bad_device_signature"
    assert xg1.verify_proof(proof[:-1], kept, **known).verdict == "bad_format"
    assert xg1.verify_proof(proof, replace(kept, index=making.REVOKED), **known).verdict == "revoked"
    assert xg1.verify_proof(proof, replace(kept, digest=bytes(32)), **known).verdict == "bad_device_signature"
    assert (
        xg1.verify_proof(proof, kept, **{**known, "status": lambda _index: None}).verdict == "holder_unknown"
    )


def test_an_issuer_signature_that_held_is_not_checked_again_under_the_same_key_only() -> None:
    good, cache = making.code(), set[bytes]()
    known = {"status": LIST, "seen": lambda *_proof: False}
    asking = xg1.Asking(now=making.T + 5, gate=making.GATE, list_age_s=60)
    for _turn in range(2):
        assert xg1.verify(good, keys=KEYS, asking=asking, issuer_cache=cache, **known).verdict == "ok"
        assert len(cache) == 1
    credential = making.credential()
    for at in (-1, -40):
        unsigned = making.wrap(making.flipped(credential, len(credential) + at) + making.proof(credential))
        outcome = xg1.verify(unsigned, keys=KEYS, asking=asking, issuer_cache=cache, **known)
        assert outcome.verdict == "bad_issuer_signature"
    forged = making.code(making.credential(making.STRANGER))
    assert (
        xg1.verify(forged, keys=KEYS, asking=asking, issuer_cache=cache, **known).verdict
        == "bad_issuer_signature"
    )
    assert len(cache) == 1
    other = {1: replace(KEYS[1], public_key=making.STRANGER.point)}
    outcome = xg1.verify(good, keys=other, asking=asking, issuer_cache=cache, **known)
    assert outcome.verdict == "bad_issuer_signature"
    late = replace(asking, now=KEYS[1].exp)
    assert xg1.verify(good, keys=KEYS, asking=late, issuer_cache=cache, **known).verdict == "unknown_issuer"


def test_an_age_that_is_no_number_makes_no_list_fresh() -> None:
    asking = xg1.Asking(now=making.T + 5, gate=making.GATE, list_age_s=math.nan)
    outcome = xg1.verify(making.code(), keys=KEYS, status=LIST, asking=asking, seen=lambda *_proof: False)
    assert (outcome.verdict, outcome.reasons) == ("challenge_required", ("ok_stale_list",))


def test_the_digests_leave_the_signatures_out() -> None:
    credential = making.credential()
    twin = credential[:-32] + (curve.N - int.from_bytes(credential[-32:])).to_bytes(32)
    assert xg1.read_credential(twin).digest == xg1.read_credential(credential).digest
    assert xg1.read_credential(making.flipped(credential, 5)).digest != xg1.read_credential(credential).digest
    shown = xg1.decode(making.code())
    assert replace(shown, signature=bytes(64)).body_digest == shown.body_digest
    assert replace(shown, challenge=1).body_digest != shown.body_digest


def test_the_list_of_the_server_is_read_bit_by_bit() -> None:
    bits = status_list.encode_bits([0, 9, 4092], 4093)
    payload = {"size": 4093, "status_list": {"bits": 1, "lst": bits.lst}}
    read = xg1.StatusBits.from_payload(payload)
    assert [index for index in range(4093) if read(index)] == [0, 9, 4092]
    assert (read(4093), read(-1)) == (None, None)
    for outside in (-1, 4093):
        with pytest.raises(ValueError):
            xg1.StatusBits.of([outside], 4093)
