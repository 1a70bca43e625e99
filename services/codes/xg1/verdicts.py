"""What can be said about a scanned code: one word for machines, grouped by who or what it is about."""

from enum import StrEnum


class Group(StrEnum):
    """What a verdict speaks of."""

    PASS = "pass"  # noqa: S105
    FRESHNESS = "freshness"
    HOLDER = "holder"
    CODE = "code"
    GATE = "gate"
    LATER = "later"


class Verdict(StrEnum):
    """Every answer that a gate, the server or a person gives."""

    OK = "ok"
    OK_ALREADY_PASSED = "ok_already_passed"
    OK_STALE_LIST = "ok_stale_list"
    OK_UNSYNCED = "ok_unsynced"
    STEP_EXPIRED = "step_expired"
    CLOCK_SKEW = "clock_skew"
    CLOCK_UNTRUSTED = "clock_untrusted"
    CHALLENGE_REQUIRED = "challenge_required"
    CHALLENGE_MISMATCH = "challenge_mismatch"
    WRONG_GATE = "wrong_gate"
    REPLAYED = "replayed"
    CREDENTIAL_EXPIRED = "credential_expired"
    REVOKED = "revoked"
    HOLDER_UNKNOWN = "holder_unknown"
    BAD_FORMAT = "bad_format"
    UNSUPPORTED_VERSION = "unsupported_version"
    UNKNOWN_ISSUER = "unknown_issuer"
    BAD_ISSUER_SIGNATURE = "bad_issuer_signature"
    BAD_DEVICE_SIGNATURE = "bad_device_signature"
    GATE_RULE = "gate_rule"
    GATE_CLOSED = "gate_closed"
    DEVICE_UNREGISTERED = "device_unregistered"
    RATE_LIMITED = "rate_limited"
    MANUAL_OVERRIDE = "manual_override"
    ANNULLED = "annulled"
    CONFLICT = "conflict"

    @property
    def group(self) -> Group:
        """Return what the verdict speaks of."""
        return _GROUPS[self]

    @property
    def passes(self) -> bool:
        """Say whether the person may be let through; `ok_already_passed` opens nothing a second time."""
        return _GROUPS[self] is Group.PASS


#: The last verdict of each group, in the order above.
_LAST = {
    Verdict.OK_UNSYNCED: Group.PASS,
    Verdict.REPLAYED: Group.FRESHNESS,
    Verdict.HOLDER_UNKNOWN: Group.HOLDER,
    Verdict.BAD_DEVICE_SIGNATURE: Group.CODE,
    Verdict.RATE_LIMITED: Group.GATE,
    Verdict.CONFLICT: Group.LATER,
}


def _grouped() -> dict[Verdict, Group]:
    found: dict[Verdict, Group] = {}
    waiting: list[Verdict] = []
    for verdict in Verdict:
        waiting.append(verdict)
        if verdict in _LAST:
            found.update(dict.fromkeys(waiting, _LAST[verdict]))
            waiting = []
    return found


_GROUPS = _grouped()
