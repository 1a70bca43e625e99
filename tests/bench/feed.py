"""The change feed and the stream of 100,000 listings, beside DRF's pages by number and PostgreSQL's own COPY."""

import json
import re
import time
from collections.abc import Callable
from statistics import median

from django.db import connection

from tests.bench.measuring import Caller, Row, compare

NEXT = re.compile(rb'"next":"([^"]+)"')
ROWS, PAGE = 100_000, 500


def feed_rows() -> list[Row]:
    """Time passes over all rows; what passes by the clock, since the database works too."""
    fill()
    caller = Caller()
    first = _ask(caller, f"limit={PAGE}")["next"]
    last = _last_page(caller, first)
    begin, end = compare(
        [lambda: caller.get("/api/v1/changes/", _query(first)), lambda: caller.get("/api/v1/changes/", last)],
        clock=time.perf_counter,
    )
    walks = _in_turns([lambda: _walk(caller), lambda: _walk_pages(caller)], rounds=1)
    streams = _in_turns([lambda: _stream(caller), _copy], rounds=5)
    return [
        Row("feed of 100k: a page in the middle of the last tenth ÷ the second page", end, begin, end / begin, 1.1, "<="),
        Row("feed of 100k, whole pass: DRF by page number through ours", *walks, walks[1] / walks[0], 5, ">=", "s"),
        Row("NDJSON of 100k: COPY of row_to_json through ours", *streams, streams[1] / streams[0], 0.8, ">=", "s"),
    ]  # fmt: skip


def fill() -> None:
    """Copy a published canteen until there are so many rows, each with its own id, number and document."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT value FROM listings_changecounter WHERE id = 1")
        start = cursor.fetchone()[0]
        cursor.execute(
            "INSERT INTO listings_listing (public_id, kind, name, name_en, district_id, street_id, address, lat, lng, "
            "entered_datum, accuracy, phone, notice, provenance, state, pause_reason, shut_reason, source, external_id, "
            "revision_number, search_text, document, document_hash, timetable, change_number, changed_at, created_at) "
            "SELECT 'F' || n, kind, name, name_en, district_id, street_id, address, lat, lng, entered_datum, accuracy, "
            "phone, notice, provenance, state, '', '', '', '', 1, '', "
            "replace(document, public_id, 'F' || n), 'f' || n, timetable, %s + n, now(), now() "
            "FROM (SELECT * FROM listings_listing WHERE kind = 'canteen' AND state = 'published' ORDER BY id LIMIT 1) AS one, "
            "generate_series(1, %s) AS n",
            [start, ROWS],
        )
        cursor.execute("UPDATE listings_changecounter SET value = value + %s WHERE id = 1", [ROWS])
        cursor.execute("VACUUM ANALYZE listings_listing")


def _query(address: str) -> str:
    return address.partition("?")[2]


def _ask(caller: Caller, query: str) -> dict:
    status, _headers, body = caller.get("/api/v1/changes/", query)
    if status != 200:
        raise RuntimeError(f"the feed answered {status}")
    return json.loads(body)


def _last_page(caller: Caller, query: str) -> str:
    """Return the query of a full page near the end."""
    cursor, start, *rest = _query(query).partition("cursor=")[2].split("-")
    return f"limit={PAGE}&cursor={int(start) - 5 * PAGE}-{start}-{'-'.join(rest)}"


def _walk(caller: Caller) -> None:
    """Read the feed to its end; reading the answers is not what is measured, so only marks are looked for."""
    query, count = f"limit={PAGE}", 0
    while True:
        status, _headers, body = caller.get("/api/v1/changes/", query)
        found = body.count(b'{"seq":')
        if status != 200 or not found:
            break
        count += found
        query = _query(NEXT.search(body)[1].decode())  # type: ignore[index]
    if count < ROWS:
        raise RuntimeError(f"the feed gave {count} rows and then {status}")


def _walk_pages(caller: Caller) -> None:
    """Read all pages of the peer by number."""
    count, page = 0, 1
    while count < ROWS:
        status, _headers, body = caller.get("/peer/api/changes/", f"page={page}&page_size={PAGE}")
        if status != 200:
            raise RuntimeError(f"the peer gave {count} rows and then {status}")
        count, page = count + body.count(b'{"public_id":'), page + 1


def _stream(caller: Caller) -> None:
    status, _headers, body = caller.get("/api/v1/canteens/", "format=ndjson")
    if status != 200 or body.count(b"\n") < ROWS:
        raise RuntimeError(f"the stream answered {status}")


def _copy() -> None:
    with connection.cursor() as cursor:
        statement = (
            "COPY (SELECT row_to_json(r) FROM (SELECT public_id, kind, name, state, change_number, document "
            "FROM listings_listing WHERE kind = 'canteen' AND state IN ('published', 'paused') ORDER BY id) AS r) TO STDOUT"
        )
        with cursor.cursor.copy(statement) as lines:
            b"".join(bytes(line) for line in lines)


def _in_turns(calls: list[Callable[[], None]], rounds: int) -> list[float]:
    """Return the median seconds of each call, taken in turns."""
    taken: list[list[float]] = [[] for _call in calls]
    for _round in range(rounds):
        for index, call in enumerate(calls):
            started = time.perf_counter()
            call()
            taken[index].append(time.perf_counter() - started)
    return [median(found) for found in taken]
