"""The list of indices that were taken back: one bit each, signed, small enough for every gate to hold. Pure.

Source: IETF Token Status List, draft-ietf-oauth-status-list-20 (bits 1, index 0 the least significant bit of the first
byte, zlib, JWT of type `statuslist+jwt`). Of ours: ES256 only, `exp` and `ttl` always, `version`, and `size`, since the
last byte may hold more bits than there are indices.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

import jwt

from services.codes.keyring import DAY, KeyRing, PublicKey, Purpose
from services.codes.xg1.keys import StatusBits

TYPE = "statuslist+jwt"
#: Seconds after which a gate should fetch a newer list, and after which it must not rely on this one.
TTL, LIFE = 15 * 60, DAY
#: An index has three bytes in a credential.
MOST_INDICES = 1 << 24


class BadList(Exception):
    """A text is no list that the issuer signed."""


@dataclass(frozen=True, slots=True)
class StatusList:
    """A list as it was signed; `bits` is what `xg1.verify` asks about an index. Moments are Unix seconds."""

    bits: StatusBits
    version: int
    issued_at: int
    expires_at: int
    ttl: int
    address: str

    def is_revoked(self, index: int) -> bool:
        """Say whether an index was taken back. Raise ValueError for one that the list does not speak of."""
        revoked = self.bits(index)
        if revoked is None:
            raise ValueError(f"The list speaks of {self.bits.size} indices, not of {index}.")
        return revoked

    def is_stale(self, now: int) -> bool:
        """Say whether a newer one should be fetched."""
        return now >= self.issued_at + self.ttl

    def is_expired(self, now: int) -> bool:
        """Say whether it is too old to rely on: a gate then asks a challenge and shows amber."""
        return now >= self.expires_at


def encode_bits(revoked: Iterable[int], size: int) -> StatusBits:
    """Return the bits of `size` indices, those of `revoked` set. Raise ValueError for one that is outside."""
    if not 0 < size <= MOST_INDICES:
        raise ValueError(f"A list speaks of 1 to {MOST_INDICES} indices, not of {size}.")
    indices = set(revoked)
    if indices and not (min(indices) >= 0 and max(indices) < size):
        raise ValueError(f"The list speaks of {size} indices, not of {min(indices)} or {max(indices)}.")
    return StatusBits.of(indices, size)


def token(ring: KeyRing, *, indices: Iterable[int], size: int, version: int, now: int, address: str) -> str:
    """Return the signed list of the indices taken back, as of `now`.

    `version` rises with every change; `address` is where the list is served. Raise KeyFault without a key, ValueError
    for indices outside of `size`.
    """
    kid, key = ring.signing(Purpose.LIST, now)
    claims = {
        "sub": address,
        "iat": now,
        "exp": now + LIFE,
        "ttl": TTL,
        "version": version,
        "size": size,
        "status_list": {"bits": 1, "lst": encode_bits(indices, size).lst},
    }
    return jwt.encode(claims, key, algorithm="ES256", headers={"typ": TYPE, "kid": str(kid)})


def read_token(text: str, keys: Mapping[int, PublicKey]) -> StatusList:
    """Return a signed list, checked with `KeyRing.public_keys()`. Raise BadList when anything about it is wrong.

    Its age is not judged: ask `is_expired`. A gate that is offline goes on with an old list, in amber.
    """
    try:
        header = jwt.get_unverified_header(text)
        public = keys.get(_kid(header))
        if header.get("typ") not in {TYPE, f"application/{TYPE}"} or public is None:
            raise BadList("It is no status list, or its key is not known.")
        if public.purpose != Purpose.LIST:
            raise BadList(f"Key {public.kid} signs for {public.purpose!r}, not lists.")
        claims = jwt.decode(
            text,
            public.key,
            algorithms=["ES256"],
            options={"verify_exp": False, "verify_iat": False, "require": ["sub", "iat", "exp"]},
        )
        return _list(claims, public)
    except (jwt.PyJWTError, KeyError, TypeError, ValueError) as error:
        raise BadList(f"The list cannot be read: {error}.") from error


def _kid(header: Mapping[str, Any]) -> int:
    """Return the kid of a header, 0 when it is none of ours."""
    kid = header.get("kid")
    return int(kid) if isinstance(kid, str) and kid.isascii() and kid.isdecimal() else 0


def _list(claims: Mapping[str, Any], public: PublicKey) -> StatusList:
    numbers = [claims[name] for name in ("size", "version", "iat", "exp", "ttl")]
    if not all(type(value) is int and value > 0 for value in numbers):
        raise BadList("Its numbers are wrong.")
    _size, version, issued_at, expires_at, ttl = numbers
    if not public.nbf <= issued_at < public.exp:
        raise BadList(f"Key {public.kid} did not sign at that time.")
    return StatusList(StatusBits.from_payload(claims), version, issued_at, expires_at, ttl, claims["sub"])
