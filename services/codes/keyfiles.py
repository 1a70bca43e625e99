"""The folder of keys: a PEM file for each, `keys.json` beside them; written whole or not at all, by one at a time."""

import fcntl
import json
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec
from django.conf import settings

INDEX = "keys.json"
#: Not an issuer's key: `services.codes.derived` makes the secrets of keyed hashes from it.
SECRET = "secret.pem"  # noqa: S105
_LOCK = ".lock"


class KeyFault(Exception):
    """A key that is needed is not there or cannot be read; the text says what to do."""


def folder() -> Path:
    """Return the folder of keys. Raise KeyFault when none is set."""
    if not settings.CODE_KEYS_DIR:
        raise KeyFault("Set CODE_KEYS_DIR to the folder of the issuer's keys (docs/keys.md).")
    return Path(settings.CODE_KEYS_DIR)


def private_path(kid: int) -> Path:
    """Return where the private key of `kid` lies."""
    return folder() / f"{kid}.pem"


@contextmanager
def locked() -> Iterator[None]:
    """Hold the folder for oneself, among threads, processes, and machines that share it; make it if need be."""
    place = folder()
    place.mkdir(mode=0o700, parents=True, exist_ok=True)
    # flock, not lockf: it holds for an open file, so that threads of one process exclude each other too.
    handle = os.open(place / _LOCK, os.O_RDWR | os.O_CREAT, 0o600)
    try:
        _own(handle)
        fcntl.flock(handle, fcntl.LOCK_EX)
        yield
    finally:
        os.close(handle)


def write(path: Path, content: bytes) -> None:
    """Replace a file by another that only its owner reads; after a crash there is the old one or the new one."""
    temporary = path.with_name(f".{path.name}.{os.getpid()}.new")
    temporary.unlink(missing_ok=True)
    handle = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    try:
        with os.fdopen(handle, "wb") as file:
            _own(file.fileno())
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        temporary.replace(path)
    except BaseException:
        temporary.unlink(missing_ok=True)
        raise
    _keep_names(path.parent)


def remove(path: Path) -> None:
    """Delete a file that may be gone already."""
    path.unlink(missing_ok=True)
    _keep_names(path.parent)


def read_index() -> dict[str, Any] | None:
    """Return what `keys.json` holds, or None when there is none. Raise KeyFault when it is no JSON object."""
    path = folder() / INDEX
    try:
        found = json.loads(path.read_bytes())
    except FileNotFoundError:
        return None
    except (OSError, ValueError) as error:
        raise KeyFault(f"{path} cannot be read: {error}. Restore it from its copy (docs/keys.md).") from error
    if not isinstance(found, dict):
        raise KeyFault(f"{path} is not a set of keys. Restore it from its copy (docs/keys.md).")
    return found


def write_index(index: dict[str, Any]) -> None:
    """Write `keys.json`."""
    write(folder() / INDEX, json.dumps(index, ensure_ascii=False, indent=1).encode() + b"\n")


def read_private(path: Path) -> ec.EllipticCurvePrivateKey:
    """Return the key of a PEM file, opened with CODE_KEYS_PASSPHRASE when it asks for one.

    Raise KeyFault when it is not there, cannot be opened, or is not of P-256.
    """
    try:
        content = path.read_bytes()
    except OSError as error:
        raise KeyFault(f"{path} cannot be read: {error.strerror}. Restore it from its copy.") from error
    passphrase = settings.CODE_KEYS_PASSPHRASE.encode() or None
    if passphrase and b"ENCRYPTED" not in content:
        passphrase = None
    try:
        key = serialization.load_pem_private_key(content, passphrase)
    except TypeError as error:
        raise KeyFault(f"{path} is closed: set CODE_KEYS_PASSPHRASE.") from error
    except (ValueError, UnsupportedAlgorithm) as error:
        raise KeyFault(
            f"{path} is no private key, or CODE_KEYS_PASSPHRASE is not the one that it was closed with."
        ) from error
    if not isinstance(key, ec.EllipticCurvePrivateKey) or not isinstance(key.curve, ec.SECP256R1):
        raise KeyFault(f"{path} holds a key that is not of P-256.")
    return key


def write_private(path: Path, key: ec.EllipticCurvePrivateKey) -> None:
    """Write a key as PKCS#8, closed with CODE_KEYS_PASSPHRASE when there is one."""
    passphrase = settings.CODE_KEYS_PASSPHRASE.encode()
    closing = (
        serialization.BestAvailableEncryption(passphrase) if passphrase else serialization.NoEncryption()
    )
    write(path, key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, closing))


def _own(handle: int) -> None:
    """Give a file that root writes to the folder's owner, else the portal could not read its own keys."""
    if os.geteuid() == 0:
        owner = folder().stat()
        os.fchown(handle, owner.st_uid, owner.st_gid)


def _keep_names(place: Path) -> None:
    """Make a rename or a removal outlast a power cut."""
    handle = os.open(place, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
