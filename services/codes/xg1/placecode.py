"""The place code on a gate, a counter or a station: which place, which gate, signed by the issuer, until when."""

import re
import struct
from base64 import urlsafe_b64encode
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

from services.codes.xg1 import curve
from services.codes.xg1.credential import SIGNATURE_BYTES, VERSION, clean_text, within
from services.codes.xg1.keys import Key, key_for, unpadded

PLACE_NAME_BYTES = 48
_PUBLIC_ID = re.compile(r"[0-9A-HJKMNP-TV-Z]{10}\Z")
# ver, kid, public id of the place, gate (high byte, low word), end, length of the name
_HEAD = struct.Struct(">BH10sBHIB")


class PlaceFault(StrEnum):
    """Why a place code is not believed."""

    BAD_FORMAT = "bad_format"
    UNSUPPORTED_VERSION = "unsupported_version"
    UNKNOWN_ISSUER = "unknown_issuer"
    BAD_ISSUER_SIGNATURE = "bad_issuer_signature"
    EXPIRED = "expired"


class BadPlaceCode(ValueError):
    """The print is not believed; `reason` says why."""

    def __init__(self, reason: PlaceFault = PlaceFault.BAD_FORMAT) -> None:
        super().__init__(reason.value)
        self.reason = reason


@dataclass(frozen=True, slots=True)
class Place:
    """Where a print hangs: a listing's public id, the gate's number (0 = none), its name, the last Unix second."""

    kid: int
    place: str
    gate: int
    expires_at: int
    name: str


def issue_place(
    *, private_key: curve.Signer, kid: int, place: str, gate: int, expires_at: int, name: str
) -> str:
    """Return the base64url text of a print; raise ValueError for a number, an id or a name out of range."""
    within(kid, 0, 0xFFFF, "kid")
    within(gate, 0, 0xFFFFFF, "gate")
    within(expires_at, 0, 0xFFFFFFFF, "expires_at")
    if not _PUBLIC_ID.match(place):
        raise ValueError("not a public id")
    encoded = name.encode()
    within(len(encoded), 1, PLACE_NAME_BYTES, "bytes of the name")
    clean_text(encoded)
    head = _HEAD.pack(VERSION, kid, place.encode(), gate >> 16, gate & 0xFFFF, expires_at, len(encoded))
    body = head + encoded
    signed = body + curve.sign(private_key, b"XP1" + body)
    return urlsafe_b64encode(signed).rstrip(b"=").decode()


def read_place(text: str, keys: Mapping[int, Key], now: float) -> Place:
    """Return the place of a print that the issuer signed and that has not ended; raise `BadPlaceCode`."""
    place, body, signature = _read(text)
    # A print does not say when it was made: its key must be in use now.
    key = key_for(keys, place.kid, "place", now, now)
    if key is None:
        raise BadPlaceCode(PlaceFault.UNKNOWN_ISSUER)
    if not curve.is_signed(curve.load_issuer(key.public_key), signature, b"XP1" + body):
        raise BadPlaceCode(PlaceFault.BAD_ISSUER_SIGNATURE)
    if now >= place.expires_at:
        raise BadPlaceCode(PlaceFault.EXPIRED)
    return place


def _read(text: str) -> tuple[Place, bytes, bytes]:
    try:
        data = unpadded(text)
    except ValueError:
        raise BadPlaceCode from None
    if not data:
        raise BadPlaceCode
    if data[0] != VERSION:
        raise BadPlaceCode(PlaceFault.UNSUPPORTED_VERSION)
    if len(data) < _HEAD.size or len(data) != _HEAD.size + data[_HEAD.size - 1] + SIGNATURE_BYTES:
        raise BadPlaceCode
    _version, kid, place, high, low, expires_at, length = _HEAD.unpack_from(data)
    body, signature = data[:-SIGNATURE_BYTES], data[-SIGNATURE_BYTES:]
    try:
        public_id, name = place.decode("ascii"), clean_text(body[_HEAD.size :])
    except ValueError:
        raise BadPlaceCode from None
    if not _PUBLIC_ID.match(public_id) or not 1 <= length <= PLACE_NAME_BYTES:
        raise BadPlaceCode
    return Place(kid, public_id, high << 16 | low, expires_at, name), body, signature
