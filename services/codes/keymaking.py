"""Make, replace and take away the issuer's keys: each deed holds the folder, and the set's version rises with it."""

import secrets
from collections.abc import Iterable
from dataclasses import asdict, dataclass, replace
from pathlib import Path

from cryptography.hazmat.primitives.asymmetric import ec
from jwt.algorithms import ECAlgorithm

from services.codes import keyfiles
from services.codes.keyfiles import KeyFault
from services.codes.keyring import (
    CLOCK_LEEWAY,
    DAY,
    KEPT_LONGER,
    KIDS,
    LONGEST_LIFE,
    LONGEST_USE,
    PUBLISHED_BEFORE,
    Entry,
    KeyRing,
    Purpose,
    now,
)


class Waiting(KeyFault):
    """The next key of a purpose is there already."""


@dataclass(frozen=True, slots=True)
class Retired:
    """What `retire` did: the key that is gone, and the one that signs in its place."""

    gone: Entry
    successor: Entry | None


def ensure_keys(*, at: int | None = None) -> list[Entry]:
    """Make the first key of each purpose that has none that signs, and the secret; return the new entries.

    They sign at once: nobody holds an older set that could lack them.
    """
    moment = now() if at is None else at
    with keyfiles.locked():
        secret = keyfiles.folder() / keyfiles.SECRET
        if not secret.exists():
            keyfiles.write_private(secret, ec.generate_private_key(ec.SECP256R1()))
        ring = _ring()
        missing = [purpose for purpose in Purpose if ring.signer(purpose, moment) is None]
        made = [_made(ring, purpose, moment) for purpose in missing]
        return _write(ring, made, moment) if made else []


def rotate(
    purpose: str, *, at: int | None = None, days: int = 2, pem: Path | None = None, dry_run: bool = False
) -> Entry:
    """Make the next key of a purpose, published now and used from `days` days on; end the one before it then.

    `pem` adopts a key that was made elsewhere. A purpose whose keys have all ended gets one that signs at once. Raise
    Waiting when the next key is there already, KeyFault when `days` is less than two or `pem` is no new key of P-256.
    """
    moment = now() if at is None else at
    if days * DAY < PUBLISHED_BEFORE:
        raise KeyFault(
            "A key is published two days before it is used: gates that are offline must know it by then."
        )
    key = keyfiles.read_private(pem) if pem else None
    with keyfiles.locked():
        ring = _ring()
        mine = [entry for entry in ring.entries if entry.purpose == purpose]
        if waiting := next((entry for entry in mine if entry.is_waiting(moment)), None):
            raise Waiting(
                f"Key {waiting.kid} for {waiting.purpose!r} waits already; retire it first if it is wrong."
            )
        signer = ring.signer(purpose, moment)
        if signer is None:
            days = 0
        elif moment + days * DAY > signer.signs_until:
            raise KeyFault(f"Key {signer.kid} for {signer.purpose!r} ends before then: choose fewer days.")
        made = _made(ring, purpose, moment, days, key, dry_run=dry_run)
        if dry_run:
            return made
        ending = [
            replace(entry, exp=min(entry.exp, _end(purpose, made.used_from)))
            for entry in mine
            if not entry.is_retired(moment)
        ]
        written = _write(ring, [*ending, made], moment)
        for entry in ring.entries:
            # What signs nothing any more needs no private half; a crash may have left that of a retired key.
            if entry.signs_until <= moment or entry.is_retired(moment):
                keyfiles.remove(keyfiles.private_path(entry.kid))
    return written[-1]


def retire(kid: int, *, why: str, at: int | None = None) -> Retired:
    """Take a key away at once, as after a leak: it signs nothing more, and gates drop it with their next set.

    The key in reserve takes over, or a new one that signs at once. Its public half is kept, to look at old proofs; its
    private half is deleted. Raise KeyFault for a kid that is not there or gone already, or without a reason.
    """
    moment = now() if at is None else at
    if not why.strip():
        raise KeyFault("Say why: it stands in the list of keys for those who come after.")
    with keyfiles.locked():
        ring = _ring()
        entry = ring.entry(kid)
        if entry is None:
            raise KeyFault(f"There is no key {kid}.")
        if entry.is_retired(moment):
            raise KeyFault(f"Key {kid} was retired already: {entry.why}")
        gone = replace(entry, retired_at=moment, why=why.strip())
        others = [other for other in ring.entries if other.purpose == gone.purpose and other.kid != kid]
        signing = [other for other in others if other.is_signing(moment)]
        if signing:
            # It was to end when the one that is gone would have begun.
            longest = [
                replace(other, exp=_end(other.purpose, other.used_from + LONGEST_USE))
                for other in signing[-1:]
            ]
            changed = [gone, *(longest if entry.is_waiting(moment) else [])]
        else:
            changed = [gone, _successor(ring, others, gone.purpose, moment)]
        written = _write(ring, changed, moment)
        keyfiles.remove(keyfiles.private_path(kid))
    return Retired(written[0], None if signing else written[1])


def _successor(ring: KeyRing, others: Iterable[Entry], purpose: str, moment: int) -> Entry:
    """Return the key in reserve, brought forward, or a new one; both sign from now on."""
    waiting = [entry for entry in others if entry.is_waiting(moment)]
    if not waiting:
        return _made(ring, purpose, moment)
    first = min(waiting, key=lambda entry: entry.used_from)
    at_once = moment - CLOCK_LEEWAY
    return replace(first, nbf=min(first.nbf, at_once), used_from=at_once)


def _made(
    ring: KeyRing,
    purpose: str,
    moment: int,
    days: int = 0,
    key: ec.EllipticCurvePrivateKey | None = None,
    *,
    dry_run: bool = False,
) -> Entry:
    """Return the entry of a new key that signs from `days` days on, and write its private half.

    A dry run writes nothing and gives no kid.
    """
    key = key or ec.generate_private_key(ec.SECP256R1())
    jwk = ECAlgorithm.to_jwk(key.public_key(), as_dict=True)
    if any(entry.x == jwk["x"] for entry in ring.entries):
        raise KeyFault("This key is in the set already: make a new one.")
    kid = 0 if dry_run else _free_kid(ring)
    if not dry_run:
        keyfiles.write_private(keyfiles.private_path(kid), key)
    used_from = moment + days * DAY if days else moment - CLOCK_LEEWAY
    nbf = min(used_from, moment + PUBLISHED_BEFORE)
    end = _end(purpose, used_from + LONGEST_USE)
    return Entry(kid, Purpose(purpose).value, nbf, used_from, end, moment, jwk["x"], jwk["y"], version=0)


def _free_kid(ring: KeyRing) -> int:
    """Return a kid that was never used.

    By lot, not by count: after a folder was lost or an old copy restored, a number given before hardly comes again.
    """
    if len(ring.entries) > len(KIDS) // 2:
        raise KeyFault("Half of the 65,535 kids are used up: a second issuer is needed.")
    while True:
        kid = secrets.choice(KIDS)
        if ring.entry(kid) is None and not keyfiles.private_path(kid).exists():
            return kid


def _end(purpose: str, last_use: int) -> int:
    """Return until when a key is published that signs until `last_use`."""
    return last_use + LONGEST_LIFE[Purpose(purpose)] + KEPT_LONGER


def _ring() -> KeyRing:
    """Return the set as it is now; an empty one where there is none."""
    return KeyRing(keyfiles.read_index() or {"version": 0, "keys": []})


def _write(ring: KeyRing, changed: Iterable[Entry], moment: int) -> list[Entry]:
    """Write the set with these entries new or replaced, under a higher version; return them as written.

    Versions are seconds of the clock, so that they rise above what gates hold even after the folder was lost.
    """
    version = max(ring.version + 1, moment)
    written = [replace(entry, version=version) for entry in changed if entry != ring.entry(entry.kid)]
    merged = {entry.kid: entry for entry in (*ring.entries, *written)}
    keyfiles.write_index({"version": version, "keys": [asdict(entry) for entry in merged.values()]})
    return written
