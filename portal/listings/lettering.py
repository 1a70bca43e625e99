"""Chinese lettering for pictures, with the font of the lock file and none of the machine's.

The font comes as a hundred WOFF2 slices, each with a set of characters and all weights; a line of text is drawn slice
by slice. A Chinese character that no slice holds becomes an empty box, so that nobody takes the rest for the whole
name; anything else (an emoji, say) is left out.
"""

import json
import re
import unicodedata
from bisect import bisect_right
from functools import lru_cache
from itertools import groupby
from pathlib import Path

from django.conf import settings
from PIL import ImageDraw, ImageFont

FONT_FOLDER = Path("node_modules/@fontsource-variable/noto-sans-sc")
_BOX = "□"
_LINE_STARTS_NEVER = "，。、；：？！）】》”’·…,.;:?!)]%"
_WORD = re.compile(r"[A-Za-z0-9@#&+\-./:%'~–−]+|\s+|.", re.S)

Colour = tuple[int, int, int]


class FontMissing(RuntimeError):
    """The font of the lock file is not installed; `npm ci` brings it."""


@lru_cache(maxsize=1)
def _slices() -> tuple[list[int], list[int], list[str]]:
    """Return the first and last character of every range, in order, and the slice that holds it."""
    path = settings.BASE_DIR / FONT_FOLDER / "unicode.json"
    if not path.exists():
        raise FontMissing(f"{FONT_FOLDER} is not installed: run npm ci.")
    rows = []
    for name, text in json.loads(path.read_text()).items():
        for piece in text.split(","):
            first, _dash, last = piece.strip().removeprefix("U+").partition("-")
            rows.append((int(first, 16), int(last or first, 16), name.strip("[]")))
    rows.sort()
    return [row[0] for row in rows], [row[1] for row in rows], [row[2] for row in rows]


@lru_cache(maxsize=4096)
def _slice_of(mark: str) -> str | None:
    firsts, lasts, names = _slices()
    place = bisect_right(firsts, ord(mark)) - 1
    while place >= 0 and firsts[place] > ord(mark) - 0x400:
        if lasts[place] >= ord(mark):
            return names[place]
        place -= 1
    return None


@lru_cache(maxsize=256)
def _font(name: str, size: int, weight: int) -> ImageFont.FreeTypeFont:
    path = settings.BASE_DIR / FONT_FOLDER / "files" / f"noto-sans-sc-{name}-wght-normal.woff2"
    font = ImageFont.truetype(str(path), size, layout_engine=ImageFont.Layout.BASIC)
    font.set_variation_by_axes([weight])
    return font


def _runs(text: str) -> list[tuple[str, str]]:
    """Return (slice, characters) of the parts of a text that can be drawn."""
    shown = (
        _BOX if _slice_of(mark) is None and unicodedata.category(mark) == "Lo" else mark for mark in text
    )
    runs = [(name, "".join(marks)) for name, marks in groupby(shown, _slice_of)]
    return [(name, marks) for name, marks in runs if name is not None]


def width(text: str, size: int, weight: int = 400) -> float:
    """Return the width of a line in pixels."""
    return sum(_font(name, size, weight).getlength(marks) for name, marks in _runs(text))


def write(
    canvas: ImageDraw.ImageDraw,
    x: float,
    baseline: float,
    text: str,
    size: int,
    colour: Colour,
    weight: int = 400,
) -> float:
    """Draw a line from `x` on its baseline and return where it ends."""
    for name, marks in _runs(text):
        font = _font(name, size, weight)
        canvas.text((x, baseline), marks, font=font, fill=colour, anchor="ls")
        x += font.getlength(marks)
    return x


def wrap(text: str, size: int, most_width: float, most_lines: int, weight: int = 400) -> list[str]:
    """Return a text in lines no wider than `most_width`; what does not fit ends in an ellipsis.

    Chinese breaks anywhere but before a closing mark; Latin words and numbers stay whole where they fit a line.
    """
    lines = [""]
    for word in _pieces(" ".join(text.split()), size, most_width, weight):
        if width(lines[-1] + word, size, weight) <= most_width or (word in _LINE_STARTS_NEVER and lines[-1]):
            lines[-1] += word
        else:
            lines[-1] = lines[-1].rstrip()
            lines.append(word.lstrip())
    lines = [line for line in lines if line]
    if len(lines) <= most_lines:
        return lines
    last = lines[most_lines - 1]
    while last and width(last + "…", size, weight) > most_width:
        last = last[:-1]
    return [*lines[: most_lines - 1], last + "…"]


def _pieces(text: str, size: int, most_width: float, weight: int) -> list[str]:
    """Return what may not be broken; a word wider than a line is broken all the same."""
    pieces: list[str] = []
    for word in _WORD.findall(text):
        pieces.extend([word] if width(word, size, weight) <= most_width else list(word))
    return pieces
