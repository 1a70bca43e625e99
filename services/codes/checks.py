"""What `manage.py check --deploy` asks about the keys that sign identity codes."""

import stat
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.checks import CheckMessage, Error, Tags, Warning, register

#: Seconds; a key older than this was forgotten: the calendar of docs/keys.md changes it every 90 days.
LONG_USED = 180 * 24 * 3600
#: What another account may do with a folder or a file of keys: nothing. Its group may read, for nodes that never write.
_OTHERS = stat.S_IRWXO | stat.S_IWGRP


@register(Tags.security, deploy=True)
def keys(app_configs: Any, **kwargs: Any) -> list[CheckMessage]:
    """Report a folder of keys that is missing or open to others, and keys that are missing or were forgotten."""
    if settings.DEBUG:
        return []
    if not settings.CODE_KEYS_DIR:
        return [
            Error(
                "Identity codes have no folder of keys, so none can be issued or checked.",
                hint="Set CODE_KEYS_DIR to a folder of mode 0700 outside of the code (docs/keys.md).",
                id="codes.E001",
            )
        ]
    place = Path(settings.CODE_KEYS_DIR)
    if not place.is_dir():
        return [
            Error(
                f"CODE_KEYS_DIR is no folder: {place}.",
                hint="Make it with mode 0700, restore the keys from their copy, or make the first ones.",
                id="codes.E002",
            )
        ]
    return [*_open_to_others(place), *_keys_in(place)]


def _open_to_others(place: Path) -> list[CheckMessage]:
    wrong = [path.name for path in (place, *place.glob("*.pem")) if path.stat().st_mode & _OTHERS]
    if not wrong:
        return []
    return [
        Error(
            f"Other accounts of this machine can read or change keys that sign: {', '.join(sorted(wrong))}.",
            hint=f"chmod 700 {place} && chmod 600 {place}/*.pem; then treat the keys as leaked (docs/keys.md).",
            id="codes.E003",
        )
    ]


def _keys_in(place: Path) -> list[CheckMessage]:
    # Only here: every command loads the checks, and few of them need the libraries of cryptography.
    from services.codes import keyfiles
    from services.codes.keyring import KeyFault, KeyRing, Purpose, now

    if not (place / keyfiles.INDEX).exists():
        return [
            Warning(
                f"There are no keys in {place}: identity codes cannot be issued.",
                hint="Restore them from their copy, or run manage.py rotate_code_keys --missing.",
                id="codes.W004",
            )
        ]
    found: list[CheckMessage] = []
    at = now()
    try:
        ring = KeyRing.load()
        keyfiles.read_private(place / keyfiles.SECRET)
        for purpose in Purpose:
            ring.signing(purpose, at)
    except (KeyFault, OSError) as error:
        return [Error(str(error), hint="docs/keys.md says how keys are kept and restored.", id="codes.E005")]
    for purpose in Purpose:
        entry = ring.signer(purpose, at)
        waiting = any(other.purpose == purpose and other.is_waiting(at) for other in ring.entries)
        if entry and at - entry.used_from > LONG_USED and not waiting:
            found.append(
                Warning(
                    f"Key {entry.kid} for {purpose.value!r} has signed for more than 180 days.",
                    hint="Run manage.py rotate_code_keys (docs/keys.md).",
                    id="codes.W006",
                )
            )
    return found
