"""Identity codes: the Python library against the vectors, and whatever else a text may be."""

import json
import subprocess
from collections.abc import Mapping
from dataclasses import asdict
from pathlib import Path
from typing import Any

import jwt
import pytest

from scripts import xg1_vectors
from services.codes import xg1

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


def test_the_script_writes_the_committed_vectors() -> None:
    assert xg1_vectors.written() == xg1_vectors.TARGET.read_text(encoding="utf-8")


def test_the_javascript_library_passes_the_vectors() -> None:
    """A machine without node fails here: npm, which brings it, is a requirement."""
    done = subprocess.run(
        ["node", "--test", "tests/js/xg1.test.mjs"], cwd=ROOT, capture_output=True, text=True
    )
    assert done.returncode == 0, done.stdout[-4000:] + done.stderr[-2000:]
