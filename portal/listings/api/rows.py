"""A row of the API: the stored document, and what depends on the moment or the question."""

import datetime as dt
from functools import lru_cache
from typing import Any

import orjson
from django.conf import settings

from portal.listings.calendars import current_calendar
from portal.listings.coordinates import WGS84, from_wgs84
from portal.listings.hours import Status, status_at
from portal.listings.models import Listing
from portal.listings.models.listing import absolute_url
from portal.listings.reading import Card

PLACEHOLDER = "0000000000"


@lru_cache(maxsize=64)
def _address(kind: str, base: str) -> str:
    """Return the address of a kind's pages with PLACEHOLDER for the number: resolving fifty is slow."""
    return absolute_url(kind, PLACEHOLDER)


def of_the_moment(
    kind: str, public_id: str, status: Status, number: int, distance_m: int | None
) -> dict[str, Any]:
    """Return what a row holds beside its document; `open_now` is true, false or null (nobody knows)."""
    found = {
        "open_now": status.is_open,
        "hours_known": status.hours_known,
        "closes_at": _whole(status.closes_at),
        "open_end": status.is_open_end,
        "opens_next_at": _whole(status.opens_next_at),
        "calendar_confirmed": status.calendar_confirmed,
        "held": status.held,
        "change_number": number,
        "url": _address(kind, settings.PUBLIC_BASE_URL).replace(PLACEHOLDER, public_id),
    }
    if distance_m is not None:
        found["distance_m"] = distance_m
    return found


def to_row(card: Card, datum: str = WGS84) -> dict[str, Any]:
    """Return a row as values."""
    doc = card.doc
    row = {**doc, **of_the_moment(doc["kind"], doc["id"], card.status, card.change_number, card.distance_m)}
    if datum != WGS84:
        convert(row, datum)
    return row


@lru_cache(maxsize=4096)
def _standing(text: str) -> dict[str, Any]:
    """Return the parts of a stored document on which its status rests."""
    doc = orjson.loads(text)
    return {name: doc[name] for name in ("kind", "id", "hours", "state", "pause", "shut")}


def lean_rows(pks: list[int], moment: dt.datetime, distances: dict[int, int] | None) -> list[orjson.Fragment]:
    """Return rows as JSON: each stored text goes out as it is, with what holds at the moment written behind it."""
    calendar = current_calendar()
    found = {}
    stored = Listing.objects.filter(pk__in=pks).order_by()
    for pk, number, text in stored.values_list("pk", "change_number", "document"):
        if not text:
            continue
        doc = _standing(text)
        status = status_at(doc, calendar, moment)
        added = of_the_moment(doc["kind"], doc["id"], status, number or 0, (distances or {}).get(pk))
        found[pk] = orjson.Fragment(text[:-1].encode() + b"," + orjson.dumps(added)[1:])
    return [found[pk] for pk in pks if pk in found]


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
