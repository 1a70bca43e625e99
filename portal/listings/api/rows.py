"""A row of the API: the stored document, and what depends on the moment or the question."""

import datetime as dt
from collections.abc import Iterable
from functools import lru_cache
from typing import Any

import orjson
from django.conf import settings
from django.db.models import QuerySet

from portal.listings.calendars import current_calendar
from portal.listings.coordinates import WGS84, from_wgs84
from portal.listings.hours import STATUS_RESTS_ON, Status, status_at
from portal.listings.models.listing import absolute_url
from portal.listings.reading import Card
from portal.running.databases import reading_connection

PLACEHOLDER = "0000000000"
#: Key, change number and document of a listing.
Stored = tuple[int, int, str]


@lru_cache(maxsize=64)
def _address(kind: str, base: str) -> str:
    """Return the address of a kind's pages with PLACEHOLDER for the number: resolving fifty is slow."""
    return absolute_url(kind, PLACEHOLDER)


def address(kind: str, public_id: str, base: str = "") -> str:
    """Return the public page of a listing; `base` is the portal's own host where it was looked up before."""
    return _address(kind, base or settings.PUBLIC_BASE_URL).replace(PLACEHOLDER, public_id)


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
def _standing(text: str) -> tuple[str, str, bytes, dict[str, Any]]:
    """Return kind and id of a stored document, and the parts on which its status rests, as JSON and as values."""
    doc = orjson.loads(text)
    rests_on = {name: doc.get(name) for name in STATUS_RESTS_ON}
    return doc["kind"], doc["id"], orjson.dumps(rests_on), rests_on


def lean_rows(
    stored: Iterable[Stored], moment: dt.datetime, distances: dict[int, int] | None
) -> list[orjson.Fragment]:
    """Return rows as JSON: each stored text goes out as it is, with what holds at the moment written behind it.

    Equal to `to_row` of each; places with the same hours and state are asked once.
    """
    calendar = current_calendar()
    base = settings.PUBLIC_BASE_URL
    said: dict[bytes, str] = {}
    found = []
    for pk, number, text in stored:
        if not text:
            continue
        kind, public_id, key, rests_on = _standing(text)
        if key not in said:
            said[key] = orjson.dumps(of_the_moment(status_at(rests_on, calendar, moment)))[1:-1].decode()
        distance = f',"distance_m":{distances[pk]}' if distances is not None and pk in distances else ""
        added = f'{said[key]},"change_number":{number},"url":"{address(kind, public_id, base)}"{distance}'
        found.append(orjson.Fragment(f"{text[:-1]},{added}}}"))
    return found


def fact_row(text: str, number: int, kind: str, public_id: str, base: str) -> str:
    """Return a stored document as JSON with its number and page, and nothing that depends on the moment."""
    return f'{text[:-1]},"change_number":{number},"url":"{address(kind, public_id, base)}"}}'


def plain_sql(rows: QuerySet) -> tuple[str, str, tuple[Any, ...]]:
    """Return a statement that counts rows, one that also reads a page by name (limit, offset), and their values.

    Building them costs more than running them, so a list without filters keeps them. The page is found by keys alone
    and only its documents are read: sorting all of them costs more than anything else.
    """
    counted, values = rows.order_by().values("pk").query.sql_with_params()
    listed, _values = rows.order_by("name", "pk").values("pk").query.sql_with_params()
    count = f"SELECT COUNT(*) FROM ({counted}) AS counted"  # noqa: S608
    page = (
        f"SELECT ({count}), kept.id, kept.change_number, kept.document "  # noqa: S608
        f"FROM ({listed} LIMIT %s OFFSET %s) AS found JOIN listings_listing AS kept ON kept.id = found.pk "
        "ORDER BY kept.name, kept.id"
    )
    return count, page, tuple(values)


def plain_page(sql: tuple[str, str, tuple[Any, ...]], part: slice) -> tuple[int, list[Stored]]:
    """Return how many rows there are and what is stored of a part, by the statements of `plain_sql`."""
    counting, listing, values = sql
    with reading_connection().cursor() as cursor:
        cursor.execute(listing, (*values, *values, part.stop - part.start, part.start))
        if found := cursor.fetchall():
            return int(found[0][0]), [row[1:] for row in found]
        cursor.execute(counting, values)
        return int(cursor.fetchone()[0]), []


def stored_rows(pks: list[int]) -> list[Stored]:
    """Return what is stored of each key, in order; the ORM would take longer over it than the database."""
    if not pks:
        return []
    marks = ",".join(["%s"] * len(pks))
    with reading_connection().cursor() as cursor:
        cursor.execute(
            f"SELECT id, change_number, document FROM listings_listing WHERE id IN ({marks})",  # noqa: S608
            pks,
        )
        found = {row[0]: row for row in cursor.fetchall()}
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
