"""Areas: codes of 4, 6, 9 or 12 digits, each beginning with the code of the level above."""

import json
from collections.abc import Iterable
from functools import lru_cache
from pathlib import Path
from typing import Any

from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy as _

from portal.regions.models import LEVELS, Region

DATA = Path(__file__).resolve().parent / "data"
_BY_LENGTH: dict[int, type[Region]] = {model.code_length: model for model in LEVELS.values()}


def find_area(code: str) -> Region | None:
    """Return the region of a code, whatever its level; None when there is none."""
    model = _BY_LENGTH.get(len(code))
    return model.objects.filter(pk=code).first() if model and _is_number(code) else None


def _is_number(code: str) -> bool:
    return code.isascii() and code.isdecimal()


def area_name(code: str, lang: str = "zh") -> str:
    """Return an area's name in "zh" or "en", such as "康桥街道"; the code itself when it is not loaded, "" for ""."""
    region = find_area(code)
    if region is None:
        return code
    return region.name_en if lang.startswith("en") else region.name


def area_names(codes: Iterable[str], lang: str = "zh") -> dict[str, str]:
    """Return the names of many areas by code, one query a level; codes that are not loaded are left out."""
    found: dict[str, str] = {}
    by_length: dict[int, list[str]] = {}
    for code in filter(_is_number, set(codes)):
        by_length.setdefault(len(code), []).append(code)
    for length, wanted in by_length.items():
        model = _BY_LENGTH.get(length)
        for region in model.objects.filter(pk__in=wanted) if model else ():
            found[region.pk] = region.name_en if lang.startswith("en") else region.name
    return found


def validate_area_code(code: str) -> None:
    """Raise ValidationError unless the code is that of a loaded city, district, street or community."""
    if not code.isdecimal() or len(code) not in _BY_LENGTH:
        raise ValidationError(_("An area is a code of 4, 6, 9 or 12 digits."), code="area_format")
    if find_area(code) is None:
        raise ValidationError(_("There is no area %(code)s."), code="area_unknown", params={"code": code})


@lru_cache(maxsize=4)
def outlines(city: str = "hangzhou") -> dict[str, Any]:
    """Return the outlines of a city's districts: GeoJSON, WGS-84, lng before lat, `code` and `name` in properties.

    The source numbers its rows "156" and the six-digit code (GB/T 2260 behind the country's number).
    """
    source = json.loads((DATA / city / "districts.geojson").read_text(encoding="utf-8"))
    features = [
        {
            "type": "Feature",
            "properties": {
                "code": feature["properties"]["gb"].removeprefix("156"),
                "name": feature["properties"]["name"],
            },
            "geometry": feature["geometry"],
        }
        for feature in source["features"]
    ]
    return {"type": "FeatureCollection", "features": features}
