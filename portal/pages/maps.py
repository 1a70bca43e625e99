"""The map: its page, the points, the outlines and how it is set up."""

import datetime as dt
import hashlib
from collections.abc import Callable, Collection
from typing import Any

import orjson
from django.conf import settings
from django.core.cache import cache
from django.db.models import Count
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import get_language
from django.views.decorators.http import require_safe

from portal.listings.calendars import current_calendar
from portal.listings.coordinates import GCJ02, from_wgs84
from portal.listings.models import Listing
from portal.listings.publishing import last_number
from portal.pages import moment as clock
from portal.pages.context import Site
from portal.pages.packing import shifts
from portal.pages.places import Place, place_asked
from portal.pages.points import COARSE, FINE, pack, read_points
from portal.pages.tagged import tagged
from portal.regions.areas import area_names, outlines
from portal.regions.language import in_english
from portal.tiles import credit

ZOOM_WITHOUT_TILES = 13
ZOOM_WITH_TILES = 18
KEPT_SECONDS = 24 * 3600
#: Answered by 304 mostly: the language may have changed, or a place.
ASKED_EACH_TIME = "private, no-cache"
#: Raised whenever the packed form changes, so that nobody reads an old body with a new page.
FORMAT = 2


def shown_datum() -> str:
    """Return the datum that points are drawn in: that of the tiles, WGS-84 without any."""
    return settings.MAP_TILES_DATUM if settings.MAP_TILES_URL else "wgs84"


def scale() -> int:
    """Return how many steps of a degree the map can show."""
    return FINE if settings.MAP_TILES_URL else COARSE


def shown(lat: float, lng: float) -> tuple[float, float]:
    """Return a WGS-84 position in the map's datum."""
    return from_wgs84(lat, lng, GCJ02) if shown_datum() == GCJ02 else (lat, lng)


@require_safe
def map_page(request: HttpRequest) -> HttpResponse:
    """Show the map with a list in step, and below it how many places of each kind a district has."""
    doors = Site(request).doors
    place, problem = place_asked(request)
    context = {
        "tab": "map",
        "has_tiles": bool(settings.MAP_TILES_URL),
        "near": shown_point(place),
        "area": place.area_code[:6],
        "problem": problem,
        "districts": [
            {**district, "cells": [(door, district["counts"].get(door.kind, 0)) for door in doors]}
            for district in district_counts()
        ],
    }
    return render(request, "pages/map.html", context)


def shown_point(place: Place) -> str:
    """Return a place's point in the map's datum as "lat,lng", "" without one."""
    if place.lat is None or place.lng is None:
        return ""
    lat, lng = shown(place.lat, place.lng)
    return f"{lat:.5f},{lng:.5f}"


def district_counts() -> list[dict[str, Any]]:
    """Return code, name and number of public places by kind of every district that has any, in two queries."""
    rows = Listing.objects.published().filter(district__isnull=False).order_by()
    counts: dict[str, dict[str, int]] = {}
    for code, kind, count in rows.values_list("district", "kind").annotate(count=Count("pk")):
        counts.setdefault(code, {})[kind] = count
    names = district_names(counts)
    return [{"code": code, "name": names[code], "counts": counts[code]} for code in sorted(counts)]


def district_names(codes: Collection[str]) -> dict[str, str]:
    """Return the districts' names in the reader's language, without the English rank: a map has no room for it."""
    names = area_names(codes, "en" if in_english() else "zh")
    return {code: names.get(code, code).removesuffix(" District") for code in codes}


@require_safe
def map_config(request: HttpRequest) -> HttpResponse:
    """Return tile address and its subdomains, the line that must be shown with them, deepest zoom and datum."""
    config = {
        "tiles": settings.MAP_TILES_URL,
        "subdomains": settings.MAP_TILES_SUBDOMAINS,
        "attribution": credit(),
        "datum": shown_datum(),
        "max_zoom": ZOOM_WITH_TILES if settings.MAP_TILES_URL else ZOOM_WITHOUT_TILES,
    }
    body = orjson.dumps(config)
    return tagged(request, hashlib.sha256(body).hexdigest(), lambda: body, cache_control=ASKED_EACH_TIME)


@require_safe
def map_outlines(request: HttpRequest) -> HttpResponse:
    """Return the outlines of the districts with their names in the reader's language, in the map's datum.

    `{scale, districts: [{code, name, rings}]}`; each ring is a list of whole steps (see `packing.shifts`).
    """
    tag = _tag_of("outlines", get_language(), shown_datum())
    return tagged(request, tag, lambda: _kept("outlines", tag, _pack_outlines), cache_control=ASKED_EACH_TIME)


def _pack_outlines() -> bytes:
    features = outlines()["features"]
    names = district_names([feature["properties"]["code"] for feature in features])
    districts = []
    for feature in features:
        code, geometry = feature["properties"]["code"], feature["geometry"]
        parts = geometry["coordinates"] if geometry["type"] == "MultiPolygon" else [geometry["coordinates"]]
        rings = [
            shifts([shown(lat, lng)[::-1] for lng, lat, *_height in ring], COARSE)
            for part in parts
            for ring in part
        ]
        name = names[code] if names[code] != code else feature["properties"]["name"]
        districts.append({"code": code, "name": name, "rings": rings})
    return orjson.dumps({"scale": COARSE, "districts": districts})


@require_safe
def map_data(request: HttpRequest) -> HttpResponse:
    """Return every public place with the course of its state for two days (see `points.pack`).

    The same until something public changes or the day ends: its tag is known in two queries, without reading a place.
    """
    first = clock.now().date()
    calendar = current_calendar()
    tag = _tag_of(
        "points",
        last_number(),
        first,
        repr(calendar.days),
        get_language(),
        shown_datum(),
        settings.OPEN_END_MINUTES,
    )

    def make() -> bytes:
        return pack(read_points(calendar, first, shown_datum()), first, scale())

    return tagged(request, tag, lambda: _kept("points", tag, make), cache_control=ASKED_EACH_TIME)


def _tag_of(*parts: str | int | dt.date | None) -> str:
    return hashlib.sha256(repr((FORMAT, parts)).encode()).hexdigest()


def _kept(name: str, tag: str, make: Callable[[], bytes]) -> bytes:
    """Return the body of a tag; one body is kept for each name, language and datum, however often it changes."""
    key = f"map:{name}:{get_language()}:{shown_datum()}"
    kept = cache.get(key)
    if kept and kept[0] == tag:
        return kept[1]
    body = make()
    cache.set(key, (tag, body), KEPT_SECONDS)
    return body
