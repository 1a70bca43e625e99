"""Read what a device says of one pass. Nothing is trusted yet: shape and ranges only. Pure."""

import datetime as dt
import hashlib
import re
import uuid
from base64 import urlsafe_b64encode
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import orjson

from services.codes.models import Pass
from services.codes.xg1 import NO_CHALLENGE, Verdict
from services.codes.xg1.keys import unpadded
from services.codes.xg1.presentation import PROOF_BYTES

PID = re.compile(r"[0-9a-f]{16}")
DIGEST = re.compile(r"[0-9a-f]{64}")
#: What a device may call its passes by; a courier's own claim comes another way.
METHODS = {Pass.Method.SCAN, Pass.Method.MANUAL_CODE, Pass.Method.OVERRIDE}
DIRECTIONS = set(Pass.Direction)
VERDICTS = set(Verdict)
#: The keys of a row, those that say what happened, and the code itself, which is read and never kept.
KEYS = (
    "id",
    "checkpoint",
    "sequence",
    "shift",
    "direction",
    "method",
    "pid",
    "credential_digest",
    "presentation",
    "challenge",
    "scanned_at",
    "clock_offset_ms",
    "made_offline",
    "list_version",
    "verdict",
    "reasons",
    "assurance",
    "forced_why",
    "annuls",
)
_LARGEST = 2**53


class BadRow(ValueError):
    """A row cannot be read; the text names the key."""


@dataclass(frozen=True, slots=True)
class Row:
    """A pass as a device tells it.

    `id` is a UUIDv7. `scanned_at` is the device's time; `clock_offset_ms` is what it had to add to its clock to get the
    server's. `proof` is the presentation, 73 bytes. `challenge` is what the device asked for. `digest` is the SHA-256
    of all keys but `text`: the same row sent again has the same. `given` is the row as it came.
    """

    id: uuid.UUID
    checkpoint: int
    sequence: int | None
    shift: int | None
    direction: str
    method: str
    pid: str
    credential_digest: str
    proof: bytes | None
    challenge: int | None
    scanned_at: dt.datetime
    clock_offset_ms: int
    made_offline: bool
    list_version: int | None
    verdict: Verdict
    reasons: tuple[str, ...]
    assurance: int
    forced_why: str
    annuls: uuid.UUID | None
    text: str | None
    digest: str
    given: Mapping[str, Any]

    @property
    def told(self) -> dict[str, Any]:
        """Return the row as quarantine keeps it."""
        return kept(self.given)

    @property
    def true_time(self) -> dt.datetime:
        """Return when it was scanned by the server's clock, as far as the device knew."""
        return self.scanned_at + dt.timedelta(milliseconds=self.clock_offset_ms)

    @property
    def made_at_ms(self) -> int:
        """Return the Unix milliseconds in the UUID."""
        return self.id.int >> 80


def digest_of(row: Mapping[str, Any]) -> str:
    """Return the SHA-256 of what a row says, without the code's text and without keys that this version ignores."""
    said = {key: row[key] for key in KEYS if row.get(key) is not None}
    return hashlib.sha256(orjson.dumps(said, option=orjson.OPT_SORT_KEYS)).hexdigest()


def kept(row: Any) -> dict[str, Any]:
    """Return a row as quarantine keeps it: its own keys, short, and never the text of a code, which holds a name."""
    if not isinstance(row, Mapping):
        return {"type": type(row).__name__}
    return {key: _short(row[key]) for key in KEYS if key in row}


def _short(value: Any) -> Any:
    # A list within a list is in no row of ours, and may be nested deeper than anything can write it.
    return [_plain(item) for item in value[:20]] if isinstance(value, list) else _plain(value)


def _plain(value: Any) -> Any:
    if isinstance(value, str):
        # PostgreSQL keeps no null characters.
        return value[:200].replace("\0", "")
    return value if value is None or isinstance(value, bool | int | float) else type(value).__name__


def read(row: Any) -> Row:
    """Return a row; raise BadRow where a key is missing, of a wrong type or out of range."""
    if not isinstance(row, Mapping):
        raise BadRow("row")
    get = row.get
    proof, pid = get("presentation"), get("pid")
    return Row(
        id=_uuid(get("id"), "id"),
        checkpoint=_whole(get("checkpoint"), "checkpoint", 1, 0xFFFFFF),
        sequence=_maybe(get("sequence"), "sequence", 0, _LARGEST),
        shift=_maybe(get("shift"), "shift", 1, _LARGEST),
        direction=_one(get("direction", "in"), DIRECTIONS, "direction"),
        method=_one(get("method", "scan"), METHODS, "method"),
        pid="" if pid is None else _like(pid, PID, "pid"),
        credential_digest=""
        if get("credential_digest") is None
        else _like(get("credential_digest"), DIGEST, "credential_digest"),
        proof=None if proof is None else _proof(proof),
        challenge=_challenge(get("challenge")),
        scanned_at=_moment(get("scanned_at")),
        clock_offset_ms=_whole(get("clock_offset_ms", 0), "clock_offset_ms", -(2**31), 2**31 - 1),
        made_offline=_flag(get("made_offline", False), "made_offline"),
        list_version=_maybe(get("list_version"), "list_version", 0, _LARGEST),
        verdict=Verdict(_one(get("verdict"), VERDICTS, "verdict")),
        reasons=_reasons(get("reasons") or []),
        assurance=_maybe(get("assurance"), "assurance", 0, 4) or 0,
        forced_why=_text(get("forced_why") or "", "forced_why", 120),
        annuls=None if get("annuls") is None else _uuid(get("annuls"), "annuls"),
        text=None if get("text") is None else _text(get("text"), "text", 5000),
        digest=digest_of(row),
        given=row,
    )


def _whole(value: Any, key: str, least: int, most: int) -> int:
    if type(value) is not int or not least <= value <= most:
        raise BadRow(key)
    return value


def _maybe(value: Any, key: str, least: int, most: int) -> int | None:
    return None if value is None else _whole(value, key, least, most)


def _flag(value: Any, key: str) -> bool:
    if not isinstance(value, bool):
        raise BadRow(key)
    return value


def _one(value: Any, known: set[Any], key: str) -> str:
    if not isinstance(value, str) or value not in known:
        raise BadRow(key)
    return value


def _like(value: Any, form: re.Pattern[str], key: str) -> str:
    if not isinstance(value, str) or not form.fullmatch(value):
        raise BadRow(key)
    return value


def _text(value: Any, key: str, most: int) -> str:
    if not isinstance(value, str) or len(value) > most or "\0" in value:
        raise BadRow(key)
    return value


def _uuid(value: Any, key: str) -> uuid.UUID:
    try:
        found = uuid.UUID(value)
    except (ValueError, TypeError, AttributeError) as error:
        raise BadRow(key) from error
    # One spelling for one UUID, so that a row has one digest; version 7 says when it was made.
    if str(found) != value or found.version != 7:
        raise BadRow(key)
    return found


def _moment(value: Any) -> dt.datetime:
    try:
        found = dt.datetime.fromisoformat(value)
    except (ValueError, TypeError) as error:
        raise BadRow("scanned_at") from error
    if found.tzinfo is None or not 2000 < found.year < 2200:
        raise BadRow("scanned_at")
    return found.astimezone(dt.UTC)


def _proof(value: Any) -> bytes:
    try:
        found = unpadded(value)
    except (ValueError, UnicodeEncodeError) as error:
        raise BadRow("presentation") from error
    if len(found) != PROOF_BYTES:
        raise BadRow("presentation")
    return found


def proof_text(proof: bytes) -> str:
    """Return a presentation as rows carry it: base64url without padding."""
    return urlsafe_b64encode(proof).rstrip(b"=").decode()


def _challenge(value: Any) -> int | None:
    """Return what was asked: a number, or its digits as they stood on the screen."""
    if isinstance(value, str) and value.isascii() and value.isdecimal() and len(value) <= 5:
        value = int(value)
    return _maybe(value, "challenge", 0, NO_CHALLENGE - 1)


def _reasons(value: Any) -> tuple[str, ...]:
    if not isinstance(value, list) or len(value) > 20:
        raise BadRow("reasons")
    return tuple(_text(item, "reasons", 40) for item in value)
