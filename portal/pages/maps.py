"""The map: its page, the points, the outlines and how it is set up."""

import datetime as dt
import hashlib
from typing import Any

import orjson
from django.conf import settings
from django.core.cache import cache
from django.db.models import Max
from django.http import HttpRequest, HttpResponse, HttpResponseNotModified
from django.shortcuts import render
from django.utils.translation import get_language
from django.views.decorators.http import require_safe

from portal.listings import reading
from portal.listings.coordinates import GCJ02, from_wgs84
from portal.listings.models import Listing
from portal.pages import moment as clock
from portal.pages.prices import leading_price
from portal.regions.areas import area_name, outlines

ZOOM_WITHOUT_TILES = 13
ZOOM_WITH_TILES = 18


def shown_datum() -> str:
    """Return the datum that points are drawn in: that of the tiles, WGS-84 without any."""
    return settings.MAP_TILES_DATUM if settings.MAP_TILES_URL else "wgs84"


@require_safe
def map_page(request: HttpRequest) -> HttpResponse:
    """Show the map with a list in step."""
    return render(request, "pages/map.html", {"tab": "map", "has_tiles": bool(settings.MAP_TILES_URL)})


@require_safe
def map_config(request: HttpRequest) -> HttpResponse:
    """Return tile address, attribution, deepest zoom and datum."""
    config = {
        "tiles": settings.MAP_TILES_URL,
        "attribution": settings.MAP_TILES_ATTRIBUTION,
        "datum": shown_datum(),
        "max_zoom": ZOOM_WITH_TILES if settings.MAP_TILES_URL else ZOOM_WITHOUT_TILES,
    }
    return _answer(request, orjson.dumps(config), 3600)


@require_safe
def map_outlines(request: HttpRequest) -> HttpResponse:
    """Return the outlines of the districts with their names in the reader's language, in the map's datum."""
    language = "en" if (get_language() or "").startswith("en") else "zh"
    key = f"outlines:{language}:{shown_datum()}"
    body = cache.get(key)
    if body is None:
        features = [
            {
                "type": "Feature",
                "properties": {
                    "code": feature["properties"]["code"],
                    "name": area_name(feature["properties"]["code"], language).removesuffix(" District"),
                },
                "geometry": {
                    **feature["geometry"],
                    "coordinates": _shown(feature["geometry"]["coordinates"]),
                },
            }
            for feature in outlines()["features"]
        ]
        body = orjson.dumps({"type": "FeatureCollection", "features": features})
        cache.set(key, body, 3600)
    return _answer(request, body, 3600)


def _shown(part: Any) -> Any:
    """Return nested GeoJSON coordinates in the map's datum."""
    if isinstance(part[0], int | float):
        if shown_datum() != GCJ02:
            return part[:2]
        lat, lng = from_wgs84(part[1], part[0], GCJ02)
        return [round(lng, 6), round(lat, 6)]
    return [_shown(inner) for inner in part]


@require_safe
def map_data(request: HttpRequest) -> HttpResponse:
    """Return every public place as a row `[id, kind, lat, lng, name, open, price, roughly, url]`.

    `open` is 1, 0 or null (unknown). The answer holds for one minute: it is kept by change number and minute.
    """
    moment = clock.now().replace(second=0, microsecond=0)
    language = get_language() or ""
    newest = Listing.objects.aggregate(newest=Max("change_number"))["newest"] or 0
    key = f"map:{newest}:{moment.timestamp():.0f}:{language}:{shown_datum()}"
    body = cache.get(key)
    if body is None:
        body = orjson.dumps({"at": moment, "datum": shown_datum(), "rows": map_rows(moment)})
        cache.set(key, body, 90)
    return _answer(request, body, 30)


def map_rows(moment: dt.datetime) -> list[list[Any]]:
    """Return the rows of the map in two queries."""
    rows = []
    for card in reading.cards(Listing.objects.published().filter(lat__isnull=False).order_by("pk"), moment):
        position = card.doc["position"]
        lat, lng = position["lat"], position["lng"]
        if shown_datum() == GCJ02:
            lat, lng = from_wgs84(lat, lng, GCJ02)
        state = None if card.status.is_open is None else int(card.status.is_open)
        roughly = int(position["accuracy"] != "exact")
        price = leading_price(card.doc)
        name = card.doc["name"]
        rows.append(
            [
                card.doc["id"],
                card.doc["kind"],
                round(lat, 5),
                round(lng, 5),
                name,
                state,
                price,
                roughly,
                card.url,
            ]
        )
    return rows


def _answer(request: HttpRequest, body: bytes, seconds: int) -> HttpResponse:
    tag = f'W/"{hashlib.sha256(body).hexdigest()[:20]}"'
    if request.headers.get("If-None-Match") == tag:
        answer: HttpResponse = HttpResponseNotModified()
    else:
        answer = HttpResponse(body, content_type="application/json")
    answer["ETag"] = tag
    answer["Cache-Control"] = f"private, max-age={seconds}"
    return answer
