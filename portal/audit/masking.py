"""What of a value may stand in a record that nobody can erase: numbers in part, secrets not at all."""

import re
from typing import Any

#: Fields whose value is told in part: the beginning and the end of a number.
IN_PART = re.compile(r"phone|mobile", re.IGNORECASE)
#: Fields of which it is only told that they changed.
NEVER = re.compile(r"password|secret|token|digest|email|proof|^key$|_key$|private|\bcode\b", re.IGNORECASE)
HIDDEN = "***"
_LONG_NUMBER = re.compile(r"(?<!\d)(\+?\d{2})?(1\d{2})\d{4}(\d{4})(?!\d)")


def masked(name: str, value: Any) -> Any:
    """Return the value of a field as it may be kept; nothing stays nothing: one sees what was filled or emptied."""
    if value in (None, "", [], {}):
        return value
    if NEVER.search(name):
        return HIDDEN
    if IN_PART.search(name):
        return number_in_part(str(value))
    return masked_text(value) if isinstance(value, str) else value


def number_in_part(number: str) -> str:
    """Return a number as 138****0001, one that is too short for that as asterisks."""
    digits = re.sub(r"\D", "", number.removeprefix("+86"))
    return f"{digits[:3]}****{digits[-4:]}" if len(digits) > 7 else "*" * len(digits)


def masked_text(text: str) -> str:
    """Return a text with the mobile numbers in it told in part."""
    return _LONG_NUMBER.sub(r"\2****\3", text)
