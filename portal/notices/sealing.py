"""Seal what a message carries until it is gone: a number and a text that the database must not show."""

import json
from base64 import urlsafe_b64encode
from typing import TYPE_CHECKING

from django.conf import settings
from django.utils.encoding import force_bytes

if TYPE_CHECKING:
    from cryptography.fernet import MultiFernet


class Unreadable(Exception):
    """What was sealed cannot be opened: the secret key was changed meanwhile."""


def seal(carried: dict[str, str]) -> str:
    """Return the parts as a text that only the portal's secret key opens."""
    return _fernet().encrypt(json.dumps(carried).encode()).decode()


def unseal(sealed: str) -> dict[str, str]:
    """Return the parts. Raises Unreadable."""
    from cryptography.fernet import InvalidToken

    try:
        return json.loads(_fernet().decrypt(sealed.encode()))
    except InvalidToken:
        raise Unreadable from None


def _fernet() -> "MultiFernet":
    # Imported here: every command loads the models' apps, and few of them send anything.
    from cryptography.fernet import Fernet, MultiFernet
    from cryptography.hazmat.primitives.hashes import SHA256
    from cryptography.hazmat.primitives.kdf.hkdf import HKDF

    def key(secret: str | bytes) -> Fernet:
        derived = HKDF(SHA256(), length=32, salt=None, info=b"nuanxin notices").derive(force_bytes(secret))
        return Fernet(urlsafe_b64encode(derived))

    return MultiFernet([key(secret) for secret in (settings.SECRET_KEY, *settings.SECRET_KEY_FALLBACKS)])
