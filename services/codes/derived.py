"""Secrets for keyed hashes: phones that matched nobody, manual codes, words of the minute, nonces.

They are made from a key of their own in the folder of keys, not from SECRET_KEY: that one is known to whoever runs a
node, changes when somebody leaves, and would then take kept hashes with it. A phone has eleven digits, so whoever held
the secret could try them all: it is guarded like the keys that sign.
"""

from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from django.conf import settings

from services.codes import keyfiles
from services.codes.keyfiles import KeyFault


def secret(purpose: str) -> bytes:
    """Return the 32 bytes for a purpose, such as "phones"; other purposes tell nothing about them.

    Raise KeyFault when there is none; under DEBUG it is made instead. Source: RFC 5869 with SHA-256.
    """
    path = keyfiles.folder() / keyfiles.SECRET
    try:
        stamp = path.stat().st_mtime_ns
    except FileNotFoundError:
        if not settings.DEBUG:
            raise KeyFault(
                f"There is no {path.name} in {path.parent}: restore it from its copy, or make one with "
                "manage.py rotate_code_keys --missing (docs/keys.md)."
            ) from None
        from services.codes.keymaking import ensure_keys

        ensure_keys()
        stamp = path.stat().st_mtime_ns
    where = (str(path), stamp)
    material = _material.get(where)
    if material is None:
        material = keyfiles.read_private(path).private_numbers().private_value.to_bytes(32)
        _material[where] = material
    return HKDF(SHA256(), length=32, salt=None, info=f"nuanxin codes {purpose}".encode()).derive(material)


_material: dict[tuple[str, int], bytes] = {}
