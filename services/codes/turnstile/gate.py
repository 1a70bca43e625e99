"""Judge codes at a turnstile: by the server while it answers, else by what the last sync told."""

import datetime as dt
import secrets
import time
from base64 import urlsafe_b64encode
from dataclasses import dataclass, field
from typing import Any

import jwt
from uuid_utils.compat import uuid7

from services.codes import xg1
from services.codes.turnstile.portal import Away, Portal
from services.codes.turnstile.queue import Queue

CHALLENGE_S, LOCK_S, MOST_WRONG = 60, 60, 3
MOST_ROWS = 500
#: What leaves no row, as at every gate.
NOT_KEPT = {"bad_format", "unsupported_version", "unknown_issuer", "challenge_required", "ok_already_passed"}


@dataclass
class Decision:
    """What the turnstile shows: a verdict, whether it opens, digits to show, and who decided."""

    verdict: str
    opens: bool
    challenge: str | None = None
    assurance: int | None = None
    by: str = "gate"


@dataclass
class Asked:
    """The digits that stand on the screen, and until when."""

    digits: str = ""
    until: float = 0.0
    wrong: dict[str, list[float]] = field(default_factory=dict)

    def pending(self, now: float) -> int | None:
        """Return the number that must be answered."""
        return int(self.digits) if self.digits and now < self.until else None

    def ask(self, now: float) -> str:
        """Return four new digits."""
        self.digits, self.until = f"{secrets.randbelow(10_000):04d}", now + CHALLENGE_S
        return self.digits

    def is_locked(self, pid: str, now: float) -> bool:
        """Say whether a pid answered wrongly three times within a minute."""
        self.wrong[pid] = [at for at in self.wrong.get(pid, []) if now - at < LOCK_S]
        return len(self.wrong[pid]) >= MOST_WRONG


class Turnstile:
    """One gate: what it knows, what it decides, what waits."""

    def __init__(self, portal: Portal, queue: Queue, *, offline: bool = False, direction: str = "in") -> None:
        self.portal, self.queue, self.offline, self.direction = portal, queue, offline, direction
        self.offset = float(queue.kept("offset") or 0.0)
        self.asked = Asked()
        self.shown: str | None = None
        self.remembered: set[bytes] = set()
        self._adopt()

    @property
    def now(self) -> float:
        """Return the server's Unix time in seconds, as well as it is known."""
        return time.time() + self.offset

    def sync(self) -> bool:
        """Fetch what changed; return whether the portal answered. Versions only rise, and a list must be signed."""
        if self.offline:
            return False
        sent = time.time()
        try:
            told = self.portal.sync(self.queue.kept("cursor") or "", self.queue.count("waiting"))
        except Away:
            return False
        heard = time.time()
        self.offset = told["now_ms"] / 1000 - (sent + heard) / 2
        self.queue.keep("offset", self.offset)
        kept = self.queue.kept("keys") or {"version": 0}
        if told["keys_version"] >= kept["version"]:
            self.queue.keep("keys", told["keys"])
        known = self.queue.kept("list") or {"version": 0}
        if told["list"] is not None and told["list"]["version"] > known["version"]:
            self.queue.keep("list", told["list"])
        for name in ("checkpoints", "terms", "device", "cursor"):
            self.queue.keep(name, told[name])
        self._adopt()
        return True

    def _adopt(self) -> None:
        """Read keys and list; a list that the issuer's list key did not sign is as good as none."""
        self.jwks = self.queue.kept("keys") or {"keys": []}
        self.keys = xg1.keys_from_jwks(self.jwks)
        self.claims: dict[str, Any] | None = None
        kept = self.queue.kept("list")
        if kept:
            try:
                self.claims = _read_list(kept["token"], self.jwks)
            except (jwt.PyJWTError, KeyError, ValueError):
                # Asked for again, whole, with the next sync.
                self.queue.keep("list", None)
                self.queue.keep("cursor", "")
        self.status = xg1.StatusBits.from_payload(self.claims) if self.claims else None
        found = self.queue.kept("checkpoints") or []
        own = (self.queue.kept("device") or {}).get("checkpoint")
        self.place = next((place for place in found if own in (None, place["number"])), None)

    def decide(self, text: str) -> Decision:
        """Return what becomes of a code that the camera read."""
        if self.place is None:
            return Decision("device_unregistered", opens=False)
        if not self.offline:
            try:
                return self._ask(text)
            except Away:
                pass
        return self._judge(text)

    def _ask(self, text: str) -> Decision:
        scan = {
            "id": self._number(),
            "checkpoint": self.place["number"] if self.place else 0,
            "text": text,
            "direction": self.direction,
            "challenge": self.shown,
        }
        told = self.portal.verify(scan)
        self.shown = told["challenge"]
        return Decision(told["verdict"], told["opens"], told["challenge"], told["assurance"], "portal")

    def _judge(self, text: str) -> Decision:
        """Judge by keys, list and what was taken here, and queue the pass."""
        now, place = self.now, self.place or {}
        asked = self.asked.pending(now)
        age = now - self.claims["iat"] if self.claims else None
        outcome = xg1.verify(
            text,
            keys=self.keys,
            status=self.status,
            asking=xg1.Asking(
                now=now,
                gate=place["number"],
                attended=place["attended"],
                clock_known=self.queue.kept("cursor") is not None,
                list_age_s=age,
                list_is_expired=bool(self.claims and now >= self.claims["exp"]),
                challenge=asked,
            ),
            seen=self.queue.has_seen,
            last_pass=self.queue.last_pass,
            rule=lambda holder: self._rule(holder.pid, now),
            issuer_cache=self.remembered,
        )
        verdict, opens = outcome.verdict.value, outcome.opens
        shown = outcome.presentation
        if shown is not None and asked is not None and (opens or verdict == "challenge_mismatch"):
            self.asked.digits = ""
        if shown is not None and verdict == "challenge_mismatch":
            self.asked.wrong.setdefault(shown.credential.pid, []).append(now)
        if verdict in {"challenge_required", "challenge_mismatch"}:
            digits = self.asked.digits if asked is not None and self.asked.digits else self.asked.ask(now)
            return Decision(verdict, opens=False, challenge=digits)
        if verdict not in NOT_KEPT:
            proof = (shown.credential.pid, shown.step, shown.challenge) if shown and opens else None
            if not self.queue.take(self._row(outcome, asked), proof, now):
                return Decision("replayed", opens=False)
        return Decision(verdict, opens, assurance=outcome.assurance)

    def _rule(self, pid: str, now: float) -> xg1.Verdict | None:
        if self.asked.is_locked(pid, now):
            return xg1.Verdict.RATE_LIMITED
        terms = (self.queue.kept("terms") or {}).get(str((self.place or {})["number"]), {})
        if self.direction == "in" and terms.get("state") == "never":
            return xg1.Verdict.GATE_RULE
        return None

    def _row(self, outcome: xg1.Outcome, asked: int | None) -> dict[str, Any]:
        shown = outcome.presentation
        return {
            "id": self._number(),
            "checkpoint": (self.place or {})["number"],
            "direction": self.direction,
            "method": "scan",
            "pid": shown.credential.pid if shown else None,
            "credential_digest": shown.credential.digest.hex() if shown else None,
            "presentation": urlsafe_b64encode(shown.proof).rstrip(b"=").decode() if shown else None,
            "challenge": None if asked is None else f"{asked:04d}",
            "scanned_at": dt.datetime.fromtimestamp(time.time(), dt.UTC).isoformat(timespec="milliseconds"),
            "clock_offset_ms": round(self.offset * 1000),
            "made_offline": True,
            "list_version": self.claims["version"] if self.claims else None,
            "verdict": outcome.verdict.value,
            "reasons": [reason.value for reason in outcome.reasons],
            "assurance": outcome.assurance or 0,
        }

    def _number(self) -> str:
        return str(uuid7(nanoseconds=int(self.now * 1000) * 1_000_000))

    def upload(self) -> int:
        """Send what waits, 500 at a time; return how many got their answer. Raise Away with the rest still waiting."""
        settled = 0
        while rows := self.queue.waiting(MOST_ROWS):
            answers = self.portal.upload(rows, self.queue.count("waiting"))
            self.queue.settle(answers)
            settled += len(answers)
        return settled


def _read_list(token: str, jwks: dict[str, Any]) -> dict[str, Any]:
    """Return the claims of a list that a list key of the set signed. Its age is judged later."""
    kid = jwt.get_unverified_header(token)["kid"]
    found = [key for key in jwks["keys"] if key["kid"] == kid and key["purpose"] == "list"]
    if not found:
        raise KeyError(kid)
    return jwt.decode(
        token,
        jwt.PyJWK(found[0]).key,
        algorithms=["ES256"],
        options={"verify_exp": False, "verify_iat": False, "require": ["sub", "iat", "exp"]},
    )
