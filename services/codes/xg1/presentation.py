"""The presentation: what the device signs every 15 seconds, and the text of the QR code."""

import struct
from dataclasses import dataclass
from hashlib import sha256

from services.codes.xg1 import base45, curve
from services.codes.xg1.credential import (
    BadCode,
    Credential,
    Held,
    credential_length,
    read_credential,
    within,
)

STEP_SECONDS = 15
#: Not bound to a gate; no challenge answered.
NO_GATE = 0
NO_CHALLENGE = 65535
#: Signed on a tap for the server alone, to be given digits: no screen ever shows it, no gate asks for it or takes it.
UNSHOWN = 65534

PROOF_BYTES = 73
#: The most letters and digits that a QR code holds.
_LONGEST = 4296
# step, gate (high byte, low word), challenge
_LINES = struct.Struct(">IBHH")


@dataclass(frozen=True, slots=True)
class Issued(Held):
    """What the server keeps of a credential that it issued: enough to check a proof without the name."""

    index: int
    issued_at: int
    life_hours: int
    digest: bytes
    public_key: bytes


@dataclass(frozen=True, slots=True)
class Presentation:
    """A credential shown at a moment, perhaps to one gate, perhaps in answer to a challenge."""

    credential: Credential | Issued
    step: int
    gate: int
    challenge: int
    signature: bytes

    @property
    def _lines(self) -> bytes:
        return _LINES.pack(self.step, self.gate >> 16, self.gate & 0xFFFF, self.challenge)

    @property
    def signed_body(self) -> bytes:
        """Return what the device signed."""
        return b"XG1-pres" + self.credential.digest + self._lines

    @property
    def body_digest(self) -> bytes:
        """Return the SHA-256 of what was signed, 32 bytes: the name of this proof in the log."""
        return sha256(self.signed_body).digest()

    @property
    def proof(self) -> bytes:
        """Return step, gate, challenge and signature, 73 bytes: with the kept digest, all that a proof needs."""
        return self._lines + self.signature


def step_at(moment: float) -> int:
    """Return the step of a Unix time in seconds."""
    return int(moment // STEP_SECONDS)


def read_proof(proof: bytes, credential: Credential | Issued) -> Presentation:
    """Return the presentation of 73 bytes beside the credential they were made with; raise `BadCode`."""
    if len(proof) != PROOF_BYTES:
        raise BadCode
    step, high, low, challenge = _LINES.unpack_from(proof)
    return Presentation(credential, step, high << 16 | low, challenge, proof[_LINES.size :])


def encode(credential: bytes, proof: bytes) -> str:
    """Return the text of a code from a credential's bytes and a presentation's 73."""
    return f"XG1:{base45.encode(credential + proof)}."


def decode(text: str) -> Presentation:
    """Return what a text carries, whoever signed it; raise `BadCode` (bad_format or unsupported_version)."""
    # A space may be data: nothing is trimmed, and the full stop says where the code ends.
    if not isinstance(text, str) or len(text) > _LONGEST or text[:4] != "XG1:" or text[-1] != ".":
        raise BadCode
    try:
        data = base45.decode(text[4:-1])
    except ValueError:
        raise BadCode from None
    length = credential_length(data)
    return read_proof(data[length:], read_credential(data[:length]))


def present(
    *,
    device_key: curve.Signer,
    credential: bytes,
    step: int,
    gate: int = NO_GATE,
    challenge: int = NO_CHALLENGE,
) -> str:
    """Return the text of a code signed by the device; raise ValueError for bad numbers or a bad credential."""
    within(step, 0, 0xFFFFFFFF, "step")
    within(gate, 0, 0xFFFFFF, "gate")
    within(challenge, 0, 0xFFFF, "challenge")
    unsigned = Presentation(read_credential(credential), step, gate, challenge, b"")
    signature = curve.sign(device_key, unsigned.signed_body)
    return encode(credential, unsigned.proof + signature)
