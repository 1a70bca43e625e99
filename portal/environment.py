"""Read settings from the environment strictly: a value that is not understood refuses to start the portal.

django-environ reads addresses of databases; for the rest it guesses (any unknown word is False), which a city must not
find out in production.
"""

import ipaddress
import os
from collections.abc import Sequence
from typing import Any
from urllib.parse import unquote, urlsplit

from django.core.exceptions import ImproperlyConfigured

_TRUE = {"1", "true", "yes", "on"}
_FALSE = {"0", "false", "no", "off"}


def text(name: str, default: str = "") -> str:
    """Return the variable without surrounding spaces; an empty one counts as not set."""
    return os.environ.get(name, "").strip() or default


def flag(name: str, default: bool) -> bool:
    """Return a yes or no. Raise ImproperlyConfigured for any other word."""
    value = text(name).lower()
    if not value:
        return default
    if value not in _TRUE | _FALSE:
        raise ImproperlyConfigured(f"{name} is 1 or 0, not {value!r}.")
    return value in _TRUE


def number(name: str, default: int, *, least: int, most: int) -> int:
    """Return a whole number from `least` to `most`. Raise ImproperlyConfigured outside."""
    value = text(name, str(default))
    if not value.lstrip("-").isdecimal() or not least <= int(value) <= most:
        raise ImproperlyConfigured(f"{name} is a whole number from {least} to {most}, not {value!r}.")
    return int(value)


def choice(name: str, default: str, allowed: Sequence[str]) -> str:
    """Return one of `allowed`. Raise ImproperlyConfigured for anything else."""
    value = text(name, default)
    if value not in allowed:
        raise ImproperlyConfigured(f"{name} is one of {', '.join(allowed)}, not {value!r}.")
    return value


def address(name: str, default: str = "", *, schemes: Sequence[str] = ("https", "http")) -> str:
    """Return an address without its trailing slash, or the default. Raise ImproperlyConfigured for other schemes."""
    value = text(name, default)
    if value and not value.startswith(tuple(f"{scheme}://" for scheme in schemes)):
        raise ImproperlyConfigured(
            f"{name} begins with {' or '.join(f'{s}://' for s in schemes)}, not {value!r}."
        )
    return value.rstrip("/")


def words(name: str, default: Sequence[str] = ()) -> list[str]:
    """Return a comma-separated list without empty parts."""
    value = text(name)
    return [word.strip() for word in value.split(",") if word.strip()] if value else list(default)


def networks(name: str) -> list[ipaddress.IPv4Network | ipaddress.IPv6Network]:
    """Return a comma-separated list of addresses or networks. Raise ImproperlyConfigured for anything else."""
    try:
        return [ipaddress.ip_network(word) for word in words(name)]
    except ValueError as error:
        raise ImproperlyConfigured(f"{name} lists addresses or networks: {error}.") from None


#: How an address of a mail server begins → its usual port, TLS from the start, TLS by STARTTLS.
_MAIL = {"smtp": (25, False, False), "smtp+tls": (587, False, True), "smtps": (465, True, False)}


def mail(name: str) -> dict[str, Any]:
    """Return Django's EMAIL_* settings from `smtp+tls://user:password@host:587`, {} when the variable is not set.

    User and password are percent-encoded. Raise ImproperlyConfigured for anything else, without the password in it.
    """
    value = text(name)
    if not value:
        return {}
    try:
        parts = urlsplit(value)
        port = parts.port
    except ValueError:
        parts, port = urlsplit(""), None
    if parts.scheme not in _MAIL or not parts.hostname or parts.path.strip("/") or parts.query:
        raise ImproperlyConfigured(
            f"{name} is written smtp+tls://user:password@host:587 (STARTTLS), smtps:// (TLS) or smtp:// (none)."
        )
    usual, is_ssl, is_tls = _MAIL[parts.scheme]
    return {
        "EMAIL_HOST": parts.hostname,
        "EMAIL_PORT": port or usual,
        "EMAIL_HOST_USER": unquote(parts.username or ""),
        "EMAIL_HOST_PASSWORD": unquote(parts.password or ""),
        "EMAIL_USE_SSL": is_ssl,
        "EMAIL_USE_TLS": is_tls,
    }
