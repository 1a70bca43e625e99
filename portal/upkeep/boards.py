"""Whose figures somebody sees, and in which order: the parts of their own area, beside the whole of the wider ones."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from django.utils.translation import get_language
from django.utils.translation import gettext as _

from portal.accounts.scope import acts_everywhere, area_of
from portal.listings.kinds import listing_models
from portal.listings.models import FactGroup
from portal.regions.areas import area_names
from portal.regions.models import City, Community, District, Street
from portal.upkeep.scoreboard import (
    LEVELS,
    Fact,
    Figures,
    Gathered,
    figures_by_area,
    figures_of,
    narrowed,
    oldest,
)

PERMISSION = "upkeep.view_correction"
_PARTS: dict[int, Any] = {4: District, 6: Street, 9: Community}

#: What a table can be ordered by; whatever has no value stands at the end.
ORDERS: dict[str, Callable[[Figures], Any]] = {
    "listings": lambda figures: figures.listing_count,
    "share": lambda figures: figures.share,
    "age": lambda figures: figures.median_age,
    "stale": lambda figures: figures.stale_count,
    "opened": lambda figures: figures.opened_count,
    "closed": lambda figures: figures.closed_count,
    "open": lambda figures: figures.open_count,
    "overdue": lambda figures: figures.overdue_count,
    "fix": lambda figures: figures.median_fix,
}


@dataclass(frozen=True, slots=True)
class Row:
    """An area, or a kind of facts, with its figures; `code` is empty for what lies in no part."""

    code: str
    name: str
    figures: Figures
    has_parts: bool = False


@dataclass(frozen=True, slots=True)
class Board:
    """All that one page shows: the area, its parts, the areas around it, the drill-down, the five oldest facts."""

    whole: Row
    path: list[Row]
    rows: list[Row]
    wider: list[Row]
    by_group: list[Row]
    by_kind: list[Row]
    oldest: list[Fact]


def may_compare(user: Any) -> bool:
    """Say whether the person works in an office and deals with corrections; a firm has no area to compare."""
    return bool(user.is_active and user.is_staff and user.has_perm(PERMISSION) and top_of(user))


def top_of(user: Any) -> str:
    """Return the code of the widest area that the person sees parts of; "" for nobody."""
    if acts_everywhere(user):
        return City.objects.order_by("code").values_list("code", flat=True).first() or ""
    return area_of(user) or ""


def area_asked(user: Any, code: str) -> str:
    """Return the area to show: the one asked for where it lies in one's own, else the own one."""
    top = top_of(user)
    lies_within = code.isascii() and code.isdecimal() and len(code) in LEVELS and code.startswith(top)
    return code if top and lies_within else top


def board_of(
    found: Gathered, area: str, top: str, *, kind: str = "", group: str = "", order: str = ""
) -> Board:
    """Put a board together; `order` is one of ORDERS, with "-" before it for the greatest first."""
    kept = narrowed(found, kind, group)
    depth = LEVELS.index(len(area)) + 2 if len(area) in LEVELS else len(LEVELS)
    figures = figures_by_area(kept, LEVELS[:depth])
    around = [area[:length] for length in LEVELS if length < len(area)]
    names = area_names([area, *around], (get_language() or "zh")[:2])
    widths = {
        len(code): Row(code, names.get(code, code), figures.get(code, Figures()), True) for code in around
    }
    lying = narrowed(found._replace(facts=[f for f in found.facts if f.area_code.startswith(area)]), kind)
    whole = Row(area, names.get(area, area), figures.get(area, Figures()))
    return Board(
        whole=whole,
        path=[row for row in widths.values() if row.code.startswith(top)],
        rows=_sorted(_parts(kept, area, figures), order),
        wider=[row for row in widths.values() if row.code in figures],
        by_group=_by_group(lying),
        by_kind=_by_kind(found, area, group),
        oldest=oldest(kept, area),
    )


def _parts(found: Gathered, area: str, figures: dict[str, Figures]) -> list[Row]:
    model = _PARTS.get(len(area))
    if model is None:
        return []
    parts = list(model.objects.filter(code__startswith=area).order_by("code"))
    rows = [
        Row(part.pk, str(part), figures.get(part.pk, Figures()), model is not Community)
        for part in parts
        if part.is_current or part.pk in figures
    ]
    facts = [f for f in found.facts if f.area_code.startswith(area) and len(f.area_code) < model.code_length]
    cases = [c for c in found.cases if c.area_code.startswith(area) and len(c.area_code) < model.code_length]
    if facts or cases:
        rows.append(Row("", _("in no part of it"), figures_of(facts, cases, found.at)))
    return rows


def _sorted(rows: list[Row], order: str) -> list[Row]:
    value = ORDERS.get(order.removeprefix("-"))
    if value is None:
        return rows
    known = [row for row in rows if value(row.figures) is not None and row.figures.fact_count]
    known.sort(key=lambda row: value(row.figures), reverse=order.startswith("-"))
    return known + [row for row in rows if row not in known]


def _by_group(found: Gathered) -> list[Row]:
    rows = []
    for group in FactGroup:
        facts = [fact for fact in found.facts if fact.group == group]
        if facts:
            rows.append(Row(str(group.value), str(group.label), figures_of(facts, [], found.at)))
    return rows


def _by_kind(found: Gathered, area: str, group: str) -> list[Row]:
    rows = []
    for model in listing_models():
        kept = narrowed(found, model.kind_name, group)
        facts = [fact for fact in kept.facts if fact.area_code.startswith(area)]
        cases = [case for case in kept.cases if case.area_code.startswith(area)]
        if facts or cases:
            name = str(model._meta.verbose_name_plural)
            rows.append(Row(model.kind_name, name, figures_of(facts, cases, found.at)))
    return rows
