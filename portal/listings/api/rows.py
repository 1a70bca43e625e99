"""A row of the API: the stored document, and what depends on the moment or the question."""

import datetime as dt
from functools import lru_cache
from typing import Any

from django.conf import settings

from portal.listings.coordinates import WGS84, from_wgs84
from portal.listings.models.listing import absolute_url
from portal.listings.reading import Card

PLACEHOLDER = "0000000000"


@lru_cache(maxsize=64)
def _address(kind: str, base: str) -> str:
    """Return the address of a kind's pages with PLACEHOLDER for the number: resolving fifty is slow."""
    return absolute_url(kind, PLACEHOLDER)


def to_row(card: Card, datum: str = WGS84) -> dict[str, Any]:
    """Return a row; `open_now` is true, false or null (nobody knows)."""
    row, status = card.doc, card.status
    row["open_now"] = status.is_open
    row["hours_known"] = status.hours_known
    row["closes_at"] = _whole(status.closes_at)
    row["open_end"] = status.is_open_end
    row["opens_next_at"] = _whole(status.opens_next_at)
    row["calendar_confirmed"] = status.calendar_confirmed
    row["held"] = status.held
    row["change_number"] = card.change_number
    row["url"] = _address(row["kind"], settings.PUBLIC_BASE_URL).replace(PLACEHOLDER, row["id"])
    if card.distance_m is not None:
        row["distance_m"] = card.distance_m
    if datum != WGS84:
        convert(row, datum)
    return row


def _whole(moment: dt.datetime | None) -> str | None:
    return moment.isoformat(timespec="seconds") if moment else None


def convert(row: dict[str, Any], datum: str) -> None:
    """Put every position of a row, its gates' too, into another datum, and name it."""
    holders = [row, *(item for value in row.values() if isinstance(value, list) for item in value)]
    for holder in holders:
        place = holder.get("position") if isinstance(holder, dict) else None
        if place:
            lat, lng = from_wgs84(place["lat"], place["lng"], datum)
            holder["position"] = {**place, "lat": round(lat, 6), "lng": round(lng, 6), "datum": datum}


def to_feature(row: dict[str, Any]) -> dict[str, Any]:
    """Return a row as a GeoJSON feature: longitude first, the rest as properties."""
    place = row["position"]
    point = {"type": "Point", "coordinates": [place["lng"], place["lat"]]} if place else None
    return {"type": "Feature", "id": row["id"], "geometry": point, "properties": row}


def to_collection(body: dict[str, Any], datum: str) -> dict[str, Any]:
    """Return a list's body as a FeatureCollection (RFC 7946) with its paging and datum as foreign members."""
    return {
        "type": "FeatureCollection",
        "datum": datum,
        "count": body["count"],
        "next": body["next"],
        "previous": body["previous"],
        "features": [to_feature(row) for row in body["results"]],
    }
