"""Finding a courier's number and full name in whatever form they may have been written."""

import gzip
import hashlib
import pickle
import re
import unicodedata
import zlib
from html import unescape
from typing import Any
from urllib.parse import unquote

from django.core.cache import cache
from django.urls import URLPattern, URLResolver

from tests.code_world import NAME, PHONE

#: Digits with up to three other signs between any two, a number with its middle hidden, and the last four alone.
_NUMBER = re.compile(r"[^0-9]{0,3}".join(PHONE))
_HIDDEN = re.compile(rf"{PHONE[:3]}[^0-9]{{1,12}}{PHONE[-4:]}|[*•×xX…]{{2,}}\s?{PHONE[-4:]}(?![0-9])")
_NAME = re.compile(
    "|".join(
        [r"[\s·*]*".join(NAME[:3]), r"[\s·]*".join(NAME[2:]), r"ou[\s-]*yang[\s-]*zhen", r"zhen[\s-]*huan"]
    ),
    re.I,
)
#: A hash without a key is as good as the number: there are only so many.
_HASHES = re.compile(
    "|".join(
        digest(number.encode()).hexdigest()
        for number in (PHONE, f"+86{PHONE}", f"86{PHONE}")
        for digest in (hashlib.md5, hashlib.sha1, hashlib.sha256)
    ),
    re.I,
)
_ESCAPED = re.compile(r"\\u([0-9a-fA-F]{4})")


def traces(text: str) -> list[str]:
    """Return what of the number or the name stands in a text, with a little of what stands around it."""
    plain = _ESCAPED.sub(lambda found: chr(int(found[1], 16)), unescape(unquote(text)))
    whole = unicodedata.normalize("NFKC", plain)
    found = []
    for pattern in (_NUMBER, _HIDDEN, _NAME, _HASHES):
        for one in pattern.finditer(whole):
            found.append(whole[max(0, one.start() - 60) : one.end() + 20])
    return found


def written(value: Any) -> str:
    """Return all text in a value: bytes as they are, unpacked and unpickled; rows and lists as Python writes them."""
    if isinstance(value, memoryview):
        value = bytes(value)
    if not isinstance(value, bytes):
        return value if isinstance(value, str) else repr(value)
    said = [value.decode("utf-8", "ignore")]
    for unpack in (zlib.decompress, gzip.decompress):
        try:
            said.append(unpack(value).decode("utf-8", "ignore"))
        except (OSError, EOFError, zlib.error):
            continue
    if value[:1] == b"\x80":
        inner = pickle.loads(value)  # noqa: S301 what this test's own cache holds
        said.append(written(inner) if isinstance(inner, bytes) else repr(getattr(inner, "__dict__", inner)))
    return "\n".join(said)


def cached() -> dict[str, str]:
    """Return the text of every entry of this test's cache, in memory or in Redis, by key."""
    if hasattr(cache._cache, "items"):
        return {key: written(value) for key, value in cache._cache.items()}
    client = cache._cache.get_client()
    keys = [key.decode() for key in client.scan_iter(match=f"*{cache.key_prefix}*", count=500)]
    return {key: written(client.get(key) or b"") for key in keys}


def routes(patterns: list[Any], before: str = "", space: str = "") -> list[tuple[str, str]]:
    """Return every address of a URLconf as (route, name of the view)."""
    found: list[tuple[str, str]] = []
    for one in patterns:
        route = before + str(one.pattern)
        if isinstance(one, URLResolver):
            inner = f"{space}{one.namespace}:" if one.namespace else space
            found += routes(one.url_patterns, route, inner)
        elif isinstance(one, URLPattern):
            found.append((route, f"{space}{one.name or ''}"))
    return found
