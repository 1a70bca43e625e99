"""Texts as people write them: lists with commas, and what is typed into a search field."""

import re
from dataclasses import dataclass

#: A phrase in quotes is looked for as it stands; any pair of quotes that a keyboard offers will do.
_TYPED = re.compile(r'["“”「『]([^"“”「」『』]+)["“”」』]|([^\s"“”「」『』]+)')


@dataclass(frozen=True, slots=True)
class Typed:
    """A word of a query; a quoted one is looked for as it stands."""

    text: str
    is_quoted: bool = False


def typed_words(text: str) -> list[Typed]:
    """Return the words of a query, in order; what stands in quotes is one word."""
    return [
        Typed(match[1] or match[2], is_quoted=bool(match[1]))
        for match in _TYPED.finditer(text)
        if (match[1] or match[2]).strip()
    ]


def split_list(text: str) -> list[str]:
    """Return the parts of a list written with 、 or commas."""
    parts = text.replace("，", "、").replace(",", "、").split("、")
    return [part.strip() for part in parts if part.strip()]
