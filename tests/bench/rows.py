"""The rows that need no socket: list, 304, page, nearest."""

import itertools
import math
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from django.core.cache import cache
from django.db import connection
from django.utils import timezone

from tests.bench import places, serving
from tests.bench.measuring import Caller, Row, compare

NEAR_LAT, NEAR_LNG = 30.27, 120.16
COUNT = 20


def list_rows(caller: Caller) -> list[Row]:
    """A list of fifty nested listings, uncached, through the standard viewset and by the lean path."""
    ours, peer = caller.get("/api/v1/canteens/"), caller.get("/peer/api/canteens/")
    assert ours[0] == peer[0] == 200, (ours[0], peer[0])
    query = "district=330102&price_max=12"
    filtered = compare(
        [lambda: caller.get("/api/v1/canteens/", query), lambda: caller.get("/peer/api/canteens/", query)],
        batch=5,
    )
    found = compare(
        [lambda: caller.get("/api/v1/canteens/"), lambda: caller.get("/peer/api/canteens/")], batch=5
    )
    size = f"{len(ours[2]) // 1000} KB, stock {len(peer[2]) // 1000} KB"
    return [
        Row("list API, two filters: stock through standard viewset", *filtered, filtered[1] / filtered[0], 5),
        Row(f"list API, 50 listings ({size}): stock through lean path", *found, found[1] / found[0], 15),
    ]


def conditional_rows(caller: Caller) -> list[Row]:
    """304 by the change counter beside a hello with the same throttle."""
    tag: dict[str, str] = {}

    def unchanged() -> None:
        status, headers, _body = caller.get("/api/v1/canteens/", HTTP_IF_NONE_MATCH=tag.get("tag", ""))
        tag["tag"] = headers["ETag"]
        tag["status"] = str(status)

    unchanged()
    unchanged()
    assert tag["status"] == "304"
    ours, hello = compare([unchanged, lambda: caller.get("/peer/hello/")], rounds=25, batch=20)
    return [Row("304: hello with the same throttle through 304", ours, hello, hello / ours, 0.55)]


def page_rows(caller: Caller) -> list[Row]:
    """The list page beside a stock template page over the same rows: warm, for a new question, and with nothing kept.

    A new question (or minute) finds the cards and fields that other pages keep; nothing is kept after a restart without Redis.
    """
    from portal.listings import selects

    asked = itertools.count()

    def new_question() -> None:
        assert caller.get("/canteens/", f"asked={next(asked)}")[0] == 200

    def nothing_kept() -> None:
        cache.clear()
        selects.forget()
        caller.get("/canteens/")

    ours, peer = caller.get("/canteens/"), caller.get("/peer/page/")
    assert ours[0] == peer[0] == 200, (ours[0], peer[0])
    stock = lambda: caller.get("/peer/page/")  # noqa: E731
    warm = compare([lambda: caller.get("/canteens/"), stock], batch=5)
    cold = compare([new_question, nothing_kept, stock], batch=4)
    size = f"{len(ours[2]) // 1000} KB, stock {len(peer[2]) // 1000} KB"
    return [
        Row(f"list page, 20 cards ({size}): stock through warm", *warm, warm[1] / warm[0], 7),
        Row("list page: cold (a new question) through stock", cold[0], cold[2], cold[0] / cold[2], 0.6, "<="),
        Row(
            "list page: with nothing kept at all, through stock", cold[1], cold[2], cold[1] / cold[2], 0.6, ""
        ),
    ]


def nearest_rows(scales: tuple[int, ...]) -> list[Row]:
    """The nearest twenty of more and more places, and with one in a hundred open; what they find is checked."""
    from portal.listings.coordinates import Near
    from portal.listings.models import Listing
    from portal.listings.nearby import nearest

    clock = database_clock()
    engine = "SQLite" if connection.vendor == "sqlite" else "PostgreSQL"
    near = Near(NEAR_LAT, NEAR_LNG, 50_000)
    everything = Listing.objects.published().filter(kind=places.KIND)
    rows: list[Row] = []
    ours: dict[int, float] = {}
    rare = 0.0
    made = 0
    for scale in scales:
        places.fill(made, scale)
        made = scale
        open_now = Listing.objects.filter(kind=places.KIND).open_at(timezone.now())
        for asked in (everything, open_now):
            assert nearest(asked, near, COUNT) == whole_table(asked)
        calls: list[Any] = [
            lambda: nearest(everything, near, COUNT),
            lambda asked=open_now: nearest(asked, near, COUNT),
        ]
        if 1_000 < scale <= 100_000:
            calls.append(lambda: whole_table(everything))
        taken = compare(calls, rounds=11, batch=3, clock=clock)
        ours[scale], rare = taken[:2]
        if len(taken) > 2:
            name = f"nearest {COUNT} of {scale:,}, {engine}: whole table through growing box"
            rows.append(Row(name, taken[0], taken[2], taken[2] / taken[0], 5))
    first, last = scales[0], scales[-1]
    growth = ours[last] / ours[first]
    rows.append(
        Row(
            f"nearest {COUNT}, {engine}: {last:,} through {first:,}", ours[last], ours[first], growth, 2, "<="
        )
    )
    name = f"nearest {COUNT} of {last:,}, {engine}: 1 % open through all"
    rows.append(Row(name, rare, ours[last], rare / ours[last], 5, "<="))
    return rows


def database_clock() -> Callable[[], float]:
    """Return the clock for a call and its queries: processor time, that of PostgreSQL's own process included.

    Where that process cannot be looked at (another machine, no /proc) it is time that passes.
    """
    if connection.vendor == "sqlite":
        return time.process_time
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_backend_pid()")
        backend = cursor.fetchone()[0]
    try:
        is_here = Path(f"/proc/{backend}/comm").read_text().startswith("postgres")
    except OSError:
        is_here = False
    return (lambda: time.process_time() + serving.own_seconds(backend)) if is_here else time.perf_counter


def whole_table(places: Any) -> list[tuple[float, int]]:
    """The stock way: order every row by its squared distance, measured on a plane."""
    from django.db.models import ExpressionWrapper, F, FloatField

    from portal.listings.coordinates import distance_m

    wide = math.cos(math.radians(NEAR_LAT)) ** 2
    north, east = F("lat") - NEAR_LAT, F("lng") - NEAR_LNG
    square = ExpressionWrapper(north * north + east * east * wide, output_field=FloatField())
    found = places.order_by(square, "pk").values_list("pk", "lat", "lng")[:COUNT]
    return sorted((distance_m(NEAR_LAT, NEAR_LNG, lat, lng), pk) for pk, lat, lng in found)
