"""Masked names by rule: enough for a guard to match a person to a screen, too little to look one up. Pure.

| written | shown | rule |
|---|---|---|
| 李明 · 李小明 · 李小小明 | 李* · 李*明 · 李*明 | surname and, of three characters and more, the last one |
| 欧阳明 · 欧阳小明 | 欧阳* · 欧阳*明 | a compound surname is kept whole |
| 买买提·艾力 · 阿卜杜热合曼·艾力 | 买买提·* · 阿卜*·* | the first part, cut when it is long |
| John Smith · John | J*** S. · J*** | initials of the first and the last word |
| nothing that is a letter | * | |

The number of asterisks says nothing about the length of a name.
"""

import re
import unicodedata

from services.codes.surnames import COMPOUND_SURNAMES

#: UTF-8 bytes: what a credential has room for.
MOST_BYTES = 12
DOT = "·"
#: What people type between the parts of a name: middle dots of all scripts, bullets, a full stop of either kind.
_DOTS = re.compile("[·•・‧∙⋅⸱ꞏ᛫●.。]+")
_MASKED_DOTTED = re.compile(rf"(?:[^*]{{1,3}}|[^*]{{2}}\*){DOT}\*")
_MASKED_WORDS = re.compile(r"(?:.)\*{3}(?: .\.)?")


def masked(name: str) -> str:
    """Return a name with at least one of its characters hidden, as 1 to 12 bytes of UTF-8; a masked one as it is."""
    clean = _clean(name)
    if _is_masked(clean):
        return clean
    plain = clean.replace("*", "")
    if any(map(_is_han, plain)):
        return _fitting(_masked_han(plain))
    return _fitting(_masked_words(plain))


def _masked_han(name: str) -> list[str]:
    """Return what may be shown of a name in Chinese characters, longest first."""
    parts = ["".join(filter(_is_han, part)) for part in _DOTS.split(name)]
    parts = [part for part in parts if part]
    if len(parts) > 1:
        first = parts[0]
        whole = [f"{first}{DOT}*"] if len(first) <= 3 else []
        return [*whole, f"{first[:2]}*{DOT}*", f"{first[:1]}{DOT}*"]
    letters = parts[0]
    kept = 2 if len(letters) > 2 and letters[:2] in COMPOUND_SURNAMES else 1
    hidden = len(letters) - kept
    last = letters[-1] if hidden > 1 else ""
    return [f"{letters[:kept]}*{last}", f"{letters[:1]}*"]


def _masked_words(name: str) -> list[str]:
    """Return what may be shown of a name in another script, longest first."""
    words = [_letters(word) for word in re.split(r"\s+", _DOTS.sub(" ", name))]
    words = [word for word in words if word]
    if not words:
        return ["*"]
    first = f"{words[0][0].upper()[:1]}***"
    # Of "J S" two initials would be the whole name.
    if len(words) > 1 and sum(map(len, words)) > 2:
        return [f"{first} {words[-1][0].upper()[:1]}.", first]
    return [first]


def _is_masked(name: str) -> bool:
    """Say whether a name has one of the forms that `masked` gives."""
    if not name or "*" not in name or len(name.encode()) > MOST_BYTES:
        return False
    letters = name.replace("*", "")
    if name == "*":
        return True
    if all(map(_is_han, letters)) and name.count("*") == 1:
        surname, _star, last = name.partition("*")
        whole = surname in COMPOUND_SURNAMES if len(surname) == 2 else len(surname) == 1
        return whole and len(last) <= 1
    if _MASKED_DOTTED.fullmatch(name):
        return all(map(_is_han, letters.replace(DOT, "")))
    return bool(_MASKED_WORDS.fullmatch(name)) and all(
        _letters(letter) for letter in re.sub("[ .]", "", letters)
    )


def _clean(name: str) -> str:
    """Return a name in one form of writing, without what is not seen (controls, marks of direction, joiners)."""
    spaced = " ".join(unicodedata.normalize("NFKC", name).split())
    visible = "".join(letter for letter in spaced if unicodedata.category(letter)[0] != "C")
    return " ".join(visible.split())


def _letters(word: str) -> str:
    """Return a word's letters and figures."""
    return "".join(letter for letter in word if unicodedata.category(letter)[0] in "LN")


def _is_han(letter: str) -> bool:
    """Say whether it is a Chinese character."""
    return letter == "〇" or unicodedata.name(letter, "").startswith("CJK UNIFIED IDEOGRAPH")


def _fitting(candidates: list[str]) -> str:
    """Return the first that fits."""
    return next((text for text in candidates if len(text.encode()) <= MOST_BYTES), "*")
