"""The list as a Litestar author would write it: async handlers, a pool, SQL of one's own, structs for the answer.

`/canteens` reads the tables and nests them, as the stock peer does; `/documents` reads the portal's stored documents.
"""

import os
from collections import defaultdict
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import msgspec
from litestar import Litestar, Response, get
from litestar.datastructures import State
from psycopg.rows import dict_row
from psycopg_pool import AsyncConnectionPool

PAGE = 50
REGIONS = ("district", "street", "community")
LISTING = (
    "public_id, kind, name, name_en, address, lat, lng, accuracy, phone, notice, provenance, state, pause_reason, "
    "paused_until, shut_reason, shut_at, shut_until, changed_at, serves, pickup, seats"
)
#: The nested rows: name in the answer, table, key, columns.
NESTED = (
    ("weekly_hours", "listings_weeklyhours", "listing_id", "day, rule, opens, closes, is_open_end, label"),
    (
        "hours_exceptions",
        "listings_hoursexception",
        "listing_id",
        "starts_on, ends_on, rule, opens, closes, is_open_end, reason",
    ),
    ("photos", "listings_photo", "listing_id", "role, digest, width, height, alt"),
    ("confirmations", "listings_confirmation", "listing_id", "fact_group, confirmed_at, channel"),
    (
        "set_meals",
        "canteens_setmeal",
        "canteen_id",
        "name, dishes, meat_count, vegetable_count, courier_price_yuan, normal_price_yuan, portions, label",
    ),
    ("discounts", "canteens_discount", "canteen_id", "percent_off, starts, ends, note"),
)
PUBLIC = "kind = 'canteen' AND state IN ('published', 'paused')"


class Region(msgspec.Struct):
    """A level of the administration."""

    code: str
    name: str


class Page(msgspec.Struct):
    """A page of canteens; each is a row with its nested rows."""

    count: int
    results: list[dict[str, Any]]


@get("/canteens")
async def canteens(state: State) -> Page:
    """Return fifty canteens by name with everything that hangs on them."""
    async with state.pool.connection() as connection, connection.cursor(row_factory=dict_row) as cursor:
        await cursor.execute(f"SELECT count(*) AS number FROM listings_listing WHERE {PUBLIC}")  # noqa: S608
        count = (await cursor.fetchone())["number"]
        names = ", ".join(f"{level}.code AS {level}_code, {level}.name AS {level}_name" for level in REGIONS)
        columns = ", ".join(f"row.{name.strip()}" for name in LISTING.split(",") if name.strip() not in OWN)
        await cursor.execute(
            f"SELECT row.id, {columns}, own.serves, own.pickup, own.seats, {names} FROM listings_listing AS row "  # noqa: S608
            "JOIN canteens_canteen AS own ON own.listing_ptr_id = row.id "
            "LEFT JOIN regions_district AS district ON district.code = row.district_id "
            "LEFT JOIN regions_street AS street ON street.code = row.street_id "
            "LEFT JOIN regions_community AS community ON community.code = row.community_id "
            f"WHERE {PUBLIC} ORDER BY row.name, row.id LIMIT {PAGE}"
        )
        rows = await cursor.fetchall()
        keys = [row["id"] for row in rows]
        nested: dict[str, dict[int, list[dict[str, Any]]]] = {}
        for name, table, key, wanted in NESTED:
            await cursor.execute(
                f"SELECT {key} AS owner, {wanted} FROM {table} WHERE {key} = ANY(%s) ORDER BY id",  # noqa: S608
                [keys],
            )
            by_owner: dict[int, list[dict[str, Any]]] = defaultdict(list)
            for found in await cursor.fetchall():
                by_owner[found.pop("owner")].append(found)
            nested[name] = by_owner
    for row in rows:
        pk = row.pop("id")
        for level in REGIONS:
            code, region = row.pop(f"{level}_code"), row.pop(f"{level}_name")
            row[level] = Region(code, region) if code else None
        for name, by_owner in nested.items():
            row[name] = by_owner.get(pk, [])
    return Page(count, rows)


OWN = {"serves", "pickup", "seats"}


@get("/documents")
async def documents(state: State) -> Response[bytes]:
    """Return fifty stored documents by name; nothing is added that depends on the moment."""
    async with state.pool.connection() as connection, connection.cursor() as cursor:
        await cursor.execute(f"SELECT count(*) FROM listings_listing WHERE {PUBLIC}")  # noqa: S608
        count = (await cursor.fetchone())[0]
        await cursor.execute(
            f"SELECT document FROM listings_listing WHERE {PUBLIC} ORDER BY name, id LIMIT {PAGE}"  # noqa: S608
        )
        texts = [text for (text,) in await cursor.fetchall()]
    body = f'{{"count":{count},"results":[{",".join(texts)}]}}'
    return Response(body.encode(), media_type="application/json")


@asynccontextmanager
async def pooled(app: Litestar) -> AsyncIterator[None]:
    """Keep a pool of connections while the app runs."""
    async with AsyncConnectionPool(os.environ["DATABASE_URL"], min_size=2, max_size=4, open=False) as pool:
        app.state.pool = pool
        yield


app = Litestar([canteens, documents], lifespan=[pooled], openapi_config=None)
