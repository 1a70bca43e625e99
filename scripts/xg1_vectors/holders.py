"""Codes whose signatures hold: life, the clock that may be wrong, and the list."""

from typing import Any

from scripts.xg1_vectors.asking import (
    ANSWERED,
    EXPIRED_LIST,
    NO_CLOCK,
    NO_LIST,
    OLD_LIST,
    ONLINE,
    STALE_LIST,
    case,
)
from scripts.xg1_vectors.making import LIST_SIZE, REVOKED, STEP, T, code, credential

HOUR = 3600


def holders() -> list[dict[str, Any]]:
    """Return codes whose signatures hold: life, the clock that may be wrong, and the list."""
    last = credential(issued_at=T + 6 - 48 * HOUR)
    ended = credential(issued_at=T + 5 - 48 * HOUR)
    young = code(credential(issued_at=T - 600))
    young_answer = code(credential(issued_at=T - 600), challenge=42)
    at_ttl, past_ttl = (code(credential(issued_at=T + 5 - age)) for age in (900, 901))
    beyond = credential(index=LIST_SIZE)
    answer = code(challenge=42)
    return [
        case("the last second of its life", code(last), "ok 2"),
        case("the end of its life", code(ended), "credential_expired"),
        case("issued for no hours", code(credential(life=0)), "credential_expired"),
        case("71 h of 100", code(credential(issued_at=T - 71 * HOUR, life=100)), "ok 2"),
        case(
            "72 h of 100: at most 72 are honoured",
            code(credential(issued_at=T - 72 * HOUR, life=100)),
            "credential_expired",
        ),
        case(
            "ended by a clock that is not known",
            code(ended),
            "clock_untrusted credential_expired",
            **NO_CLOCK,
        ),
        case("issued one step from now", code(credential(issued_at=T + 20)), "ok 2"),
        case(
            "issued 16 s from now",
            code(credential(issued_at=T + 21)),
            "challenge_required clock_untrusted slow",
        ),
        case(
            "issued 16 s from now, challenge answered",
            code(credential(issued_at=T + 21), challenge=42),
            "ok 1 clock_untrusted slow",
            **ANSWERED,
        ),
        case(
            "issued in 2 h: the clock is slow",
            code(credential(issued_at=T + 2 * HOUR), step=STEP + 480),
            "clock_untrusted clock_skew slow",
        ),
        case(
            "a list from the future: the clock is slow",
            code(),
            "challenge_required clock_untrusted slow",
            list_age_s=-16,
        ),
        case("a list one step ahead", code(), "ok 2", list_age_s=-15),
        case("an unknown clock", code(), "challenge_required clock_untrusted", **NO_CLOCK),
        case("an unknown clock, challenge answered", answer, "ok 1 clock_untrusted", **NO_CLOCK, **ANSWERED),
        case(
            "an unknown clock online, challenge answered",
            answer,
            "ok 1 clock_untrusted",
            **NO_CLOCK,
            **ANSWERED,
            **ONLINE,
        ),
        case("revoked", code(credential(index=REVOKED)), "revoked"),
        case("revoked, online", code(credential(index=REVOKED)), "revoked", **ONLINE),
        case("revoked by a stale list", code(credential(index=REVOKED)), "revoked", list_age_s=3000),
        case(
            "revoked by an expired list",
            code(credential(index=REVOKED)),
            "revoked",
            list_age_s=3600,
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
            "challenge_required ok_stale_list",
            **EXPIRED_LIST,
        ),
        case("beside a revoked index", code(credential(index=REVOKED - 1)), "ok 2"),
        case("beside a revoked index, above", code(credential(index=REVOKED + 1)), "ok 2"),
        case("the other end of a revoked index's byte", code(credential(index=38)), "ok 2"),
        case("the first index", code(credential(index=0)), "ok 2"),
        case("the last index of the list, revoked", code(credential(index=LIST_SIZE - 1)), "revoked"),
        case("beyond the list", code(beyond), "holder_unknown"),
        case("beyond the list, the highest index", code(credential(index=0xFFFFFF)), "holder_unknown"),
        case(
            "beyond a list that is older",
            code(credential(index=LIST_SIZE, issued_at=T - 30)),
            "challenge_required ok_unsynced",
        ),
        case(
            "beyond a list that is older, answered",
            code(credential(index=LIST_SIZE, issued_at=T - 30), challenge=42),
            "ok_unsynced 1",
            **ANSWERED,
        ),
        case("a list of exactly its ttl", code(), "ok 2", list_age_s=900),
        case("a list past its ttl", code(), "challenge_required ok_stale_list", **STALE_LIST),
        case("a list past its ttl, answered", answer, "ok_stale_list 1", **STALE_LIST, **ANSWERED),
        case(
            "a list past its ttl, online", code(), "challenge_required ok_stale_list", **STALE_LIST, **ONLINE
        ),
        case(
            "a list past its ttl, online, answered",
            answer,
            "ok_stale_list 1",
            **STALE_LIST,
            **ANSWERED,
            **ONLINE,
        ),
        case("a just-issued credential makes up for a stale list", young, "ok 2", **OLD_LIST),
        case("issued one ttl ago", at_ttl, "ok 2", **OLD_LIST),
        case("issued more than one ttl ago", past_ttl, "challenge_required ok_stale_list", **OLD_LIST),
        case(
            "just issued, but before the stale list",
            code(credential(issued_at=T - 900)),
            "challenge_required ok_stale_list",
            list_age_s=902,
        ),
        case("just issued, the list expired", young, "challenge_required ok_stale_list", **EXPIRED_LIST),
        case(
            "just issued, the list expired, answered",
            young_answer,
            "ok_stale_list 1",
            **EXPIRED_LIST,
            **ANSWERED,
        ),
        case(
            "just issued, the clock not known",
            young,
            "challenge_required clock_untrusted ok_stale_list",
            **OLD_LIST,
            **NO_CLOCK,
        ),
        case("an expired list", code(), "challenge_required ok_stale_list", **EXPIRED_LIST),
        case("an expired list, answered", answer, "ok_stale_list 1", **EXPIRED_LIST, **ANSWERED),
        case("no list", code(), "challenge_required ok_unsynced", **NO_LIST),
        case("no list, answered", answer, "ok_unsynced 1", **NO_LIST, **ANSWERED),
        case("no list, just issued", young, "challenge_required ok_unsynced", **NO_LIST),
        case("a list of unknown age", code(), "challenge_required ok_unsynced", list_age_s=None),
        case("revoked by a list of unknown age", code(credential(index=REVOKED)), "revoked", list_age_s=None),
    ]
