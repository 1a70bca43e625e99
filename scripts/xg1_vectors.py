"""Write tests/vectors/xg1.json: codes of every kind and what verifying them must say.

The keys are small known numbers and every signature is deterministic (RFC 6979), so that a second run writes the same
file. What a case expects is written here by hand, never taken from the code under test.
"""

import json
import sys
from pathlib import Path
from typing import Any

from scripts.xg1_making import (
    DEVICE,
    GATE,
    ISSUED,
    KEYS,
    LIST_SIZE,
    NAME,
    OTHER_DEVICE,
    RETIRED,
    REVOKED,
    STEP,
    STRANGER,
    T,
    code,
    credential,
    flipped,
    high_s,
    list_payload,
    proof,
    token,
    wrap,
)
from scripts.xg1_prints import places, tokens
from services.codes.xg1 import base45, curve

TARGET = Path(__file__).resolve().parent.parent / "tests" / "vectors" / "xg1.json"
PID = f"{21:06x}{ISSUED:08x}30"
NONE = 65535
HOUR = 3600
N, P = curve.N, curve.P

#: What a guard's phone knows at a gate, offline, with everything sound; cases name what differs.
GUARD = {
    "now": T + 5,
    "gate": GATE,
    "attended": True,
    "online": False,
    "clock_known": True,
    "has_list": True,
    "list_age_s": 60,
    "list_is_expired": False,
    "challenge": None,
    "scanned": True,
    "seen": [],
    "last_pass": None,
    "rule": None,
}
ONLINE = {"online": True}
TURNSTILE = {"attended": False}


def case(
    name: str,
    text: str,
    verdict: str,
    assurance: int | None = None,
    reasons: tuple[str, ...] = (),
    shows: bool | None = None,
    slow: bool = False,
    **asking: Any,
) -> dict[str, Any]:
    """Return one case; a name is shown whenever both signatures hold."""
    unsigned = {"bad_format", "unsupported_version", "unknown_issuer"}
    shows = verdict not in unsigned and "signature" not in verdict if shows is None else shows
    wanted = {"verdict": verdict, "assurance": assurance, "reasons": list(reasons)}
    wanted |= {"shown_name": NAME if shows else None, "platform": 3 if shows else None, "clock_is_slow": slow}
    return {"name": name, "text": text, **GUARD, **asking, **wanted}


def formats() -> list[dict[str, Any]]:
    """Return texts that are no code, or one of another version."""
    good = code()
    raw = base45.decode(good[4:-1])
    cut = [(f"cut after {n} characters", good[:n]) for n in (0, 1, 4, 5, 7, 40, 150, len(good) - 1)]
    cut += [(f"only {n} bytes", wrap(raw[:n])) for n in (0, 1, 13, 14, 60, 112, 186, len(raw) - 1)]
    whole = [
        ("a byte too many", wrap(raw + b"\0")),
        ("a trailing newline", good + "\n"),
        ("a trailing space", good + " "),
        ("a leading space", " " + good),
        ("a newline before the full stop", good[:-1] + "\n."),
        ("lower case", good.lower()),
        ("another prefix", good.replace("XG1:", "XG2:")),
        ("the prefix in lower case", good.replace("XG1:", "xg1:")),
        ("no prefix", good[4:]),
        ("no full stop", good[:-1]),
        ("two full stops", good + "."),
        ("an overflowing triplet", "XG1::::" + good[7:]),
        ("an overflowing last pair", "XG1:" + base45.encode(raw[:-2]) + "::."),
        ("a character outside the alphabet", good[:20] + "#" + good[21:]),
        ("a full-width digit", good[:20] + "\uff11" + good[21:]),
        ("a lone surrogate", good[:20] + "\ud800" + good[21:]),
        ("a null character", good[:20] + "\0" + good[21:]),
        ("longer than any QR code", "XG1:" + "0" * 4500 + "."),
        ("an address", "https://example.org/g/abc"),
    ]
    long_name = "一二三四五".encode()
    fields = [
        ("an empty name", credential(name=b"")),
        ("a name of 13 bytes", credential(name=b"x" * 13)),
        ("a name of 15 bytes", credential(name=long_name)),
        ("a length of the name beyond the end", credential(length=12)),
        ("a length of the name of 255", credential(length=255)),
        ("a name that is not UTF-8", credential(name=b"\xff\xfe")),
        ("a name cut within a character", credential(name=NAME.encode()[:2])),
        ("an overlong slash in the name", credential(name=b"\xc0\xaf")),
        ("a surrogate in the name", credential(name=b"\xed\xa0\x80")),
        ("a right-to-left override in the name", credential(name="a\u202eb".encode())),
        ("a directional isolate in the name", credential(name="a\u2066b".encode())),
        ("an Arabic letter mark in the name", credential(name="a\u061cb".encode())),
        ("a newline in the name", credential(name=b"a\nb")),
        ("a null character in the name", credential(name=b"a\0b")),
        ("a byte order mark before the name", credential(name=b"\xef\xbb\xbfab")),
        ("a point with x = p", credential(point=b"\x02" + P.to_bytes(32))),
        ("a point with x = p + 5, which is x = 5 again", credential(point=b"\x02" + (P + 5).to_bytes(32))),
        ("a point with x = 2²⁵⁶-1", credential(point=b"\x02" + b"\xff" * 32)),
        ("a point off the curve", credential(point=b"\x02" + (1).to_bytes(32))),
        ("the point at infinity", credential(point=bytes(33))),
        ("an uncompressed prefix", credential(point=b"\x04" + DEVICE.point[1:])),
    ]
    versions = [
        ("version 2", credential(version=2)),
        ("version 0", credential(version=0)),
        ("version 255", credential(version=255)),
    ]
    return [
        *[case(name, text, "bad_format") for name, text in cut + whole],
        *[case(name, code(of), "bad_format") for name, of in fields],
        *[case(name, code(of), "unsupported_version") for name, of in versions],
        case("version 2 and short", wrap(b"\2"), "unsupported_version"),
        case("version 2 and long", wrap(b"\2" + bytes(400)), "unsupported_version"),
    ]


def signatures() -> list[dict[str, Any]]:
    """Return codes of strangers, forgers and other readings of a signature."""
    good, shown = credential(), proof(credential())
    forged, unknown, device = "bad_issuer_signature", "unknown_issuer", "bad_device_signature"
    outside = [
        ("r = 0", 0, 1),
        ("s = 0", 1, 0),
        ("r = n", N, 1),
        ("s = n", 1, N),
        ("r = 2²⁵⁶-1", 2**256 - 1, 1),
    ]
    pairs = [(name, r.to_bytes(32) + s.to_bytes(32)) for name, r, s in outside]
    lines = [("kid", 2), ("index", 5), ("issue time", 9), ("life", 10), ("platform", 11)]
    lines += [("work type", 12), ("name", 14), ("signature r", 70), ("signature s", 100)]
    return [
        case("bound, offline", code(), "ok", 2),
        case("a high s of the issuer", wrap(high_s(good) + shown), "ok", 2),
        case("a high s of the device", wrap(good + high_s(shown)), "ok", 2),
        case("reserved flags set", code(credential(flags=0x0317)), "ok", 2),
        case("a work type not known yet", code(credential(flags=0x0390)), "ok", 2),
        case("provisional", code(credential(flags=0x0318)), "ok", 2),
        case("a name of 12 bytes", code(credential(name=NAME.encode())), "ok", 2),
        case("an unknown kid", code(credential(kid=9)), unknown),
        case("the same device under an unknown kid, forged", code(credential(STRANGER, kid=9)), unknown),
        case("a retired kid", code(credential(RETIRED, kid=2)), unknown),
        case("a kid on its last second", code(credential(RETIRED, kid=2)), "ok", 2, now=T - 1),
        case("issued before the kid's beginning", code(credential(kid=3)), unknown),
        case("signed by a stranger", code(credential(STRANGER)), forged),
        case("signed with another kid's key", code(credential(RETIRED)), forged),
        *[case(f"issuer's {name}", wrap(good[:-64] + pair + shown), forged) for name, pair in pairs],
        *[
            case(f"another {name}", wrap(flipped(good, at) + shown), forged if at != 2 else unknown)
            for name, at in lines
        ],
        *[case(f"device's {name}", wrap(good + shown[:-64] + pair), device) for name, pair in pairs],
        *[
            case(f"another {name}", wrap(good + flipped(shown, at)), device)
            for name, at in (("step", 3), ("gate", 6), ("challenge", 8), ("device signature", 40))
        ],
        case("another device's key", wrap(credential(point=OTHER_DEVICE.point) + shown), device),
        case("a presentation of an older credential", wrap(good + proof(credential(index=22))), device),
        case("a forger's code is not expired but forged", code(credential(STRANGER, life=0)), forged),
    ]


def holders() -> list[dict[str, Any]]:
    """Return codes whose signatures hold: life, the clock that may be wrong, and the list."""
    untrusted = ("clock_untrusted",)
    stale, unsynced, asked = ("ok_stale_list",), ("ok_unsynced",), "challenge_required"
    fresh = {"challenge": 42}
    last = credential(issued_at=T + 6 - 48 * HOUR)
    ended = credential(issued_at=T + 5 - 48 * HOUR)
    young = code(credential(issued_at=T - 600))
    young_answer = code(credential(issued_at=T - 600), challenge=42)
    at_ttl, past_ttl = (code(credential(issued_at=T + 5 - age)) for age in (900, 901))
    beyond = credential(index=LIST_SIZE)
    answer = code(challenge=42)
    return [
        case("the last second of its life", code(last), "ok", 2),
        case("the end of its life", code(ended), "credential_expired"),
        case("issued for no hours", code(credential(life=0)), "credential_expired"),
        case("71 h of 100", code(credential(issued_at=T - 71 * HOUR, life=100)), "ok", 2),
        case(
            "72 h of 100: at most 72 are honoured",
            code(credential(issued_at=T - 72 * HOUR, life=100)),
            "credential_expired",
        ),
        case(
            "ended by a clock that is not known",
            code(ended),
            "clock_untrusted",
            reasons=("credential_expired",),
            clock_known=False,
        ),
        case("issued one step from now", code(credential(issued_at=T + 20)), "ok", 2),
        case("issued 16 s from now", code(credential(issued_at=T + 21)), asked, reasons=untrusted, slow=True),
        case(
            "issued 16 s from now, challenge answered",
            code(credential(issued_at=T + 21), challenge=42),
            "ok",
            1,
            untrusted,
            slow=True,
            **fresh,
        ),
        case(
            "issued in 2 h: the clock is slow",
            code(credential(issued_at=T + 2 * HOUR), step=STEP + 480),
            "clock_untrusted",
            reasons=("clock_skew",),
            slow=True,
        ),
        case(
            "a list from the future: the clock is slow",
            code(),
            asked,
            reasons=untrusted,
            slow=True,
            list_age_s=-16,
        ),
        case("a list one step ahead", code(), "ok", 2, list_age_s=-15),
        case("an unknown clock", code(), asked, reasons=untrusted, clock_known=False),
        case("an unknown clock, challenge answered", answer, "ok", 1, untrusted, clock_known=False, **fresh),
        case(
            "an unknown clock online, challenge answered",
            answer,
            "ok",
            1,
            untrusted,
            clock_known=False,
            **fresh,
            **ONLINE,
        ),
        case("revoked", code(credential(index=REVOKED)), "revoked"),
        case("revoked, online", code(credential(index=REVOKED)), "revoked", **ONLINE),
        case("revoked by a stale list", code(credential(index=REVOKED)), "revoked", list_age_s=3000),
        case(
            "revoked by an expired list",
            code(credential(index=REVOKED)),
            "revoked",
            list_age_s=90_000 - 86_400,
            list_is_expired=True,
        ),
        case(
            "revoked before the list, issued after it",
            code(credential(index=REVOKED, issued_at=T - 30)),
            "revoked",
        ),
        case(
            "revoked as somebody else, by an expired list",
            code(credential(index=REVOKED, issued_at=T - 30)),
            asked,
            reasons=stale,
            list_age_s=90_000,
            list_is_expired=True,
        ),
        case("beside a revoked index", code(credential(index=REVOKED - 1)), "ok", 2),
        case("beside a revoked index, above", code(credential(index=REVOKED + 1)), "ok", 2),
        case("the other end of a revoked index's byte", code(credential(index=38)), "ok", 2),
        case("the first index", code(credential(index=0)), "ok", 2),
        case("the last index of the list, revoked", code(credential(index=LIST_SIZE - 1)), "revoked"),
        case("beyond the list", code(beyond), "holder_unknown"),
        case("beyond the list, the highest index", code(credential(index=0xFFFFFF)), "holder_unknown"),
        case(
            "beyond a list that is older",
            code(credential(index=LIST_SIZE, issued_at=T - 30)),
            asked,
            reasons=unsynced,
        ),
        case(
            "beyond a list that is older, answered",
            code(credential(index=LIST_SIZE, issued_at=T - 30), challenge=42),
            "ok_unsynced",
            1,
            **fresh,
        ),
        case("a list of exactly its ttl", code(), "ok", 2, list_age_s=900),
        case("a list past its ttl", code(), asked, reasons=stale, list_age_s=901),
        case("a list past its ttl, answered", answer, "ok_stale_list", 1, list_age_s=901, **fresh),
        case("a list past its ttl, online", code(), asked, reasons=stale, list_age_s=901, **ONLINE),
        case(
            "a list past its ttl, online, answered",
            answer,
            "ok_stale_list",
            1,
            list_age_s=901,
            **fresh,
            **ONLINE,
        ),
        case("a just-issued credential makes up for a stale list", young, "ok", 2, list_age_s=7200),
        case("issued one ttl ago", at_ttl, "ok", 2, list_age_s=7200),
        case("issued more than one ttl ago", past_ttl, asked, reasons=stale, list_age_s=7200),
        case(
            "just issued, but before the stale list",
            code(credential(issued_at=T - 900)),
            asked,
            reasons=stale,
            list_age_s=902,
        ),
        case(
            "just issued, the list expired",
            young,
            asked,
            reasons=stale,
            list_age_s=90_000,
            list_is_expired=True,
        ),
        case(
            "just issued, the list expired, answered",
            young_answer,
            "ok_stale_list",
            1,
            list_age_s=90_000,
            list_is_expired=True,
            **fresh,
        ),
        case(
            "just issued, the clock not known",
            young,
            asked,
            reasons=untrusted + stale,
            list_age_s=7200,
            clock_known=False,
        ),
        case("an expired list", code(), asked, reasons=stale, list_age_s=90_000, list_is_expired=True),
        case(
            "an expired list, answered",
            answer,
            "ok_stale_list",
            1,
            list_age_s=90_000,
            list_is_expired=True,
            **fresh,
        ),
        case("no list", code(), asked, reasons=unsynced, has_list=False, list_age_s=None),
        case("no list, answered", answer, "ok_unsynced", 1, has_list=False, list_age_s=None, **fresh),
        case("no list, just issued", young, asked, reasons=unsynced, has_list=False, list_age_s=None),
        case("a list of unknown age", code(), asked, reasons=unsynced, list_age_s=None),
        case("revoked by a list of unknown age", code(credential(index=REVOKED)), "revoked", list_age_s=None),
    ]


def gates() -> list[dict[str, Any]]:
    """Return codes at the right and the wrong gate, at steps near and far, with challenges."""
    free, asked = code(gate=0), "challenge_required"
    old, ahead = ("step_expired",), ("clock_skew",)
    found = [
        case("bound to another gate", code(gate=8), "wrong_gate"),
        case("bound to another gate, online", code(gate=8), "wrong_gate", **ONLINE),
        case("bound to a gate whose number shares its low bytes", code(gate=GATE + 65536), "wrong_gate"),
        case("bound to a gate, shown at a counter", code(), "wrong_gate", gate=0),
        case("unbound at a counter, online", free, "ok", 3, gate=0, **ONLINE),
        case("unbound at a counter, offline", free, asked, gate=0),
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
        case("unbound, online", free, "ok", 3, **ONLINE),
        case("bound, online", code(), "ok", 4, **ONLINE),
        case("unbound, offline", free, asked),
        case("unbound, offline, answered", code(gate=0, challenge=42), "ok", 2, challenge=42),
        case("unbound, online, answered", code(gate=0, challenge=42), "ok", 4, challenge=42, **ONLINE),
        case("an answer of 0", code(gate=0, challenge=0), "ok", 2, challenge=0),
        case("an answer of four digits", code(gate=0, challenge=9999), "ok", 2, challenge=9999),
        case("unattended, bound, offline", code(), asked, **TURNSTILE),
        case("unattended, bound, online", code(), asked, **TURNSTILE, **ONLINE),
        case("unattended, answered, offline", code(challenge=4711), "ok", 2, challenge=4711, **TURNSTILE),
        case(
            "unattended, answered, online",
            code(challenge=4711),
            "ok",
            4,
            challenge=4711,
            **TURNSTILE,
            **ONLINE,
        ),
        case("unattended, the answer was to nothing", code(challenge=4711), asked, **TURNSTILE),
        case("an open challenge not answered", code(), asked, challenge=42),
        case("an open challenge not answered, online", free, asked, challenge=42, **ONLINE),
        case("a wrong answer", code(challenge=43), "challenge_mismatch", challenge=42),
        case("a wrong answer, online", code(challenge=43), "challenge_mismatch", challenge=42, **ONLINE),
        case("an answer that nobody needs, bound", code(challenge=42), "ok", 2),
        case("an answer that nobody needs, unbound, online", code(gate=0, challenge=42), "ok", 3, **ONLINE),
        case("an answer to nothing, unbound, offline", code(gate=0, challenge=42), asked),
        case("the courier's own record", code(), "ok", 0, scanned=False),
        case("the courier's own record, online", code(), "ok", 0, scanned=False, **ONLINE),
        case("the end of the free window", code(), "ok", 2, now=T + 44.9),
        case("a screenshot of 45 s", code(), asked, reasons=old, now=T + 45),
        case("one step ahead, its first moment", code(), "ok", 2, now=T - 15),
        case("two steps ahead", code(), asked, reasons=ahead, now=T - 15.1),
    ]
    for drift in (-21, -20, -3, -2, -1, 0, 1, 2, 20, 21):
        finding = old if drift < 0 else ahead
        is_free, is_far = -2 <= drift <= 1, abs(drift) > 20
        plain = ("ok", 2) if is_free else (finding[0], None) if is_far else (asked, None)
        reasons = () if is_free or is_far else finding
        answered = (finding[0], None) if is_far else ("ok", 2)
        shown = STEP + drift
        found += [
            case(f"step {drift:+d}", code(step=shown), *plain, reasons),
            case(
                f"step {drift:+d}, answered", code(step=shown, challenge=42), *answered, reasons, challenge=42
            ),
            case(f"step {drift:+d}, online", code(step=shown), plain[0], plain[1] and 4, reasons, **ONLINE),
        ]
    unknown = {"clock_known": False}
    untrusted = ("clock_untrusted",)
    return [
        *found,
        case("step -21 by an unknown clock", code(step=STEP - 21), "clock_untrusted", reasons=old, **unknown),
        case(
            "step +21 by an unknown clock", code(step=STEP + 21), "clock_untrusted", reasons=ahead, **unknown
        ),
        case(
            "step +20 by an unknown clock, answered",
            code(step=STEP + 20, challenge=42),
            "ok",
            1,
            untrusted + ahead,
            challenge=42,
            **unknown,
        ),
        case("the highest step", code(step=0xFFFFFFFF), "clock_skew"),
        case("step 0", code(step=0), "step_expired"),
    ]


def repetitions() -> list[dict[str, Any]]:
    """Return codes and people that passed before."""
    used, used_answer = [[PID, STEP, NONE]], [[PID, STEP, 42]]
    answer = code(gate=0, challenge=42)
    asked = "challenge_required"
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
        case("another step of the same device", code(step=STEP - 1), "ok", 2, seen=used),
        case("another challenge of the same step", code(challenge=42), "ok", 2, seen=used, challenge=42),
        case("the same step of another device", code(credential(index=22)), "ok", 2, seen=used),
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
        case("passed 11 s ago, a new proof", code(), "ok", 2, seen=[[PID, STEP - 1, NONE]], last_pass=T - 6),
        case(
            "passed a moment from now: the clock was set back", code(), "ok_already_passed", last_pass=T + 8
        ),
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
        case("passed 11 s ago, unbound, offline", code(gate=0), asked, last_pass=T - 6),
        case("passed 9 s ago, asked all the same", code(gate=0), asked, last_pass=T - 4, challenge=42),
        case("passed 9 s ago at a turnstile", code(), "ok_already_passed", last_pass=T - 4, **TURNSTILE),
    ]


def vectors() -> dict[str, Any]:
    """Return the whole file."""
    return {
        "about": "Made by scripts/xg1_vectors.py. Times are Unix seconds; each case is judged by itself.",
        "keys": KEYS,
        "list": {"token": token(list_payload()), "size": LIST_SIZE, "revoked": [REVOKED, LIST_SIZE - 1]},
        "cases": [*formats(), *signatures(), *holders(), *gates(), *repetitions()],
        "places": places(),
        "tokens": tokens(),
    }


def written() -> str:
    """Return the file's text."""
    return json.dumps(vectors(), ensure_ascii=True, indent=1) + "\n"


if __name__ == "__main__":
    TARGET.write_text(written(), encoding="utf-8")
    sys.stdout.write(f"{TARGET.name} written\n")
