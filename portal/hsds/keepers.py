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
    """The offices of some areas, read in one query; where there is none, the city itself is named."""

    def __init__(self, names: dict[str, str]) -> None:
        """Keep the offices' names by area."""
        self.names = names

    @classmethod
    def of(cls, codes: Iterable[str]) -> Self:
        """Return the offices that look after any of these areas."""
        wanted = {code[:length] for code in codes for length in LEVELS if len(code) >= length}
        rows = Organisation.objects.using(reading_from()).filter(
            kind__in=Organisation.OFFICES, area_code__in=wanted
        )
        # Of two offices of an area the first one speaks, as wherever the portal looks for an area's office.
        return cls(dict(reversed(rows.order_by("pk").values_list("area_code", "name"))))

    def keeper(self, code: str) -> Keeper:
        """Return the office nearest to an area."""
        area = next((code[:length] for length in LEVELS if self._has(code, length)), None)
        if area is None:
            area = settings.CITY_CODE
            self.names[area] = area_name(area)
        above = next(
            (area[:length] for length in LEVELS if length < len(area) and self._has(area, length)), None
        )
        return Keeper(area, self.names[area], above)

    def _has(self, code: str, length: int) -> bool:
        return len(code) >= length and code[:length] in self.names


def kept_areas(published: QuerySet) -> dict[Keeper, list[str]]:
    """Return the offices that keep any of these listings, by area, and the areas of what each keeps; two queries."""
    counted = published.order_by().values_list("area_code").annotate(Count("pk"))
    codes = sorted(code for code, _count in counted)
    keepers = Keepers.of(codes)
    found: dict[Keeper, list[str]] = {}
    for code in codes:
        found.setdefault(keepers.keeper(code), []).append(code)
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
