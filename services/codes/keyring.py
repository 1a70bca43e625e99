"""The issuer's keys: which one signs, which ones are published, which are gone. Reads only; `keymaking` writes.

They lie outside the database (CODE_KEYS_DIR), so that neither its backup nor its replicas can sign. Moments are Unix
seconds, as in the protocol. How people handle them: docs/keys.md.
"""

import os
import time
from base64 import urlsafe_b64decode
from collections.abc import Mapping
from dataclasses import dataclass, fields
from enum import StrEnum
from hashlib import sha256
from typing import Any

from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from django.conf import settings
from jwt.algorithms import ECAlgorithm

from services.codes import keyfiles
from services.codes.keyfiles import KeyFault
from services.codes.xg1.curve import compress
from services.codes.xg1.keys import Key

HOUR = 3600
DAY = 24 * HOUR


class Purpose(StrEnum):
    """What a key signs; it signs nothing else."""

    CREDENTIAL = "credential"
    PLACE = "place"
    LIST = "list"


#: Seconds that the longest-lived text signed for a purpose is valid. Place codes are printed: a print lasts two years.
LONGEST_LIFE = {Purpose.CREDENTIAL: 72 * HOUR, Purpose.LIST: 72 * HOUR, Purpose.PLACE: 731 * DAY}
#: A key is published this long before its first use, so that gates which were offline know it by then.
PUBLISHED_BEFORE = 48 * HOUR
#: A key stays published this much longer than the last text it signed.
KEPT_LONGER = 24 * HOUR
#: A key that signs at once does so from a little before it was made: another node's clock may be behind.
CLOCK_LEEWAY = 5 * 60
#: A key that nobody replaces signs this long; `manage.py check --deploy` warns long before.
LONGEST_USE = 400 * DAY
#: Kids fill two bytes; 0 means none.
KIDS = range(1, 65_536)


@dataclass(frozen=True, slots=True)
class Entry:
    """A line of `keys.json`.

    `nbf` and `exp` are published: nothing it signed counts outside them. It signs from `used_from` on, which is later
    than `nbf` for a key in reserve, until `signs_until`. `x` and `y` are its public point. `version` is that of the set
    when the line last changed.
    """

    kid: int
    purpose: str
    nbf: int
    used_from: int
    exp: int
    made_at: int
    x: str
    y: str
    version: int
    retired_at: int | None = None
    why: str = ""

    @property
    def fingerprint(self) -> str:
        """Return what people compare and write down: how the SHA-256 of its public half in DER begins.

        `openssl pkey -in FILE -pubout -outform DER | sha256sum` says the same on a machine without the portal.
        """
        der = _point(self).public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
        digest = sha256(der).hexdigest()
        return " ".join(digest[start : start + 4] for start in range(0, 16, 4))

    @property
    def signs_until(self) -> int:
        """Return when it stops signing: the longest life and a day before its end."""
        return self.exp - LONGEST_LIFE[Purpose(self.purpose)] - KEPT_LONGER

    def is_retired(self, at: int) -> bool:
        """Say whether it was taken away by then."""
        return self.retired_at is not None and self.retired_at <= at

    def is_published(self, at: int) -> bool:
        """Say whether gates may hold it."""
        return min(self.made_at, self.nbf) <= at < self.exp and not self.is_retired(at)

    def is_signing(self, at: int) -> bool:
        """Say whether it may sign; of several the one used from latest does."""
        return self.used_from <= at < self.signs_until and not self.is_retired(at)

    def is_waiting(self, at: int) -> bool:
        """Say whether it will sign later."""
        return self.used_from > at and not self.is_retired(at)


@dataclass(frozen=True, slots=True)
class PublicKey:
    """A key that checks signatures, of one purpose, from `nbf` until before `exp`."""

    kid: int
    purpose: str
    key: ec.EllipticCurvePublicKey
    nbf: int
    exp: int


class KeyRing:
    """The set of keys as of one version. Ask `KeyRing.load()` each time: it costs a `stat`, and sees what changed."""

    def __init__(self, index: Mapping[str, Any]) -> None:
        try:
            self.version = int(index["version"])
            self.entries = tuple(_entry(line) for line in index["keys"])
            self._by_kid = {entry.kid: entry for entry in self.entries}
            self._public = {entry.kid: _public_key(entry) for entry in self.entries}
            self._code_keys = {
                kid: Key(kid, compress(public.key), public.nbf, public.exp, public.purpose)
                for kid, public in self._public.items()
            }
        except (KeyError, TypeError, ValueError) as error:
            raise KeyFault(
                f"{keyfiles.INDEX} is not a set of keys: {error!r}. Restore it from its copy (docs/keys.md)."
            ) from error
        self._private: dict[int, ec.EllipticCurvePrivateKey] = {}

    @classmethod
    def load(cls) -> "KeyRing":
        """Return the current set, from memory while its file is the same.

        Raise KeyFault when there is none; under DEBUG the first keys are made instead.
        """
        path = keyfiles.folder() / keyfiles.INDEX
        try:
            stamp = _stamp(path)
        except FileNotFoundError:
            if not settings.DEBUG:
                raise KeyFault(
                    f"There are no keys in {path.parent}: run manage.py rotate_code_keys --missing (docs/keys.md)."
                ) from None
            from services.codes.keymaking import ensure_keys

            ensure_keys()
            stamp = _stamp(path)
        kept = _loaded.get(str(path))
        if kept is None or kept[0] != stamp:
            kept = _loaded[str(path)] = (stamp, cls(keyfiles.read_index() or {}))
        return kept[1]

    def signing(self, purpose: str, at: int | None = None) -> tuple[int, ec.EllipticCurvePrivateKey]:
        """Return the kid and the private key that sign now, or at `at`. Raise KeyFault when there is none."""
        entry = self.signer(purpose, at)
        if entry is None:
            raise KeyFault(f"No key signs for {purpose!r}: run manage.py rotate_code_keys (docs/keys.md).")
        if entry.kid not in self._private:
            key = keyfiles.read_private(keyfiles.private_path(entry.kid))
            if key.public_key() != self._public[entry.kid].key:
                raise KeyFault(f"{entry.kid}.pem is not the key that {keyfiles.INDEX} names.")
            self._private[entry.kid] = key
        return entry.kid, self._private[entry.kid]

    def signer(self, purpose: str, at: int | None = None) -> Entry | None:
        """Return the entry that signs now, or at `at`."""
        moment = now() if at is None else at
        able = [entry for entry in self.entries if entry.purpose == purpose and entry.is_signing(moment)]
        return max(able, key=lambda entry: (entry.used_from, entry.kid), default=None)

    def public_keys(self, at: int | None = None, purpose: str | None = None) -> dict[int, PublicKey]:
        """Return the published keys by kid, now or at `at`, of one purpose or of all."""
        moment = now() if at is None else at
        return {
            entry.kid: self._public[entry.kid]
            for entry in self.entries
            if entry.is_published(moment) and purpose in {None, entry.purpose}
        }

    def code_keys(self, at: int | None = None) -> dict[int, Key]:
        """Return the published keys as `xg1.verify` and `xg1.placecode` want them."""
        return {kid: self._code_keys[kid] for kid in self.public_keys(at)}

    def known(self, kid: int) -> PublicKey | None:
        """Return a key whatever became of it, to look at an old proof; `entry(kid)` says whether it counted."""
        return self._public.get(kid)

    def entry(self, kid: int) -> Entry | None:
        """Return the line of a kid."""
        return self._by_kid.get(kid)

    def jwks(self, at: int | None = None) -> dict[str, Any]:
        """Return the published keys as a JWK set (RFC 7517), with `purpose`, `nbf`, `exp` and the set's `version`."""
        return {
            "version": self.version,
            "keys": [
                {
                    **ECAlgorithm.to_jwk(public.key, as_dict=True),
                    "kid": str(kid),
                    "use": "sig",
                    "alg": "ES256",
                    "purpose": public.purpose,
                    "nbf": public.nbf,
                    "exp": public.exp,
                }
                for kid, public in sorted(self.public_keys(at).items())
            ],
        }


def now() -> int:
    """Return the current Unix second."""
    return int(time.time())


def _entry(line: Mapping[str, Any]) -> Entry:
    """Return an entry; what a later version of the portal added to it is left out."""
    entry = Entry(**{field.name: line[field.name] for field in fields(Entry) if field.name in line})
    moments = (entry.nbf, entry.used_from, entry.exp, entry.made_at, entry.version, entry.retired_at or 0)
    if entry.kid not in KIDS or entry.purpose not in set(Purpose) or {type(m) for m in moments} != {int}:
        raise ValueError(f"kid {entry.kid} for {entry.purpose!r}")
    return entry


def _public_key(entry: Entry) -> PublicKey:
    return PublicKey(entry.kid, entry.purpose, _point(entry), entry.nbf, entry.exp)


def _point(entry: Entry) -> ec.EllipticCurvePublicKey:
    """Return the public half. Raise ValueError for a point that is not on the curve."""
    x, y = (int.from_bytes(urlsafe_b64decode(f"{part}=")) for part in (entry.x, entry.y))
    return ec.EllipticCurvePublicNumbers(x, y, ec.SECP256R1()).public_key()


def _stamp(path: os.PathLike[str]) -> tuple[int, int, int]:
    found = os.stat(path)
    return found.st_ino, found.st_mtime_ns, found.st_size


_loaded: dict[str, tuple[tuple[int, int, int], KeyRing]] = {}
