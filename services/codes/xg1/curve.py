"""Points and signatures on P-256 as the codes carry them: compressed points, raw r‖s."""

from functools import lru_cache
from typing import Protocol

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature, encode_dss_signature
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

#: The field and the order of the group.
P = 2**256 - 2**224 + 2**192 + 2**96 - 1
N = 0xFFFFFFFF00000000FFFFFFFFFFFFFFFFBCE6FAADA7179E84F3B9CAC2FC632551

_CURVE = ec.SECP256R1()
_ES256 = ec.ECDSA(hashes.SHA256())


class Signer(Protocol):
    """What signs: an EC private key of `cryptography`, or a key in a hardware module that answers alike."""

    @property
    def curve(self) -> ec.EllipticCurve:
        """Return the curve, which must be P-256."""
        ...

    def sign(self, data: bytes, signature_algorithm: ec.EllipticCurveSignatureAlgorithm) -> bytes:
        """Return a DER signature."""
        ...


# Two caches, so that a flood of strangers' keys cannot push out the issuer's few.
@lru_cache(maxsize=2048)
def load_point(point: bytes) -> ec.EllipticCurvePublicKey:
    """Return the device key of a compressed point; raise ValueError when x ≥ p or the point is off the curve."""
    return _load(point)


@lru_cache(maxsize=64)
def load_issuer(point: bytes) -> ec.EllipticCurvePublicKey:
    """Return the issuer key of a compressed point; raise ValueError like `load_point`."""
    return _load(point)


def _load(point: bytes) -> ec.EllipticCurvePublicKey:
    if len(point) != 33 or point[0] not in (2, 3) or int.from_bytes(point[1:]) >= P:
        raise ValueError("not a compressed point")
    return ec.EllipticCurvePublicKey.from_encoded_point(_CURVE, point)


def compress(key: ec.EllipticCurvePublicKey) -> bytes:
    """Return the 33 bytes of a public key."""
    return key.public_bytes(Encoding.X962, PublicFormat.CompressedPoint)


def sign(key: Signer, data: bytes) -> bytes:
    """Return r‖s, 64 bytes; raise ValueError when the key is of another curve."""
    if not isinstance(key.curve, ec.SECP256R1):
        raise ValueError("not a P-256 key")
    r, s = decode_dss_signature(key.sign(data, _ES256))
    return r.to_bytes(32) + s.to_bytes(32)


def is_signed(key: ec.EllipticCurvePublicKey, signature: bytes, data: bytes) -> bool:
    """Say whether r‖s is the key's signature; r and s lie in 1…n-1, and a high s verifies too."""
    r, s = int.from_bytes(signature[:32]), int.from_bytes(signature[32:])
    if len(signature) != 64 or not (0 < r < N and 0 < s < N):
        return False
    try:
        key.verify(encode_dss_signature(r, s), data, _ES256)
    except InvalidSignature:
        return False
    return True
