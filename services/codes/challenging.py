"""Digits that a gate without a guard shows for one scan: random, one use, a minute; three wrong answers lock a pid.

They are kept in the cache, whose operations are atomic and shared by all processes. While Redis is away each process
remembers for itself: then the digits that a turnstile says it showed count, as they do when it is offline, and the
lock counts in each process apart. That a proof is taken only once is held by the database all the same.
"""

import secrets

from django.core.cache import cache

from services.codes.xg1 import Verdict

LIFE_S = 60
LOCK_S = 60
MOST_WRONG = 3
DIGITS = {True: 2, False: 4}


def ask(number: int, pid: str, *, attended: bool) -> str:
    """Return the digits to show for a pid at a checkpoint: those that are open already, or new ones."""
    digits = DIGITS[attended]
    value = secrets.randbelow(10**digits)
    if not cache.add(_open(number, pid), value, LIFE_S):
        kept = cache.get(_open(number, pid))
        value = value if kept is None else kept
    return f"{value:0{digits}d}"


def opened(number: int, pid: str) -> tuple[int | None, bool]:
    """Return the number that is open for a pid, None without one, and whether the pid is locked: one operation."""
    names = _open(number, pid), _lock(pid)
    found = cache.get_many(names)
    return found.get(names[0]), names[1] in found


def expected(open_now: int | None, told: int | None) -> int | None:
    """Return what must be answered: what the server asked, or while it cannot remember, what the device says it did."""
    return told if open_now is None and not is_shared() else open_now


def close(number: int, pid: str, verdict: Verdict) -> None:
    """Use a challenge up, whatever the answer was, and count a wrong one."""
    cache.delete(_open(number, pid))
    if verdict is not Verdict.CHALLENGE_MISMATCH:
        return
    if cache.count(f"code-wrong:{pid}", LOCK_S) >= MOST_WRONG:  # type: ignore[attr-defined]
        cache.set(_lock(pid), 1, LOCK_S)


def is_locked(pid: str) -> bool:
    """Say whether a pid guessed wrong three times within a minute."""
    return cache.get(_lock(pid)) is not None


def is_shared() -> bool:
    """Say whether what is remembered now is known to every process."""
    return not getattr(cache, "away_until", 0)


def _open(number: int, pid: str) -> str:
    return f"code-challenge:{number}:{pid}"


def _lock(pid: str) -> str:
    return f"code-locked:{pid}"
