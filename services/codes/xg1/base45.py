"""Base45 after RFC 9285, strict: what a QR code of letters and digits carries.

Libraries accept a trailing newline or trim spaces; one code in forty begins or ends with a space that is data. Here
every text has one reading or none.
"""

import sys
from array import array

ALPHABET = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ $%*+-./:"

_PAIRS = [ALPHABET[n % 45] + ALPHABET[n // 45] for n in range(45 * 45)]
#: Larger than any sum of valid digits, so that one comparison finds overflow and foreign characters alike.
_FOREIGN = 1 << 17
_ONES = [_FOREIGN] * 256
_FORTY_FIVES = [_FOREIGN] * 256
_SQUARES = [_FOREIGN] * 256
for _value, _character in enumerate(ALPHABET.encode()):
    _ONES[_character] = _value
    _FORTY_FIVES[_character] = _value * 45
    _SQUARES[_character] = _value * 2025


def encode(data: bytes) -> str:
    """Return the text of any bytes."""
    even = len(data) & ~1
    words = [(data[at] << 8) | data[at + 1] for at in range(0, even, 2)]
    text = "".join([_PAIRS[word % 2025] + ALPHABET[word // 2025] for word in words])
    return text + _PAIRS[data[-1]] if len(data) > even else text


def decode(text: str) -> bytes:
    """Return the bytes of a text; raise ValueError unless every character is one that `encode` would have written."""
    raw = text.encode("ascii")
    left_over = len(raw) % 3
    if left_over == 1:
        raise ValueError("a character is left over")
    whole = raw[: len(raw) - left_over]
    words = [
        _ONES[first] + _FORTY_FIVES[second] + _SQUARES[third]
        for first, second, third in zip(whole[0::3], whole[1::3], whole[2::3], strict=True)
    ]
    if words and max(words) > 0xFFFF:
        raise ValueError("not base45")
    packed = array("H", words)
    if sys.byteorder == "little":
        packed.byteswap()
    if not left_over:
        return packed.tobytes()
    last = _ONES[raw[-2]] + _FORTY_FIVES[raw[-1]]
    if last > 0xFF:
        raise ValueError("not base45")
    return packed.tobytes() + bytes([last])
