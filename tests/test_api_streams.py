"""Whole lists as NDJSON and CSV: the same filters, the same rows, memory that does not grow, and going on after a cut."""

import csv
import io
import json
import tracemalloc
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from portal.listings import states
from portal.listings.api import streaming
from portal.partners.models import ApiKey
from services.stations.models import Station
from tests import api_places
from tests.personas import KANGQIAO, ZHALONGKOU
from tests.test_api_changes import browsed

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("regions")]


def lines(path: str = "listings/?format=ndjson", **headers: str) -> list[dict[str, Any]]:
    answer = Client().get(f"/api/v1/{path}", headers=headers)
    assert answer.status_code == 200, answer.content
    assert answer["Content-Type"] == "application/x-ndjson"
    return [json.loads(line) for line in b"".join(answer.streaming_content).splitlines()]


def table(path: str) -> list[dict[str, str]]:
    answer = Client().get(f"/api/v1/{path}")
    text = b"".join(answer.streaming_content).decode("utf-8-sig")
    return list(csv.DictReader(io.StringIO(text)))


def test_a_stream_holds_every_row_of_the_list_without_the_moment() -> None:
    for number in range(7):
        api_places.canteen(f"食堂{number}", notice='引号" 反斜杠\\ 换行\n制表\t')
    api_places.publish(Station, "驿站")
    gone = api_places.canteen("没有了")
    states.move(listing=gone, to="archived", actor=None)
    assert {row["id"]: row for row in lines()} == browsed()


def test_the_parts_of_a_long_stream_join_without_a_seam(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(streaming, "CHUNK_ROWS", 3)
    monkeypatch.setattr(streaming, "CHUNK_BYTES", 1000)
    for number in range(10):
        api_places.canteen(f"食堂{number}")
    rows = lines("canteens/?format=ndjson")
    assert [row["name"] for row in rows] == [f"食堂{number}" for number in range(10)]


@pytest.mark.parametrize(
    ("query", "names"),
    [
        (f"street={KANGQIAO}", {"甲", "乙"}),
        ("bbox=120.1,30.3,120.2,30.4", {"甲", "乙", "丙"}),
        ("q=jia", {"甲"}),
        ("price_max=9", set()),
        ("state=paused", {"乙"}),
    ],
)
def test_filters_are_those_of_the_list(query: str, names: set[str]) -> None:
    api_places.canteen("甲")
    paused = api_places.canteen("乙")
    states.move(listing=paused, to="paused", actor=None, reason="装修")
    api_places.canteen("丙", district=ZHALONGKOU[:6], street=ZHALONGKOU)
    assert {row["name"] for row in lines(f"canteens/?format=ndjson&{query}")} == names


def test_a_stream_goes_on_after_the_last_whole_line() -> None:
    for number in range(5):
        api_places.canteen(f"食堂{number}")
    first = lines("canteens/?format=ndjson")
    rest = lines(f"canteens/?format=ndjson&after={first[1]['id']}")
    assert rest == first[2:]
    answer = Client().get("/api/v1/canteens/?format=ndjson&after=XXXXXXXXXX")
    assert answer.json()["errors"][0]["field"] == "after"


def test_a_key_of_an_area_streams_only_that(partner: Any) -> None:
    ApiKey.objects.update(area_code=KANGQIAO)
    api_places.canteen("甲")
    api_places.canteen("丙", district=ZHALONGKOU[:6], street=ZHALONGKOU)
    assert [row["name"] for row in lines("listings/?format=ndjson", **partner.headers)] == ["甲"]


@pytest.mark.parametrize("name", streaming.NOT_STREAMED)
def test_what_has_no_meaning_in_a_stream_is_named(name: str) -> None:
    body = Client().get(f"/api/v1/listings/?format=csv&{name}=1").json()
    assert (body["status"], body["errors"][0]["field"], body["errors"][0]["code"]) == (
        400,
        name,
        "not_streamed",
    )


def test_after_is_for_streams_alone() -> None:
    canteen = api_places.canteen("甲")
    body = Client().get(f"/api/v1/canteens/?after={canteen.public_id}").json()
    assert [(error["field"], error["code"]) for error in body["errors"]] == [("after", "only_streamed")]
    assert Client().get(f"/api/v1/canteens/{canteen.public_id}/?format=ndjson").status_code == 400


def test_a_table_has_columns_and_the_whole_row_and_runs_no_formula() -> None:
    api_places.canteen('=HYPERLINK("x")', phone="+86571", notice="-1\n第二行")
    (row,) = table("canteens/?format=csv")
    assert list(row) == list(streaming.COLUMNS)
    assert (row["name"], row["phone"]) == ('\'=HYPERLINK("x")', "'+86571")
    assert row["notice"] == "'-1\n第二行"
    assert json.loads(row["document"])["name"] == '=HYPERLINK("x")'
    assert (row["street"], row["datum"]) == (KANGQIAO, "wgs84")


def test_a_stream_costs_the_same_queries_however_long_it_is() -> None:
    costs = []
    for part in range(2):
        for number in range(5):
            api_places.canteen(f"食堂{part}{number}")
        with CaptureQueriesContext(connection) as queries:
            assert len(lines()) == (part + 1) * 5
        costs.append(len(queries))
    # SQLite reads parts until one is empty; PostgreSQL's COPY is none of the counted.
    assert costs in ([2, 2], [0, 0])


def test_memory_does_not_grow_with_the_rows(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(streaming, "CHUNK_ROWS", 5)
    for number in range(60):
        api_places.canteen(f"食堂{number}", notice="长" * 150)
    answer = Client().get("/api/v1/canteens/?format=ndjson")
    monkeypatch.setattr(streaming, "CHUNK_BYTES", 1)
    pieces = iter(answer.streaming_content)
    next(pieces)
    tracemalloc.start()
    sizes = [len(piece) for piece in pieces]
    _now, most = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert sum(sizes) > 60_000
    assert most < sum(sizes) * 3
