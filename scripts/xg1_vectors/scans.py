"""Codes at the right and the wrong gate, near and far in time, and those that passed before."""

from typing import Any

from scripts.xg1_vectors.asking import ANSWERED, NO_CLOCK, ONLINE, TURNSTILE, case
from scripts.xg1_vectors.making import (
    GATE,
    ISSUED,
    REVOKED,
    STEP,
    T,
    code,
    credential,
    high_s,
    proof,
    wrap,
)

PID = f"{21:06x}{ISSUED:08x}30"
NONE = 65535
UNSHOWN = 65534


def gates() -> list[dict[str, Any]]:
    """Return codes at the right and the wrong gate, at steps near and far, with challenges."""
    free = code(gate=0)
    found = [
        case("bound to another gate", code(gate=8), "wrong_gate"),
        case("bound to another gate, online", code(gate=8), "wrong_gate", **ONLINE),
        case("bound to a gate whose number shares its low bytes", code(gate=GATE + 65536), "wrong_gate"),
        case("bound to a gate, shown at a counter", code(), "wrong_gate", gate=0),
        case("unbound at a counter, online", free, "ok 3", gate=0, **ONLINE),
        case("unbound at a counter, offline", free, "challenge_required", gate=0),
        case("the gate is closed", code(), "gate_closed", rule="gate_closed"),
        case("the gate's rule", code(), "gate_rule", rule="gate_rule"),
        case("locked after wrong answers", code(), "rate_limited", rule="rate_limited"),
        case("the wrong gate, closed too", code(gate=8), "wrong_gate", rule="gate_closed"),
        case(
            "revoked before the gate is closed",
            code(credential(index=REVOKED)),
            "revoked",
            rule="gate_closed",
        ),
        case("unbound, online", free, "ok 3", **ONLINE),
        case("bound, online", code(), "ok 4", **ONLINE),
        case("unbound, offline", free, "challenge_required"),
        case("unbound, offline, answered", code(gate=0, challenge=42), "ok 2", challenge=42),
        case("unbound, online, answered", code(gate=0, challenge=42), "ok 4", challenge=42, **ONLINE),
        case("an answer of 0", code(gate=0, challenge=0), "ok 2", challenge=0),
        case("an answer of four digits", code(gate=0, challenge=9999), "ok 2", challenge=9999),
        case("unattended, bound, offline", code(), "challenge_required", **TURNSTILE),
        case("unattended, bound, online", code(), "challenge_required", **TURNSTILE, **ONLINE),
        case("unattended, answered, offline", code(challenge=4711), "ok 2", challenge=4711, **TURNSTILE),
        case(
            "unattended, answered, online",
            code(challenge=4711),
            "ok 4",
            challenge=4711,
            **TURNSTILE,
            **ONLINE,
        ),
        case(
            "unattended, the answer was to nothing", code(challenge=4711), "challenge_required", **TURNSTILE
        ),
        case("an open challenge not answered", code(), "challenge_required", challenge=42),
        case("an open challenge not answered, online", free, "challenge_required", challenge=42, **ONLINE),
        case("none is no challenge to answer", code(gate=0), "challenge_required", challenge=NONE),
        case("signed for digits alone, bound", code(challenge=UNSHOWN), "challenge_mismatch"),
        case(
            "signed for digits alone, online", code(gate=0, challenge=UNSHOWN), "challenge_mismatch", **ONLINE
        ),
        case(
            "signed for digits alone, asked by the server",
            code(gate=0, challenge=UNSHOWN),
            "ok 4",
            challenge=UNSHOWN,
            **ONLINE,
        ),
        case("a wrong answer", code(challenge=43), "challenge_mismatch", challenge=42),
        case("a wrong answer, online", code(challenge=43), "challenge_mismatch", challenge=42, **ONLINE),
        case("an answer that nobody needs, bound", code(challenge=42), "ok 2"),
        case("an answer that nobody needs, unbound, online", code(gate=0, challenge=42), "ok 3", **ONLINE),
        case("an answer to nothing, unbound, offline", code(gate=0, challenge=42), "challenge_required"),
        case("the courier's own record", code(), "ok 0", scanned=False),
        case("the courier's own record, online", code(), "ok 0", scanned=False, **ONLINE),
        case("the end of the free window", code(), "ok 2", now=T + 44.9),
        case("a screenshot of 45 s", code(), "challenge_required step_expired", now=T + 45),
        case("one step ahead, its first moment", code(), "ok 2", now=T - 15),
        case("two steps ahead", code(), "challenge_required clock_skew", now=T - 15.1),
    ]
    for drift in (-21, -20, -3, -2, -1, 0, 1, 2, 20, 21):
        late = "step_expired" if drift < 0 else "clock_skew"
        is_free, is_far = -2 <= drift <= 1, abs(drift) > 20
        alone = late if is_far else f"challenge_required {late}"
        answered = late if is_far else f"ok 2 {late}"
        shown, said = code(step=STEP + drift), code(step=STEP + drift, challenge=42)
        found += [
            case(f"step {drift:+d}", shown, "ok 2" if is_free else alone),
            case(f"step {drift:+d}, answered", said, "ok 2" if is_free else answered, **ANSWERED),
            case(f"step {drift:+d}, online", shown, "ok 4" if is_free else alone, **ONLINE),
        ]
    return [
        *found,
        case(
            "step -21 by an unknown clock", code(step=STEP - 21), "clock_untrusted step_expired", **NO_CLOCK
        ),
        case("step +21 by an unknown clock", code(step=STEP + 21), "clock_untrusted clock_skew", **NO_CLOCK),
        case(
            "step +20 by an unknown clock, answered",
            code(step=STEP + 20, challenge=42),
            "ok 1 clock_untrusted clock_skew",
            challenge=42,
            **NO_CLOCK,
        ),
        case("the highest step", code(step=0xFFFFFFFF), "clock_skew"),
        case("step 0", code(step=0), "step_expired"),
    ]


def repetitions() -> list[dict[str, Any]]:
    """Return codes and people that passed before."""
    used, used_answer = [[PID, STEP, NONE]], [[PID, STEP, 42]]
    answer = code(gate=0, challenge=42)
    return [
        case("replayed", code(), "replayed", seen=used),
        case("replayed online", code(), "replayed", seen=used, **ONLINE),
        case(
            "replayed with the issuer's other signature",
            wrap(high_s(credential()) + proof(credential())),
            "replayed",
            seen=used,
        ),
        case(
            "replayed with the device's other signature",
            wrap(credential() + high_s(proof(credential()))),
            "replayed",
            seen=used,
        ),
        case("another step of the same device", code(step=STEP - 1), "ok 2", seen=used),
        case("another challenge of the same step", code(challenge=42), "ok 2", seen=used, challenge=42),
        case("the same step of another device", code(credential(index=22)), "ok 2", seen=used),
        case("passed 9 s ago, the same proof", code(), "ok_already_passed", seen=used, last_pass=T - 4),
        case("passed 10 s ago, the same proof", code(), "ok_already_passed", seen=used, last_pass=T - 5),
        case("passed 11 s ago, the same proof", code(), "replayed", seen=used, last_pass=T - 6),
        case(
            "passed 9 s ago, a new proof",
            code(),
            "ok_already_passed",
            seen=[[PID, STEP - 1, NONE]],
            last_pass=T - 4,
        ),
        case("passed 11 s ago, a new proof", code(), "ok 2", seen=[[PID, STEP - 1, NONE]], last_pass=T - 6),
        case(
            "passed a moment from now: the clock was set back", code(), "ok_already_passed", last_pass=T + 8
        ),
        case("passed a minute from now: the clock was set back far", code(), "ok 2", last_pass=T + 65),
        case("passed 9 s ago, revoked since", code(credential(index=REVOKED)), "revoked", last_pass=T - 4),
        case("passed 9 s ago, elsewhere bound", code(gate=8), "wrong_gate", last_pass=T - 4),
        case(
            "the camera reads an answered code again",
            answer,
            "ok_already_passed",
            seen=used_answer,
            last_pass=T + 2,
        ),
        case("an answered code later", answer, "replayed", seen=used_answer, last_pass=T - 60),
        case("an answered code while the next is asked", answer, "replayed", seen=used_answer, challenge=57),
        case("the same answer asked again", answer, "replayed", seen=used_answer, challenge=42),
        case("passed 9 s ago, unbound, offline", code(gate=0), "ok_already_passed", last_pass=T - 4),
        case("passed 11 s ago, unbound, offline", code(gate=0), "challenge_required", last_pass=T - 6),
        case(
            "passed 9 s ago, asked all the same",
            code(gate=0),
            "challenge_required",
            last_pass=T - 4,
            challenge=42,
        ),
        case("passed 9 s ago at a turnstile", code(), "ok_already_passed", last_pass=T - 4, **TURNSTILE),
    ]
