"""Make codes, credentials and tokens for test vectors: known keys, signatures that repeat, and nothing checked."""

import json
from base64 import urlsafe_b64encode
from hashlib import sha256
from typing import Any

from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec

from services.codes.xg1 import StatusBits, base45, curve

#: A whole step; codes are made at it and scanned 5 s later unless a case says otherwise.
T = 1_800_000_000
STEP = T // 15
ISSUED = T - 3600
GATE = 7
NAME = "王*"
REVOKED = 33
#: Not a multiple of 8: the last byte holds bits that speak of nobody.
LIST_SIZE = 4093


class Deterministic:
    """A signer whose signatures repeat; only for vectors."""

    def __init__(self, secret: int) -> None:
        self.key = ec.derive_private_key(secret, ec.SECP256R1())
        self.curve = self.key.curve
        self.point = curve.compress(self.key.public_key())

    def sign(self, data: bytes, signature_algorithm: ec.EllipticCurveSignatureAlgorithm) -> bytes:
        """Return a DER signature that is the same each time."""
        return self.key.sign(data, ec.ECDSA(hashes.SHA256(), deterministic_signing=True))


ISSUER, RETIRED, STRANGER, DEVICE, OTHER_DEVICE = (Deterministic(n) for n in range(101, 106))
PLACE_SIGNER, LIST_SIGNER = Deterministic(106), Deterministic(107)


def jwk(kid: int, signer: Deterministic, nbf: int, exp: int, purpose: str = "credential") -> dict[str, Any]:
    """Return a public key as the key set publishes it."""
    numbers = signer.key.public_key().public_numbers()
    x, y = (based(n.to_bytes(32)) for n in (numbers.x, numbers.y))
    about = {"kid": str(kid), "use": "sig", "purpose": purpose, "nbf": nbf, "exp": exp}
    return {"kty": "EC", "crv": "P-256", **about, "x": x, "y": y}


def based(data: bytes) -> str:
    """Return base64url without padding."""
    return urlsafe_b64encode(data).rstrip(b"=").decode()


def body(**changes: Any) -> bytes:
    """Return the body of a credential, valid but for the changes; nothing is checked."""
    parts: dict[str, Any] = {
        "version": 1,
        "kid": 1,
        "index": 21,
        "issued_at": ISSUED,
        "life": 48,
        "flags": 0x0310,
    }
    parts |= {"name": NAME.encode(), "point": DEVICE.point} | changes
    head = parts["version"].to_bytes(1) + parts["kid"].to_bytes(2) + parts["index"].to_bytes(3)
    head += parts["issued_at"].to_bytes(4) + parts["life"].to_bytes(1) + parts["flags"].to_bytes(2)
    length = parts.get("length", len(parts["name"]))
    return head + length.to_bytes(1) + parts["name"] + parts["point"]


def credential(issuer: Deterministic = ISSUER, **changes: Any) -> bytes:
    """Return a signed credential."""
    made = body(**changes)
    return made + curve.sign(issuer, b"XG1-cred" + made)


def proof(of: bytes, step: int = STEP, gate: int = GATE, challenge: int = 65535) -> bytes:
    """Return the 73 bytes of a presentation by the device."""
    lines = step.to_bytes(4) + gate.to_bytes(3) + challenge.to_bytes(2)
    shown = b"XG1-pres" + sha256(of[:-64]).digest() + lines
    return lines + curve.sign(DEVICE, shown)


def token(
    payload: dict[str, Any], kid: str | int = "12", signer: Deterministic = LIST_SIGNER, **header: Any
) -> str:
    """Return a signed token."""
    head = {"alg": "ES256", "typ": "statuslist+jwt", "kid": kid} | header
    text = ".".join(based(json.dumps(part, separators=(",", ":")).encode()) for part in (head, payload))
    return f"{text}.{based(curve.sign(signer, text.encode()))}"


def wrap(data: bytes) -> str:
    """Return the text around any bytes."""
    return f"XG1:{base45.encode(data)}."


def code(of: bytes | None = None, step: int = STEP, gate: int = GATE, challenge: int = 65535) -> str:
    """Return the text of a code, of a plain credential unless one is given."""
    shown = credential() if of is None else of
    return wrap(shown + proof(shown, step, gate, challenge))


def flipped(data: bytes, at: int) -> bytes:
    """Return the bytes with the lowest bit of one changed."""
    return data[:at] + bytes([data[at] ^ 1]) + data[at + 1 :]


def high_s(signed: bytes) -> bytes:
    """Return signed bytes with the higher of the two s that verify."""
    s = int.from_bytes(signed[-32:])
    return signed[:-32] + max(s, curve.N - s).to_bytes(32)


def list_payload(**changes: Any) -> dict[str, Any]:
    """Return the payload of the status list, made a minute before `T`."""
    part = {"bits": 1, "lst": StatusBits.of([REVOKED, LIST_SIZE - 1], LIST_SIZE).lst}
    times = {"iat": T - 60, "exp": T - 60 + 86_400, "ttl": 900, "version": 5, "size": LIST_SIZE}
    return {"sub": "https://portal.example/api/v1/gates/list/", **times, "status_list": part} | changes


#: Kids 2, 13 and 15 end at T; 3, 14 and 16 begin half an hour before it; the last entries are left out.
KEYS = {
    "keys": [
        jwk(1, ISSUER, T - 30 * 86_400, T + 90 * 86_400),
        jwk(2, RETIRED, T - 90 * 86_400, T),
        jwk(3, ISSUER, T - 1800, T + 90 * 86_400),
        jwk(11, PLACE_SIGNER, T - 30 * 86_400, T + 900 * 86_400, "place"),
        jwk(12, LIST_SIGNER, T - 30 * 86_400, T + 90 * 86_400, "list"),
        jwk(13, RETIRED, T - 90 * 86_400, T, "place"),
        jwk(14, ISSUER, T - 1800, T + 90 * 86_400, "place"),
        jwk(15, RETIRED, T - 90 * 86_400, T, "list"),
        jwk(16, ISSUER, T - 1800, T + 90 * 86_400, "list"),
        {"kty": "RSA", "kid": "4", "n": "AQAB", "e": "AQAB", "nbf": 0, "exp": T * 2},
        {**jwk(5, ISSUER, 0, T * 2), "kid": "05"},
        {**jwk(6, ISSUER, 0, T * 2), "y": jwk(6, RETIRED, 0, 1)["y"]},
        {**jwk(7, ISSUER, 0, T * 2), "exp": None},
        {**jwk(8, ISSUER, 0, T * 2), "crv": "SM2"},
        {**jwk(9, ISSUER, 0, T * 2), "purpose": None},
    ]
}
