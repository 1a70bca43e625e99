"""What a gate knows when it asks about a code, and what it gets to know."""

from collections.abc import Callable
from dataclasses import dataclass

from services.codes.xg1.credential import Credential
from services.codes.xg1.presentation import NO_GATE, Issued, Presentation
from services.codes.xg1.verdicts import Verdict

LIST_TTL_S = 15 * 60

#: Say whether an index is revoked; None when it is not known at all.
Status = Callable[[int], bool | None]
#: Say whether (pid, step, challenge) has passed at this gate before.
Seen = Callable[[str, int, int], bool]
#: Return the Unix time of a pid's last pass at this gate, None without one.
LastPass = Callable[[str], float | None]
#: Return what a gate's own rules have against a holder (closed, rule, rate limited), None when nothing.
Rule = Callable[[Credential | Issued], Verdict | None]


@dataclass(frozen=True, slots=True, kw_only=True)
class Asking:
    """Who asks, and what he can know. Times are Unix seconds of the last-synced clock, ages in seconds."""

    now: float
    #: The asking gate's number; NO_GATE at a counter, where a code bound to any gate is at the wrong place.
    gate: int = NO_GATE
    attended: bool = True
    online: bool = False
    clock_known: bool = True
    #: Since the list was made; None without a list. A server that asks its own rows says 0.
    list_age_s: float | None = None
    list_ttl_s: float = LIST_TTL_S
    #: Past its own `exp`.
    list_is_expired: bool = False
    #: The challenge that is open for this scan; None when none is.
    challenge: int | None = None
    #: Somebody or something read the code; False for a courier's own record, which is a claim whatever it proves.
    scanned: bool = True


@dataclass(frozen=True, slots=True)
class Outcome:
    """The verdict and what may be shown: presentation, name and platform only when both signatures hold.

    `reasons` are the findings beside the verdict: why a challenge is asked, why a pass is amber. `assurance` is 0–4
    of a pass that opens, None otherwise. The caller adds to the seen-set only what `opens`.
    """

    verdict: Verdict
    presentation: Presentation | None = None
    reasons: tuple[Verdict, ...] = ()
    assurance: int | None = None
    name: str | None = None
    platform: int | None = None
    clock_is_slow: bool = False

    @property
    def opens(self) -> bool:
        """Say whether this is a pass of its own, to be recorded and to open the gate."""
        return self.assurance is not None
