"""Whole lists as a stream: one listing a line, with the filters of the list, in memory that does not grow."""

import csv
import io
from collections.abc import Callable, Iterator
from typing import Any

import orjson
from django.conf import settings
from django.db import connections
from django.db.models import QuerySet
from django.http import StreamingHttpResponse
from django.utils.translation import gettext_lazy as _
from rest_framework.request import Request

from portal.listings.api import rows
from portal.listings.api.problems import Problem
from portal.listings.importing_cells import neutralised
from portal.listings.kinds import kind_names
from portal.listings.models import Listing
from portal.running.databases import reading_from

#: Not for a stream: what cuts a list into pages, and what depends on where one stands.
NOT_STREAMED = ("page", "page_size", "ordering", "near", "radius", "crs", "at")
SAID = _("A stream has no pages, no order and no place to stand: leave this parameter out.")
CHUNK_BYTES, CHUNK_ROWS = 64 * 1024, 500
Texts = Iterator[str]
COLUMNS = (
    "id",
    "kind",
    "name",
    "name_en",
    "state",
    "district",
    "street",
    "community",
    "address",
    "lat",
    "lng",
    "datum",
    "accuracy",
    "phone",
    "notice",
    "change_number",
    "url",
    "document",
)


def stream(request: Request, found: QuerySet, variant: str) -> StreamingHttpResponse:
    """Answer with every listing found, in an order that stays, from the one after `after` on."""
    texts = documents(after(request, found), reading_from())
    lines, kind = FORMATS[variant]
    response = StreamingHttpResponse(in_pieces(lines(texts)), content_type=kind)
    response["Cache-Control"] = "no-store"
    response["X-Accel-Buffering"] = "no"
    return response


def check(request: Request, *, is_stream: bool) -> None:
    """Raise Problem for parameters that have no meaning in a stream, or only there."""
    if is_stream:
        wrong: list[tuple[str, str, Any]] = [
            (name, "not_streamed", SAID) for name in NOT_STREAMED if name in request.query_params
        ]
    else:
        said = _("This is for streams alone (`format=ndjson`, `format=csv`); pages follow `next`.")
        wrong = [("after", "only_streamed", said)] if "after" in request.query_params else []
    if wrong:
        raise Problem(400, "invalid_query", wrong)


def after(request: Request, found: QuerySet) -> QuerySet:
    """Return what stands after the listing that was read last. Raises Problem when there is none of that id."""
    last = request.query_params.get("after")
    if last is None:
        return found
    key = Listing.objects.filter(public_id=last[:20]).values_list("pk", flat=True).first()
    if key is None:
        said = _("There is no listing with this id. Give the `id` of the last line that you have whole.")
        raise Problem(400, "invalid_query", [("after", "unknown", said)])
    return found.filter(pk__gt=key)


def documents(found: QuerySet, alias: str) -> Texts:
    """Yield the JSON of each listing, by key; PostgreSQL writes it as one COPY, SQLite in parts."""
    keys, values = found.order_by().values("pk").query.get_compiler(alias).as_sql()
    if connections[alias].vendor == "postgresql":
        return _copied(keys, values, alias)
    return _in_parts(found, alias)


def _copied(keys: str, values: Any, alias: str) -> Texts:
    """Yield lines as the server makes them: JSON holds no control character, so neither mark is ever quoted."""
    pages = " ".join("WHEN %s THEN %s || public_id || %s" for _kind in kind_names())
    statement = (
        'COPY (SELECT left(document, -1) || \',"change_number":\' || change_number || \',"url":"\' || '  # noqa: S608
        f"CASE kind {pages} END || '\"}}' FROM listings_listing "
        f"WHERE id IN ({keys}) AND document <> '' ORDER BY id) "
        "TO STDOUT WITH (FORMAT csv, QUOTE E'\\x01', DELIMITER E'\\x02')"
    )
    parts: list[str] = []
    for kind in kind_names():
        before, _mark, behind = rows.address(kind, rows.PLACEHOLDER).partition(rows.PLACEHOLDER)
        parts += [kind, before, behind]
    with connections[alias].cursor() as cursor, cursor.cursor.copy(statement, [*parts, *values]) as lines:
        rest = b""
        for piece in lines:
            whole, mark, end = bytes(piece).rpartition(b"\n")
            if mark:
                yield from (rest + whole).decode().split("\n")
                rest = end
            else:
                rest += end


def _in_parts(found: QuerySet, alias: str) -> Texts:
    base, last = settings.PUBLIC_BASE_URL, 0
    listed = found.using(alias).exclude(document="").order_by("pk")
    columns = ("pk", "change_number", "kind", "public_id", "document")
    while part := list(listed.filter(pk__gt=last).values_list(*columns)[:CHUNK_ROWS]):
        for _pk, number, kind, public_id, text in part:
            yield rows.fact_row(text, number, kind, public_id, base)
        last = part[-1][0]


def as_lines(texts: Texts) -> Texts:
    """Yield each listing as a line of JSON."""
    return (f"{text}\n" for text in texts)


def as_table(texts: Texts) -> Texts:
    """Yield the lines of a table: what most want to know in columns of their own, the whole row as JSON in the last."""
    written = io.StringIO()
    writer = csv.writer(written)
    yield "\ufeff"
    writer.writerow(COLUMNS)
    for text in texts:
        writer.writerow([neutralised(str(cell)) for cell in cells(orjson.loads(text), text)])
        yield written.getvalue()
        written.seek(0)
        written.truncate()
    yield written.getvalue()


def cells(row: dict[str, Any], text: str) -> list[Any]:
    """Return a listing's cells, in the order of the columns."""
    place = row["position"] or {}
    area = [(row[level] or {}).get("code", "") for level in ("district", "street", "community")]
    return [
        *(row[name] for name in ("id", "kind", "name", "name_en", "state")),
        *area,
        row["address"],
        *(place.get(name, "") for name in ("lat", "lng", "datum", "accuracy")),
        *(row[name] for name in ("phone", "notice", "change_number", "url")),
        text,
    ]


def in_pieces(lines: Texts) -> Iterator[bytes]:
    """Yield the lines in pieces large enough for a socket."""
    held: list[str] = []
    size = 0
    for line in lines:
        held.append(line)
        size += len(line)
        if size >= CHUNK_BYTES:
            yield "".join(held).encode()
            held, size = [], 0
    if held:
        yield "".join(held).encode()


FORMATS: dict[str, tuple[Callable[[Texts], Texts], str]] = {
    "ndjson": (as_lines, "application/x-ndjson"),
    "csv": (as_table, "text/csv; charset=utf-8"),
}
