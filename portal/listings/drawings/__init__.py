"""Drawings that inform where there is no photo.

A kind says what is known of a place; the parameters are few and coarse, so that a whole city shares some forty
drawings. Each is named by its content and rendered once.
"""

from .kinds import Drawing, cutaway, floor_plan, gate_plan, neutral, tray
from .storing import drawing_svg, store_drawing

__all__ = [
    "Drawing",
    "cutaway",
    "drawing_svg",
    "floor_plan",
    "gate_plan",
    "neutral",
    "store_drawing",
    "tray",
]
