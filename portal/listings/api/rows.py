"""A row of the API: the stored document, and what depends on the moment or the question."""

import datetime as dt
from functools import lru_cache
from typing import Any

import orjson
from django.conf import settings
from django.db.models import QuerySet

from portal.listings.calendars import current_calendar
from portal.listings.coordinates import WGS84, from_wgs84
from portal.listings.hours import Status, status_at
from portal.listings.models.listing import absolute_url
from portal.listings.reading import Card
from portal.running.databases import reading_connection

PLACEHOLDER = "0000000000"


@lru_cache(maxsize=64)
def _address(kind: str, base: str) -> str:
    """Return the address of a kind's pages with PLACEHOLDER for the number: resolving fifty is slow."""
    return absolute_url(kind, PLACEHOLDER)


def address(kind: str, public_id: str) -> str:
    """Return the public page of a listing."""
    return _address(kind, settings.PUBLIC_BASE_URL).replace(PLACEHOLDER, public_id)


def of_the_moment(status: Status) -> dict[str, Any]:
    """Return what holds at the moment; `open_now` is true, false or null (nobody knows)."""
    return {
        "open_now": status.is_open,
        "hours_known": status.hours_known,
        "closes_at": _whole(status.closes_at),
        "open_end": status.is_open_end,
        "opens_next_at": _whole(status.opens_next_at),
        "calendar_confirmed": status.calendar_confirmed,
        "held": status.held,
    }


def to_row(card: Card, datum: str = WGS84) -> dict[str, Any]:
    """Return a row as values."""
    doc = card.doc
    row = {**doc, **of_the_moment(card.status), "change_number": card.change_number}
    row["url"] = address(doc["kind"], doc["id"])
    if card.distance_m is not None:
        row["distance_m"] = card.distance_m
    if datum != WGS84:
        convert(row, datum)
    return row


@lru_cache(maxsize=4096)
def _standing(text: str) -> tuple[str, str, bytes]:
    """Return kind, id and the parts of a stored document on which its status rests, as JSON."""
    doc = orjson.loads(text)
    rests_on = {name: doc[name] for name in ("hours", "state", "pause", "shut")}
    return doc["kind"], doc["id"], orjson.dumps(rests_on)


def lean_rows(pks: list[int], moment: dt.datetime, distances: dict[int, int] | None) -> list[orjson.Fragment]:
    """Return rows as JSON: each stored text goes out as it is, with what holds at the moment written behind it.

    Equal to `to_row` of each; places with the same hours and state are asked once.
    """
    calendar = current_calendar()
    said: dict[bytes, str] = {}
    found = {}
    for pk, number, text in _stored(pks):
        if not text:
            continue
        kind, public_id, rests_on = _standing(text)
        if rests_on not in said:
            status = status_at(orjson.loads(rests_on), calendar, moment)
            said[rests_on] = orjson.dumps(of_the_moment(status))[1:-1].decode()
        distance = f',"distance_m":{distances[pk]}' if distances is not None and pk in distances else ""
        added = f'{said[rests_on]},"change_number":{number},"url":"{address(kind, public_id)}"{distance}'
        found[pk] = orjson.Fragment(f"{text[:-1]},{added}}}")
    return [found[pk] for pk in pks if pk in found]


def plain_sql(rows: QuerySet) -> tuple[str, str, tuple[Any, ...]]:
    """Return the statements that count rows and that list their keys by name (limit, offset), and their values.

    Building them costs more than running them, so a list without filters keeps them.
    """
    counted, values = rows.order_by().values("pk").query.sql_with_params()
    listed, _values = rows.order_by("name", "pk").values("pk").query.sql_with_params()
    return f"SELECT COUNT(*) FROM ({counted}) AS found", f"{listed} LIMIT %s OFFSET %s", tuple(values)  # noqa: S608


def plain_keys(sql: tuple[str, str, tuple[Any, ...]], part: slice) -> tuple[int, list[int]]:
    """Return how many rows there are and the keys of a part, by the statements of `plain_sql`."""
    counting, listing, values = sql
    with reading_connection().cursor() as cursor:
        cursor.execute(counting, values)
        count = int(cursor.fetchone()[0])
        cursor.execute(listing, (*values, part.stop - part.start, part.start))
        return count, [pk for (pk,) in cursor.fetchall()]


def _stored(pks: list[int]) -> list[tuple[int, int, str]]:
    """Return key, change number and document of each; the ORM would take longer over it than the database."""
    if not pks:
        return []
    marks = ",".join(["%s"] * len(pks))
    with reading_connection().cursor() as cursor:
        cursor.execute(
            f"SELECT id, change_number, document FROM listings_listing WHERE id IN ({marks})",  # noqa: S608
            pks,
        )
        return cursor.fetchall()


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
