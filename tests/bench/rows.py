"""The rows of performance.md that the portal has so far: list, 304, page, nearest."""

import datetime as dt
import math
from typing import Any

from django.db import connection
from django.utils import timezone

from tests.bench.measuring import Caller, Row, compare

SCALES = (1_000, 100_000, 1_000_000)
NEAR_LAT, NEAR_LNG = 30.27, 120.16
COUNT = 20


def list_rows(caller: Caller) -> list[Row]:
    """A list of fifty nested listings, uncached, through the standard viewset."""
    ours = caller.get("/api/v1/canteens/")
    peer = caller.get("/peer/api/canteens/")
    assert ours[0] == peer[0] == 200, (ours[0], peer[0])
    found = compare(
        [lambda: caller.get("/api/v1/canteens/"), lambda: caller.get("/peer/api/canteens/")], batch=5
    )
    filtered = compare(
        [
            lambda: caller.get("/api/v1/canteens/", "district=330102&price_max=12"),
            lambda: caller.get("/peer/api/canteens/", "district=330102&price_max=12"),
        ],
        batch=5,
    )
    ratio, ratio_filtered = found[1] / found[0], filtered[1] / filtered[0]
    size = f"{len(ours[2]) // 1000} KB, stock {len(peer[2]) // 1000} KB"
    return [
        Row(
            "list API, 50 listings, two filters: standard viewset",
            *filtered,
            ratio_filtered,
            5,
            ratio_filtered >= 5,
        ),
        Row(f"list API, 50 listings ({size}): lean read path", *found, ratio, 15, ratio >= 15),
    ]


def conditional_rows(caller: Caller) -> list[Row]:
    """304 by the change counter beside a hello with the same throttle; the ratio is hello through 304."""
    tag: dict[str, str] = {}

    def unchanged() -> None:
        status, headers, _body = caller.get("/api/v1/canteens/", HTTP_IF_NONE_MATCH=tag.get("tag", ""))
        tag["tag"] = headers["ETag"]
        tag["status"] = str(status)

    unchanged()
    unchanged()
    assert tag["status"] == "304"
    ours, hello = compare([unchanged, lambda: caller.get("/peer/hello/")], rounds=25, batch=20)
    return [
        Row(
            "304, as a share of a hello with the same throttle",
            ours,
            hello,
            hello / ours,
            0.55,
            hello / ours >= 0.55,
        )
    ]


def page_rows(caller: Caller) -> list[Row]:
    """The warm list page beside a stock template page over the same rows."""
    ours, peer = caller.get("/canteens/"), caller.get("/peer/page/")
    assert ours[0] == peer[0] == 200, (ours[0], peer[0])
    found = compare([lambda: caller.get("/canteens/"), lambda: caller.get("/peer/page/")], batch=5)
    ratio = found[1] / found[0]
    size = f"{len(ours[2]) // 1000} KB, stock {len(peer[2]) // 1000} KB"
    return [Row(f"list page, 20 cards ({size}): warm", *found, ratio, 7, ratio >= 7)]


def nearest_rows(scales: tuple[int, ...]) -> list[Row]:
    """The nearest twenty of more and more places; and with one in a hundred open."""
    from portal.listings.coordinates import Near
    from portal.listings.models import Listing
    from portal.listings.nearby import nearest

    near = Near(NEAR_LAT, NEAR_LNG, 50_000)
    rows: list[Row] = []
    ours: dict[int, float] = {}
    made = 0
    for scale in scales:
        fill(made, scale)
        made = scale
        places = Listing.objects.published().filter(kind="bench")
        expected = [pk for _metres, pk in whole_table(places)]
        assert [pk for _metres, pk in nearest(places, near, COUNT)] == expected
        calls: list[Any] = [lambda places=places: nearest(places, near, COUNT)]
        if scale <= 100_000:
            calls.append(lambda places=places: whole_table(places))
        found = compare(calls, rounds=9, batch=1 if scale > 10_000 else 5)
        ours[scale] = found[0]
        if len(found) > 1 and scale > 1_000:
            ratio = found[1] / found[0]
            rows.append(
                Row(
                    f"nearest {COUNT} of {scale:,}, stock reads the whole table", *found, ratio, 5, ratio >= 5
                )
            )
    first, last = scales[0], scales[-1]
    growth = ours[last] / ours[first]
    rows.append(
        Row(
            f"nearest {COUNT}: {last:,} as a multiple of {first:,}",
            ours[last],
            ours[first],
            growth,
            2,
            growth <= 2,
        )
    )
    rows.append(rare_row(near, ours[last], last))
    return rows


def rare_row(near: Any, usual: float, scale: int) -> Row:
    """The nearest twenty that are open when one in a hundred is; as a multiple of the nearest twenty of all."""
    from portal.listings.models import Listing
    from portal.listings.nearby import nearest

    moment = timezone.now()
    places = Listing.objects.filter(kind="bench").open_at(moment)
    assert len(nearest(places, near, COUNT)) == COUNT
    (found,) = compare([lambda: nearest(places, near, COUNT)], rounds=9, batch=1)
    ratio = found / usual
    return Row(
        f"nearest {COUNT} open of {scale:,} when 1 % is open, as a multiple of all",
        found,
        usual,
        ratio,
        5,
        ratio <= 5,
    )


def whole_table(places: Any) -> list[tuple[float, int]]:
    """The stock way: order every row by its squared distance, measured on a plane."""
    from django.db.models import ExpressionWrapper, F, FloatField

    from portal.listings.coordinates import distance_m

    wide = math.cos(math.radians(NEAR_LAT)) ** 2
    north, east = F("lat") - NEAR_LAT, F("lng") - NEAR_LNG
    square = ExpressionWrapper(north * north + east * east * wide, output_field=FloatField())
    found = places.order_by(square, "pk").values_list("pk", "lat", "lng")[:COUNT]
    return sorted((distance_m(NEAR_LAT, NEAR_LNG, lat, lng), pk) for pk, lat, lng in found)


def fill(made: int, wanted: int) -> None:
    """Insert bare published places, one in a hundred open now, spread over the city by a fixed rule."""
    now = timezone.now()
    with connection.cursor() as cursor:
        cursor.execute("PRAGMA synchronous=OFF")
        cursor.execute(
            "WITH RECURSIVE number(n) AS (SELECT %s UNION ALL SELECT n + 1 FROM number WHERE n < %s) "
            "INSERT INTO listings_listing (public_id, kind, name, name_en, district_id, street_id, address, lat, lng, "
            "entered_datum, accuracy, phone, notice, provenance, state, pause_reason, shut_reason, source, "
            "external_id, "
            "revision_number, search_text, document, document_hash, created_at) "
            "SELECT 'B' || n, 'bench', 'place', '', '330102', '330102013', '', "
            "29.9 + (n * 7919 %% 1000003) / 1000003.0 * 0.8, 119.7 + (n * 104729 %% 1000033) / 1000033.0 * 0.9, "
            "'wgs84', 'exact', '', '', '', 'published', '', '', '', '', 1, '', '', '', %s FROM number",
            [made + 1, wanted, now],
        )
        cursor.execute(
            "INSERT INTO listings_openinterval (listing_id, starts_at, ends_at) "
            "SELECT id, %s, %s FROM listings_listing WHERE kind = 'bench' AND id %% 100 = 0 "
            "AND CAST(substr(public_id, 2) AS INTEGER) > %s",
            [now - dt.timedelta(hours=1), now + dt.timedelta(hours=6), made],
        )
        cursor.execute("ANALYZE")
