"""The colours of drawings, by day and by night.

Light colours are written as attributes, so a drawing is whole even where its style is not applied; dark ones are a
style for readers who prefer them. The values follow the tokens of the pages.
"""

from collections.abc import Iterator, Mapping

from django.utils.safestring import SafeString, mark_safe

PAINTS: dict[str, tuple[str, str]] = {
    "ground": ("#fbe6d8", "#33211a"),
    "haze": ("#f8dcc9", "#3d281e"),
    "shadow": ("#f1cbb2", "#251610"),
    "card": ("#fffdf8", "#57453a"),
    "lip": ("#eadfca", "#6d5748"),
    "line": ("#d8c7ad", "#8a705c"),
    "ink": ("#221e1a", "#f4ecdf"),
    "soft": ("#a8967d", "#a58d78"),
    "press": ("#b8420f", "#ff9a62"),
    "ember": ("#d9622b", "#e57b43"),
    "peach": ("#f3d4bd", "#6b432c"),
    "blush": ("#f0b893", "#9a5d3a"),
    "white": ("#ffffff", "#f6ead9"),
    "rice": ("#f6ebd6", "#4a3a30"),
    "grain": ("#e8dabf", "#e6d6bf"),
    "leaf": ("#4f8a3f", "#6aa35a"),
    "sprout": ("#76a95f", "#8fc07c"),
    "mint": ("#dcebd3", "#33452f"),
    "stem": ("#eef5e4", "#cfe3bd"),
    "yolk": ("#d9a521", "#e2b440"),
    "butter": ("#f7e7b6", "#5b4a22"),
    "cream": ("#fdf3d2", "#f0d98f"),
    "tomato": ("#cf4a26", "#e0683f"),
    "brown": ("#8a4a25", "#b06a3d"),
    "sky": ("#d5e4ea", "#3b4d57"),
    "lamp": ("#d5e4ea", "#e2b440"),
    "steel": ("#9fb3bd", "#7c95a3"),
    "slate": ("#5f7480", "#aac0cb"),
    "wood": ("#e9d3b4", "#6e5440"),
    "board": ("#f5e8d3", "#46352a"),
    "road": ("#fff7ea", "#4c3a2f"),
    "wall": ("#c4a982", "#9c8066"),
    "roof": ("#e9a27a", "#a35f38"),
    "tile": ("#f6e3d0", "#7a5a45"),
}


class _Attributes(Mapping[str, SafeString]):
    """Attributes of one use of each paint, noting which were asked for."""

    def __init__(self, prefix: str, asked: set[tuple[str, str]]) -> None:
        self.prefix = prefix
        self.asked = asked

    def __getitem__(self, name: str) -> SafeString:
        light = PAINTS[name][0]
        self.asked.add((self.prefix, name))
        drawn = {
            "f": f'fill="{light}"',
            "s": f'fill="none" stroke="{light}" stroke-linecap="round" stroke-linejoin="round"',
            "k": f'fill="none" stroke="{light}" stroke-linejoin="round"',
            "b": f'fill="{light}" stroke="{PAINTS["line"][0]}" stroke-linejoin="round"',
        }[self.prefix]
        return mark_safe(f'class="{self.prefix}-{name}" {drawn}')  # noqa: S308  (constants of this module)

    def __iter__(self) -> Iterator[str]:
        return iter(PAINTS)

    def __len__(self) -> int:
        return len(PAINTS)


class Paints:
    """What a template paints with: `f` fills, `s` round strokes, `k` cut ones, `b` fills with an outline."""

    def __init__(self) -> None:
        self.asked: set[tuple[str, str]] = set()

    def by_use(self) -> dict[str, _Attributes]:
        """Return the template's variables."""
        return {prefix: _Attributes(prefix, self.asked) for prefix in "fskb"}

    def dark_rules(self) -> str:
        """Return the style rules for what was used."""
        line = PAINTS["line"][1]
        rules = []
        for prefix, name in sorted(self.asked):
            dark = PAINTS[name][1]
            body = {
                "f": f"fill:{dark}",
                "s": f"stroke:{dark}",
                "k": f"stroke:{dark}",
                "b": f"fill:{dark};stroke:{line}",
            }[prefix]
            rules.append(f".{prefix}-{name}{{{body}}}")
        return "".join(rules)
