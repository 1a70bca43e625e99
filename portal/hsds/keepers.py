"""Organizations: the offices that keep the listings, the nearest one of each listing's area."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, Self

from django.conf import settings
from django.db.models import Count, QuerySet

from portal.accounts.models import Organisation
from portal.accounts.offices import LEVELS
from portal.hsds.identifiers import named
from portal.regions.areas import area_name
from portal.running.databases import reading_from


@dataclass(frozen=True, slots=True)
class Keeper:
    """An office by the area that it looks after, and the next wider one; nothing but its public name is told."""

    area: str
    name: str
    above: str | None = None

    @property
    def id(self) -> str:
        """Return its UUID: of the area, so that a new name or row is the same organization."""
        return organization_id(self.area)


def organization_id(area: str) -> str:
    """Return the UUID of the office of an area."""
    return named(f"organization/{area}")


class Keepers:
    """The offices of some areas, read in one query. The city is always one, by its own name where it has no office."""

    def __init__(self, names: dict[str, str]) -> None:
        """Keep the offices' names by area."""
        self._names = names
        self._found: dict[str, Keeper] = {}

    @classmethod
    def of(cls, codes: Iterable[str]) -> Self:
        """Return the offices that look after any of these areas, wider ones too."""
        wanted = {code[:length] for code in codes for length in LEVELS if len(code) >= length}
        rows = Organisation.objects.using(reading_from()).filter(
            kind__in=Organisation.OFFICES, area_code__in=wanted | {settings.CITY_CODE}
        )
        # Of two offices of an area the first one speaks, as wherever the portal looks for an area's office.
        return cls(dict(rows.order_by("-pk").values_list("area_code", "name")))

    def keeper(self, code: str) -> Keeper:
        """Return the office nearest to an area."""
        if code not in self._found:
            area = self._nearest(code, len(code)) or settings.CITY_CODE
            if area not in self._names:
                self._names[area] = area_name(area)
            self._found[code] = Keeper(area, self._names[area], self._nearest(area, len(area) - 1))
        return self._found[code]

    def _nearest(self, code: str, most: int) -> str | None:
        """Return the longest beginning of a code, of `most` digits at most, that is the area of an office."""
        beginnings = (code[:length] for length in LEVELS if length <= most)
        return next((area for area in beginnings if area in self._names or area == settings.CITY_CODE), None)


def kept_areas(published: QuerySet) -> dict[Keeper, list[str]]:
    """Return the offices that keep any of these listings, and those above them: office → areas of what it keeps.

    Two queries, and one more where the city has no office.
    """
    counted = published.order_by().values_list("area_code").annotate(Count("pk"))
    codes = sorted(code for code, _count in counted)
    keepers = Keepers.of(codes)
    found: dict[Keeper, list[str]] = {}
    for code in codes:
        keeper = keepers.keeper(code)
        found.setdefault(keeper, []).append(code)
        while keeper.above:
            keeper = keepers.keeper(keeper.above)
            found.setdefault(keeper, [])
    return dict(sorted(found.items(), key=lambda item: item[0].area))


def organization(keeper: Keeper) -> dict[str, Any]:
    """Return an organization without what belongs to it."""
    found: dict[str, Any] = {
        "id": keeper.id,
        "name": keeper.name,
        "description": "核实并更新其辖区内的点位信息。\nKeeps the listings of its area true.",
    }
    if keeper.above:
        found["parent_organization_id"] = organization_id(keeper.above)
    return found


def whole_organization(keeper: Keeper, services: list[dict[str, Any]]) -> dict[str, Any]:
    """Return an organization with its number and its services."""
    number = {
        "id": named(f"organization_identifier/{keeper.area}"),
        "organization_id": keeper.id,
        "identifier_type": "统计用区划代码 · national statistical code of the area",
        "identifier": keeper.area,
    }
    return {**organization(keeper), "organization_identifiers": [number], "services": services}
