"""The number under which a source knows its row."""

import re
import unicodedata

#: Stands in addresses: no slash, no space, nothing that cannot be seen, and no step of a path.
EXTERNAL_ID = r"(?!\.{1,2}$)[^/\s\x00-\x1f\x7f-\x9f\ud800-\udfff]{1,120}"
_WHOLE = re.compile(EXTERNAL_ID)


def external_id_of(value: object) -> str:
    """Return a row's number at its source, composed (NFC) as it is kept; "" for what cannot be one."""
    found = unicodedata.normalize("NFC", value) if isinstance(value, str) and len(value) <= 200 else ""
    return found if _WHOLE.fullmatch(found) else ""
