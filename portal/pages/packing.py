"""Packing the map's rows: columns of base-36 numbers, and names that repeat no ending.

`static/js/map/points.js` is the other side. A column is one text of digits, as wide as its largest number needs, so
its length divided by the number of rows is the width; a column of nothing but zeros is "".
"""

from collections.abc import Iterable, Sequence
from os.path import commonprefix

DIGITS = "0123456789abcdefghijklmnopqrstuvwxyz"


def base36(number: int) -> str:
    """Return a whole number, zero or more, as JavaScript's `parseInt(text, 36)` reads it."""
    text = ""
    while number or not text:
        number, digit = divmod(number, 36)
        text = DIGITS[digit] + text
    return text


def column(numbers: Sequence[int]) -> str:
    """Return the numbers of a column, all of one width."""
    width = len(base36(max(numbers, default=0)))
    return "".join(base36(number).rjust(width, "0") for number in numbers) if any(numbers) else ""


def ending(name: str) -> str:
    """Return a name read backwards: in this order those that end alike stand together."""
    return name[::-1]


def fold_names(names: Iterable[str]) -> str:
    """Return one line for each name: how many characters it takes from the end of the one before, then its own."""
    lines, before = [], ""
    for name in names:
        shared = min(len(commonprefix([name[::-1], before])), len(DIGITS) - 1)
        lines.append(DIGITS[shared] + name[: len(name) - shared])
        before = name[::-1]
    return "\n".join(lines)


def shifts(ring: Sequence[Sequence[float]], scale: int) -> list[int]:
    """Return a ring as whole steps: the first point, then how far each next one lies from it; lng before lat."""
    found: list[int] = []
    lng, lat = 0, 0
    for point in ring:
        next_lng, next_lat = round(point[0] * scale), round(point[1] * scale)
        if not found or (next_lng, next_lat) != (lng, lat):
            found += [next_lng - lng, next_lat - lat]
        lng, lat = next_lng, next_lat
    return found
