"""The line emblems of the four ways in, for pictures that cannot hold an SVG."""

from math import cos, pi, sin

from PIL import Image, ImageDraw

Line = list[tuple[float, float]]


def _arc(x: float, y: float, across: float, down: float, start: float, end: float) -> Line:
    """Return part of an ellipse in half turns, clockwise from the right."""
    turns = [start + (end - start) * step / 24 for step in range(25)]
    return [(x + across * cos(turn * pi), y + down * sin(turn * pi)) for turn in turns]


def _steam(x: float) -> Line:
    return [(x + 1.1 * sin(step / 16 * 2 * pi), 5.5 + step / 16 * 7) for step in range(17)]


#: Lines on a grid of 32 by 32.
_EMBLEMS: dict[str, list[Line]] = {
    "canteen": [
        [(4, 17), (28, 17)],
        _arc(16, 17, 12, 10.5, 0, 1),
        *(_steam(x) for x in (10.5, 16, 21.5)),
    ],
    "apartment": [
        [(4, 26), (4, 8)],
        [(4, 21.5), (28, 21.5), (28, 26)],
        [(28, 21.5), *_arc(24, 16.5, 4, 4, 0, -0.5), (13, 12.5), (13, 21.5)],
        _arc(8.6, 16.6, 2.1, 2.1, 0, 2),
    ],
    "compound": [[(8, 28), (8, 5), (24, 5), (24, 28)], [(4, 28), (28, 28)], [(20, 16.8), (20, 17.4)]],
    "station": [
        [(5, 28), (5, 13), (16, 5), (27, 13), (27, 28), (5, 28)],
        [(17.2, 12.5), (13, 19), (19, 19), (15, 25)],
    ],
}


def emblem(kind: str, size: int) -> Image.Image | None:
    """Return a kind's emblem as a mask of `size` by `size` pixels, None for a kind without one."""
    lines = _EMBLEMS.get(kind)
    if lines is None:
        return None
    unit = size * 3 / 32
    mask = Image.new("L", (size * 3, size * 3), 0)
    canvas = ImageDraw.Draw(mask)
    thick = round(1.7 * unit)
    for line in lines:
        points = [(x * unit, y * unit) for x, y in line]
        canvas.line(points, fill=255, width=thick, joint="curve")
        for x, y in (points[0], points[-1]):
            canvas.ellipse((x - thick / 2, y - thick / 2, x + thick / 2, y + thick / 2), fill=255)
    return mask.resize((size, size), Image.Resampling.LANCZOS)
