"""What a gate knows in a case, and what it must say."""

from typing import Any

from scripts.xg1_vectors.making import GATE, NAME, T

Situation = dict[str, Any]

#: What a guard's phone knows at a gate, offline, with everything sound; cases name what differs.
GUARD: Situation = {
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
ONLINE: Situation = {"online": True}
TURNSTILE: Situation = {"attended": False}
ANSWERED: Situation = {"challenge": 42}
NO_CLOCK: Situation = {"clock_known": False}
NO_LIST: Situation = {"has_list": False, "list_age_s": None}
STALE_LIST: Situation = {"list_age_s": 901}
OLD_LIST: Situation = {"list_age_s": 7200}
EXPIRED_LIST: Situation = {"list_age_s": 90_000, "list_is_expired": True}


def case(name: str, text: str, wanted: str, shows: str = NAME, **asking: Any) -> dict[str, Any]:
    """Return one case. `wanted` is the verdict, the assurance of a pass, then reasons; "slow" is said of the clock.

    A name is shown whenever both signatures hold.
    """
    verdict, *words = wanted.split()
    assurance = next((int(word) for word in words if word.isdecimal()), None)
    reasons = [word for word in words if not word.isdecimal() and word != "slow"]
    unsigned = {"bad_format", "unsupported_version", "unknown_issuer"}
    holds = verdict not in unsigned and "signature" not in verdict
    said = {"verdict": verdict, "assurance": assurance, "reasons": reasons, "clock_is_slow": "slow" in words}
    shown = {"shown_name": shows if holds else None, "platform": 3 if holds else None}
    return {"name": name, "text": text, **GUARD, **asking, **said, **shown}
