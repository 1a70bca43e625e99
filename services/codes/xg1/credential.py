"""The credential: what the issuer signs about a courier's device for at most three days."""

import re
import struct
from dataclasses import dataclass
from hashlib import sha256

from services.codes.xg1 import curve
from services.codes.xg1.verdicts import Verdict

VERSION = 1
MAX_LIFE_HOURS = 72
NAME_BYTES = 12
SIGNATURE_BYTES = 64

#: The work types' numbers; the words are those of `Courier.WorkType`.
WORK_TYPES = {1: "food_delivery", 2: "parcel", 3: "ride_hailing", 15: "other"}
_WORK_NUMBERS = {word: number for number, word in WORK_TYPES.items()}

# ver, kid, index (high byte, low word), issued-at, life, flags, length of the name
_HEAD = struct.Struct(">BHBHIBHB")
_POINT = 33
# Controls, line separators, and what turns the direction of a text: none belongs in a name. Spelled out rather than
# asked of a Unicode table, because the tables of browsers and of Python differ.
_FOREIGN = re.compile("[\x00-\x1f\x7f-\x9f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069\ufeff]")


class BadCode(ValueError):
    """The text or the bytes are not a code that this version reads; `verdict` says which."""

    def __init__(self, verdict: Verdict = Verdict.BAD_FORMAT) -> None:
        super().__init__(verdict.value)
        self.verdict = verdict


class Held:
    """What a credential's lines say about its holder, whether read from a code or kept by the server."""

    __slots__ = ()

    index: int
    issued_at: int
    life_hours: int

    @property
    def pid(self) -> str:
        """Return the 16 hex digits of index, issue time and life, which name this credential."""
        return f"{self.index:06x}{self.issued_at:08x}{self.life_hours:02x}"

    @property
    def ends_at(self) -> int:
        """Return the Unix second from which it is not honoured; more than 72 hours count as 72."""
        return self.issued_at + 3600 * min(self.life_hours, MAX_LIFE_HOURS)


@dataclass(frozen=True, slots=True)
class Credential(Held):
    """A credential as a code carries it; `work_type` is "other" where this version does not know the number."""

    version: int
    kid: int
    index: int
    issued_at: int
    life_hours: int
    platform: int
    work_type: str
    provisional: bool
    name: str
    public_key: bytes
    signature: bytes
    #: Every byte before the signature, kept as it was read: reserved bits are ignored but signed.
    body: bytes

    @property
    def digest(self) -> bytes:
        """Return the SHA-256 of the body, 32 bytes, which the device signs and the server keeps.

        The issuer's signature is left out: where (r, s) verifies, (r, n-s) does too, so that a digest over the
        signature would give one credential two digests.
        """
        return sha256(self.body).digest()

    @property
    def signed_body(self) -> bytes:
        """Return what the issuer signed."""
        return b"XG1-cred" + self.body


def clean_text(data: bytes) -> str:
    """Return the text of UTF-8 bytes; raise ValueError for anything else and for controls, of direction too."""
    text = data.decode("utf-8")
    if _FOREIGN.search(text):
        raise ValueError("a control character")
    return text


def credential_length(data: bytes) -> int:
    """Return how many bytes the credential at the beginning of `data` has; raise `BadCode`."""
    if not data:
        raise BadCode
    # The version is looked at before any length: a newer one says "update", not "forged".
    if data[0] != VERSION:
        raise BadCode(Verdict.UNSUPPORTED_VERSION)
    if len(data) < _HEAD.size or not 1 <= data[_HEAD.size - 1] <= NAME_BYTES:
        raise BadCode
    return _HEAD.size + data[_HEAD.size - 1] + _POINT + SIGNATURE_BYTES


def read_credential(data: bytes) -> Credential:
    """Return the credential of exactly these bytes, with a device key that is on the curve; raise `BadCode`."""
    if len(data) != credential_length(data):
        raise BadCode
    version, kid, high, low, issued_at, life, flags, length = _HEAD.unpack_from(data)
    name_end = _HEAD.size + length
    point = data[name_end : name_end + _POINT]
    try:
        name = clean_text(data[_HEAD.size : name_end])
        curve.load_point(point)
    except ValueError:
        raise BadCode from None
    return Credential(
        version=version,
        kid=kid,
        index=high << 16 | low,
        issued_at=issued_at,
        life_hours=life,
        platform=flags >> 8,
        work_type=WORK_TYPES.get(flags >> 4 & 15, "other"),
        provisional=bool(flags & 8),
        name=name,
        public_key=point,
        signature=data[-SIGNATURE_BYTES:],
        body=data[:-SIGNATURE_BYTES],
    )


def issue(
    *,
    private_key: curve.Signer,
    kid: int,
    index: int,
    issued_at: int,
    life_hours: int,
    platform: int,
    work_type: str,
    provisional: bool,
    name: str,
    public_key: bytes,
) -> bytes:
    """Return a signed credential, body and signature; `name` is masked already, `public_key` compressed.

    Raise ValueError for a number out of range, an unknown work type, a name of other than 1–12 UTF-8 bytes or with
    controls, and a bad point.
    """
    within(kid, 0, 0xFFFF, "kid")
    within(index, 0, 0xFFFFFF, "index")
    within(issued_at, 0, 0xFFFFFFFF, "issued_at")
    within(life_hours, 1, MAX_LIFE_HOURS, "life_hours")
    within(platform, 0, 0xFF, "platform")
    if work_type not in _WORK_NUMBERS:
        raise ValueError("unknown work type")
    encoded = name.encode()
    within(len(encoded), 1, NAME_BYTES, "bytes of the name")
    clean_text(encoded)
    curve.load_point(public_key)
    flags = platform << 8 | _WORK_NUMBERS[work_type] << 4 | bool(provisional) << 3
    head = _HEAD.pack(VERSION, kid, index >> 16, index & 0xFFFF, issued_at, life_hours, flags, len(encoded))
    body = head + encoded + public_key
    return body + curve.sign(private_key, b"XG1-cred" + body)


def within(value: int, least: int, most: int, what: str) -> None:
    """Raise ValueError unless the value is a whole number in the range."""
    if not isinstance(value, int) or not least <= value <= most:
        raise ValueError(f"{what} must be a whole number from {least} to {most}")
