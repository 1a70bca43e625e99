"""The issuer's public keys and the list of revoked indices, as a gate holds them."""

import binascii
import zlib
from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Self

from cryptography.hazmat.primitives.asymmetric import ec

from services.codes.xg1 import curve
from services.codes.xg1.credential import within

#: As many bits as there are indices, in bytes: what a list may unpack to.
_MOST = 2**24 // 8


@dataclass(frozen=True, slots=True)
class Key:
    """A compressed public key of the issuer, for one purpose: "credential", "place" or "list".

    It speaks of what was issued from `nbf` on, and of nothing from `exp` on (Unix seconds). The issuer makes one of a
    loaded key with `compress`.
    """

    kid: int
    public_key: bytes
    nbf: int
    exp: int
    purpose: str = "credential"

    @classmethod
    def from_jwk(cls, jwk: Mapping[str, Any]) -> Self:
        """Return the key of a JWK; raise ValueError when it is not a P-256 key with kid, purpose, nbf and exp."""
        try:
            if (jwk["kty"], jwk["crv"]) != ("EC", "P-256") or jwk["kid"] != str(int(jwk["kid"])):
                raise ValueError("not a P-256 key with a decimal kid")
            point = b"\x04" + unpadded(jwk["x"]) + unpadded(jwk["y"])
            key = ec.EllipticCurvePublicKey.from_encoded_point(ec.SECP256R1(), point)
            kid, nbf, exp = int(jwk["kid"]), jwk["nbf"], jwk["exp"]
            within(kid, 0, 0xFFFF, "kid")
            within(nbf, 0, 2**53, "nbf")
            within(exp, 0, 2**53, "exp")
            if not isinstance(purpose := jwk["purpose"], str):
                raise ValueError("a key without a purpose")
        except (KeyError, TypeError) as error:
            raise ValueError("not a key with kid, nbf and exp") from error
        return cls(kid, curve.compress(key), nbf, exp, purpose)


def key_for(keys: Mapping[int, Key], kid: int, purpose: str, issued_at: float, now: float) -> Key | None:
    """Return the key that speaks of what was issued at a moment, None when it is not known for that purpose."""
    key = keys.get(kid)
    if key is None or key.purpose != purpose or issued_at < key.nbf or now >= key.exp:
        return None
    return key


def keys_from_jwks(jwks: Mapping[str, Any]) -> dict[int, Key]:
    """Return the keys by kid; entries of other kinds, and those that lack a part, are left out."""
    found = {}
    for jwk in jwks.get("keys", ()):
        try:
            key = Key.from_jwk(jwk)
        except ValueError:
            continue
        found[key.kid] = key
    return found


@dataclass(frozen=True, slots=True)
class StatusBits:
    """One bit an index, least significant first; called with an index it says whether it is revoked.

    An index from `size` on gives None: the list does not speak of it.
    """

    bits: bytes
    size: int

    def __call__(self, index: int) -> bool | None:
        """Say whether an index is revoked, None when the list does not reach it."""
        if not 0 <= index < self.size:
            return None
        return bool(self.bits[index >> 3] >> (index & 7) & 1)

    @classmethod
    def of(cls, revoked: Iterable[int], size: int) -> Self:
        """Return the bits of `size` indices, of which some are revoked; raise ValueError for one outside."""
        bits = bytearray((size + 7) // 8)
        for index in revoked:
            if not 0 <= index < size:
                raise ValueError(f"index {index} of {size}")
            bits[index >> 3] |= 1 << (index & 7)
        return cls(bytes(bits), size)

    @classmethod
    def from_payload(cls, payload: Mapping[str, Any]) -> Self:
        """Return the bits of a status list token's payload; raise ValueError when it is none."""
        try:
            part = payload["status_list"]
            if part["bits"] != 1:
                raise ValueError("one bit an index is read")
            unpacking = zlib.decompressobj()
            bits = unpacking.decompress(unpadded(part["lst"]), _MOST + 1)
        except (KeyError, TypeError, zlib.error) as error:
            raise ValueError("not a status list") from error
        # The last byte may hold more bits than there are indices; a list that names no size speaks of them all.
        size = payload.get("size", len(bits) * 8)
        within(size, 0, _MOST * 8, "size")
        if len(bits) != (size + 7) // 8 or not unpacking.eof or unpacking.unused_data:
            raise ValueError("not a status list")
        return cls(bits, size)

    @property
    def lst(self) -> str:
        """Return the bits as a status list token carries them."""
        return urlsafe_b64encode(zlib.compress(self.bits, 9)).rstrip(b"=").decode()


def unpadded(text: str) -> bytes:
    """Return the bytes of base64url without padding; raise ValueError unless it is written as an encoder would."""
    if not isinstance(text, str):
        raise ValueError("not base64url")
    try:
        data = urlsafe_b64decode(text.encode("ascii") + b"=" * (-len(text) % 4))
    except binascii.Error as error:
        raise ValueError("not base64url") from error
    # Decoders skip foreign characters and leave spare bits unread; one text for one code.
    if urlsafe_b64encode(data).rstrip(b"=").decode() != text:
        raise ValueError("not base64url")
    return data
