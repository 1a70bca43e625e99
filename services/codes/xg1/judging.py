"""Judge a scanned code: the same rules for a guard's phone, a turnstile and the server, online and offline.

The order of checks: format, version, kid, issuer signature, device signature, life, status, gate, step, challenge,
seen-set. The first that fails gives the verdict. Where the protocol leaves a choice, the safer one is taken:

- An issuer key speaks of credentials issued from its `nbf` on, and of none from its `exp` on; its `exp` must therefore
  lie the longest life and a day after its last use. Outside, or with a key for another purpose, the issuer is
  unknown ("sync"), never forged.
- The clock is not sound when it is not known, or when something the issuer signed comes from more than one step ahead
  of it (then it is slow, and `clock_is_slow` says so). What looks expired by such a clock is `clock_untrusted`:
  no clock in doubt ends a credential's life.
- Without a challenge the steps -2…+1 pass. Up to ±20 a challenge is asked; beyond it none would help, and the verdict
  is `step_expired`, `clock_skew` (ahead) or, by an unsound clock, `clock_untrusted`.
- A list is sound up to its ttl. A credential issued within one ttl of now, hence after a stale list was made, makes up
  for that list, but not for an expired or a missing one. Those and a stale list ask for a challenge, and then pass
  amber with assurance 1, online too: what the server knows, it says itself.
- The list is believed about a credential issued after it, too, unless it has expired (the index may then be another's
  by now). An index beyond the end of the list is unknown, but unsynced when the credential is younger than the list.
- A challenge that is open must be answered although nothing else asked for it. An answer nobody asked for is no fault
  where no challenge is needed (it may be left from the gate before); it does not raise the assurance. The answer
  `UNSHOWN` is none of those: gates ask for two or four digits, so it is a mismatch wherever it was not asked for.
- A proof that has passed here already is judged by the seen-set, whatever challenge is open: a camera that reads the
  same screen twice neither burns a challenge nor asks for one. For the same reason someone who passed within the last
  10 seconds is `ok_already_passed` rather than asked anew. Either opens nothing.
"""

from services.codes.xg1.asking import Asking, LastPass, Outcome, Rule, Seen, Status
from services.codes.xg1.credential import Credential
from services.codes.xg1.presentation import (
    NO_CHALLENGE,
    NO_GATE,
    STEP_SECONDS,
    UNSHOWN,
    Presentation,
    step_at,
)
from services.codes.xg1.verdicts import Verdict

FREE_STEPS = range(-2, 2)
CHALLENGED_STEPS = 20
ALREADY_PASSED_S = 10


class Judging:
    """One judging of a presentation whose signatures hold; `outcome` is asked once."""

    __slots__ = (
        "_asking",
        "_clock_is_sound",
        "_holder",
        "_is_answered",
        "_is_bound",
        "_is_slow",
        "_last_pass",
        "_list",
        "_notes",
        "_rule",
        "_seen",
        "_shown",
        "_status",
    )

    def __init__(
        self,
        shown: Presentation,
        asking: Asking,
        status: Status | None,
        seen: Seen,
        last_pass: LastPass | None,
        rule: Rule | None,
    ) -> None:
        self._shown, self._holder, self._asking = shown, shown.credential, asking
        self._status, self._seen, self._last_pass, self._rule = status, seen, last_pass, rule
        age = asking.list_age_s
        self._is_slow = self._holder.issued_at > asking.now + STEP_SECONDS or (
            age is not None and age < -STEP_SECONDS
        )
        self._clock_is_sound = asking.clock_known and not self._is_slow
        self._is_bound = shown.gate == asking.gate != NO_GATE
        self._is_answered = shown.challenge == asking.challenge != NO_CHALLENGE
        self._list = Verdict.OK
        self._notes = [] if self._clock_is_sound else [Verdict.CLOCK_UNTRUSTED]

    def outcome(self) -> Outcome:
        """Return what life, status, gate, step, challenge and seen-set say, in this order."""
        fault = (
            self._life()
            or self._revocation()
            or self._gate()
            or self._step()
            or self._challenge()
            or self._repetition()
        )
        verdict = fault or self._list
        holder = self._holder
        name, platform = (holder.name, holder.platform) if isinstance(holder, Credential) else (None, None)
        return Outcome(
            verdict,
            self._shown,
            tuple(note for note in self._notes if note is not verdict),
            None if fault else self._assurance(),
            name,
            platform,
            self._is_slow,
        )

    def _life(self) -> Verdict | None:
        if self._asking.now < self._holder.ends_at:
            return None
        if self._clock_is_sound:
            return Verdict.CREDENTIAL_EXPIRED
        self._notes.append(Verdict.CREDENTIAL_EXPIRED)
        return Verdict.CLOCK_UNTRUSTED

    def _revocation(self) -> Verdict | None:
        asking, issued_at = self._asking, self._holder.issued_at
        age = asking.list_age_s
        is_younger = age is not None and issued_at > asking.now - age
        if self._status is None or (asking.list_is_expired and is_younger):
            reaches, is_revoked = self._status is not None, False
        else:
            answer = self._status(self._holder.index)
            reaches, is_revoked = answer is not None, bool(answer)
        if is_revoked:
            return Verdict.REVOKED
        if self._status is not None and not reaches and not is_younger:
            return Verdict.HOLDER_UNKNOWN
        if age is None or not reaches:
            self._list = Verdict.OK_UNSYNCED
        elif asking.list_is_expired or not (age <= asking.list_ttl_s or self._is_just_issued()):
            self._list = Verdict.OK_STALE_LIST
        if self._list is not Verdict.OK:
            self._notes.append(self._list)
        return None

    def _is_just_issued(self) -> bool:
        return self._clock_is_sound and self._asking.now - self._holder.issued_at <= self._asking.list_ttl_s

    def _gate(self) -> Verdict | None:
        if self._shown.gate not in (NO_GATE, self._asking.gate):
            return Verdict.WRONG_GATE
        return self._rule(self._holder) if self._rule else None

    def _step(self) -> Verdict | None:
        drift = self._shown.step - step_at(self._asking.now)
        if drift in FREE_STEPS:
            return None
        finding = Verdict.STEP_EXPIRED if drift < 0 else Verdict.CLOCK_SKEW
        if abs(drift) > CHALLENGED_STEPS and self._clock_is_sound:
            return finding
        self._notes.append(finding)
        return None if abs(drift) <= CHALLENGED_STEPS else Verdict.CLOCK_UNTRUSTED

    def _challenge(self) -> Verdict | None:
        if self._shown.challenge == UNSHOWN != self._asking.challenge:
            return Verdict.CHALLENGE_MISMATCH
        if self._is_answered or self._has_passed():
            return None
        if self._asking.challenge is not None:
            unanswered = self._shown.challenge == NO_CHALLENGE
            return Verdict.CHALLENGE_REQUIRED if unanswered else Verdict.CHALLENGE_MISMATCH
        if self._passed_just_now() or not self._needs_challenge():
            return None
        return Verdict.CHALLENGE_REQUIRED

    def _needs_challenge(self) -> bool:
        """Say whether the gate always asks, the code is bound to none while offline, or anything is in doubt."""
        asking = self._asking
        return not asking.attended or not (asking.online or self._is_bound) or bool(self._notes)

    def _repetition(self) -> Verdict | None:
        if self._passed_just_now():
            return Verdict.OK_ALREADY_PASSED
        return Verdict.REPLAYED if self._has_passed() else None

    def _has_passed(self) -> bool:
        return self._seen(self._holder.pid, self._shown.step, self._shown.challenge)

    def _passed_just_now(self) -> bool:
        last = self._last_pass(self._holder.pid) if self._last_pass else None
        return last is not None and abs(self._asking.now - last) <= ALREADY_PASSED_S

    def _assurance(self) -> int:
        if not self._asking.scanned:
            return 0
        if not self._clock_is_sound or self._list is not Verdict.OK:
            return 1
        if not self._asking.online:
            return 2
        return 4 if self._is_bound or self._is_answered else 3
