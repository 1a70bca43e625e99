"""The daily dump: whole, checkable, written once, and with the feed behind it the same copy as a full pass."""

import datetime as dt
import gzip
import hashlib
import json
import threading
import tracemalloc
from collections.abc import Iterator
from typing import Any

import pytest
import time_machine
from django.core.cache import cache
from django.core.files.storage import storages
from django.core.management import CommandError, call_command
from django.db import connection, connections
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from portal.keeping import media
from portal.listings import dumping, mirroring, states
from portal.listings.api import streaming
from portal.listings.changes import Cursor
from portal.listings.models import ChangeCounter, Dump, Listing
from portal.listings.publishing import ERA
from portal.running import chores
from portal.storage import StoreLost
from tests import api_places
from tests.personas import KANGQIAO, PartnerKey

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("regions", "_empty_exports")]
DUMPS = "/api/v1/dumps/"
TODAY = dt.date(2026, 11, 26)


@pytest.fixture
def _empty_exports() -> Iterator[None]:
    """Begin without a file."""
    for name in files():
        storages["exports"].delete(f"dumps/{name}")
    yield


@pytest.fixture
def places() -> list[Any]:
    return [api_places.canteen(f"食堂{number}") for number in range(6)]


def files() -> list[str]:
    try:
        return sorted(storages["exports"].listdir("dumps")[1])
    except FileNotFoundError:
        return []


def body(answer: Any) -> bytes:
    return b"".join(answer.streaming_content)


def fetched(**headers: str) -> Any:
    [row] = Client().get(DUMPS).json()["results"]
    return Client(raise_request_exception=False).get(row["url"], headers=headers)


def held(answer: Any) -> dict[str, Any]:
    rows = [json.loads(line) for line in gzip.decompress(body(answer)).splitlines()]
    return {row["id"]: row for row in rows}


def whole_pass() -> dict[str, Any]:
    return follow("/api/v1/changes/", {})


def follow(address: str, copy: dict[str, Any]) -> dict[str, Any]:
    while True:
        page = Client().get(address).json()
        for item in page["items"]:
            copy.pop(item["id"], None)
            if item["state"] == "updated":
                copy[item["id"]] = item["data"]
        if page["next"].endswith(address.rpartition("/api/")[2]):
            return copy
        address = page["next"]


def test_a_dump_holds_what_a_stream_of_everything_holds(places: list[Any]) -> None:
    states.move(listing=places[0], to="archived", actor=None)
    dump = dumping.write_dump(TODAY)
    packed = body(fetched())
    assert gzip.decompress(packed) == body(Client().get("/api/v1/listings/?format=ndjson"))
    assert hashlib.sha256(packed).hexdigest() == dump.sha256
    assert (dump.byte_count, dump.row_count) == (len(packed), 5)


def test_the_list_says_all_that_a_copy_needs(places: list[Any], django_assert_num_queries: Any) -> None:
    for day in (TODAY, TODAY - dt.timedelta(days=1)):
        dump = dumping.write_dump(day)
    # the change number, the dumps
    with django_assert_num_queries(2):
        answer = Client().get(DUMPS)
    newest, older = answer.json()["results"]
    assert (newest["name"], older["day"]) == ("nuanxin-2026-11-26.ndjson.gz", "2026-11-25")
    assert older["sha256"] == dump.sha256
    assert older["changes"].endswith(f"/api/v1/changes/?cursor={older['cursor']}")
    assert answer["Cache-Control"] == "public, max-age=60"
    assert Client().get(DUMPS, headers={"If-None-Match": answer["ETag"]}).status_code == 304
    assert Client().get(f"{DUMPS}?page=2").status_code == 400
    assert Client().get(newest["changes"]).json()["items"] == []


def test_an_empty_city_has_a_dump_too() -> None:
    dump = dumping.write_dump(TODAY)
    assert (dump.row_count, held(fetched())) == (0, {})


def test_the_same_rows_make_the_same_bytes(places: list[Any]) -> None:
    first = dumping.write_dump(TODAY)
    with time_machine.travel(timezone.now() + dt.timedelta(days=1)):
        assert dumping.write_dump(TODAY + dt.timedelta(days=1)).sha256 == first.sha256


@pytest.mark.django_db(transaction=True)
def test_a_dump_and_the_feed_behind_it_are_a_full_pass_whoever_writes_meanwhile(
    places: list[Any], monkeypatch: Any
) -> None:
    monkeypatch.setattr(streaming, "CHUNK_ROWS", 2)
    really = streaming.documents

    def write() -> None:
        states.move(listing=places[0], to="archived", actor=None)
        states.move(listing=places[4], to="paused", actor=None, reason="装修")
        states.move(listing=places[5], to="archived", actor=None)
        api_places.canteen("新开")
        connections.close_all()

    def with_writers(*asked: Any) -> Iterator[str]:
        for number, text in enumerate(really(*asked)):
            if number == 2:
                writer = threading.Thread(target=write)
                writer.start()
                writer.join()
            yield text

    monkeypatch.setattr(streaming, "documents", with_writers)
    dumping.write_dump(TODAY)
    [row] = Client().get(DUMPS).json()["results"]
    copy = held(Client().get(row["url"]))
    assert places[0].public_id in copy, "it was archived after it had been written"
    assert follow(row["changes"], copy) == whole_pass()
    assert len(whole_pass()) == 5


def test_the_number_is_read_before_the_rows(places: list[Any], monkeypatch: Any) -> None:
    really, before = streaming.documents, ChangeCounter.objects.get().value

    def late(*asked: Any) -> Any:
        states.move(listing=places[1], to="paused", actor=None, reason="装修")
        return really(*asked)

    monkeypatch.setattr(streaming, "documents", late)
    assert dumping.write_dump(TODAY).change_number == before < ChangeCounter.objects.get().value


@pytest.mark.django_db(transaction=True)
def test_two_clocks_write_it_once(monkeypatch: Any) -> None:
    both, really = threading.Barrier(2), dumping._store
    made: list[Dump] = []

    def together(*asked: Any) -> None:
        really(*asked)
        both.wait(20)

    def write() -> None:
        made.append(dumping.write_dump(TODAY))
        connections.close_all()

    # The second one reads after a change: their files differ.
    contents = iter([["{}"], ["{}", "{}"]])
    monkeypatch.setattr(streaming, "documents", lambda *asked: iter(next(contents)))
    monkeypatch.setattr(dumping, "_store", together)
    clocks = [threading.Thread(target=write) for _clock in range(2)]
    for clock in clocks:
        clock.start()
    for clock in clocks:
        clock.join()
    dump = Dump.objects.get()
    assert {one.sha256 for one in made} == {dump.sha256}, "both say the same"
    assert files() == [dump.stored_name.rpartition("/")[2]], "and the other file is gone"
    assert hashlib.sha256(body(fetched())).hexdigest() == dump.sha256


@pytest.mark.parametrize("killed", ["half stored", "not named"])
def test_what_is_killed_half_way_is_seen_by_nobody(places: list[Any], monkeypatch: Any, killed: str) -> None:
    class Killed(BaseException):
        pass

    def half(storage: Any, dump: Dump, file: Any) -> None:
        from django.core.files.base import ContentFile

        file.seek(0)
        storage.save(dump.stored_name, ContentFile(file.read(100)))
        raise Killed

    def unnamed(*asked: Any, **more: Any) -> None:
        raise Killed

    name, deed = ("_store", half) if killed == "half stored" else ("_enter", unnamed)
    with monkeypatch.context() as patched, pytest.raises(Killed):
        patched.setattr(dumping, name, deed)
        dumping.write_dump(TODAY)
    assert len(files()) == 1
    assert Client().get(DUMPS).json()["results"] == []
    assert Client().get(f"{DUMPS}nuanxin-2026-11-26.ndjson.gz").status_code == 404
    dump = dumping.write_dump(TODAY)
    assert hashlib.sha256(body(fetched())).hexdigest() == dump.sha256
    assert len(files()) == 1, "the same rows lie under the same name"


def test_what_a_killed_clock_left_goes_after_a_day(places: list[Any]) -> None:
    from django.core.files.base import ContentFile

    stray = storages["exports"].save("dumps/nuanxin-2026-11-20.0123456789abcdef.ndjson.gz", ContentFile(b"x"))
    dump = dumping.write_dump(TODAY)
    assert dumping.forget_old(TODAY) == 0, "another clock may be about to name it"
    with time_machine.travel(timezone.now() + dt.timedelta(days=1, minutes=1)):
        assert dumping.forget_old(TODAY) == 1
    assert files() == [dump.stored_name.rpartition("/")[2]]
    assert not storages["exports"].exists(stray)


def test_dumps_are_kept_for_thirty_days(places: list[Any]) -> None:
    for number, ago in enumerate((31, 30, 29, 0)):
        states.move(listing=places[number], to="archived", actor=None)
        dumping.write_dump(TODAY - dt.timedelta(days=ago))
    with time_machine.travel(timezone.now() + dt.timedelta(days=2)):
        dumping.forget_old(TODAY)
    days = [row["day"] for row in Client().get(DUMPS).json()["results"]]
    assert days == ["2026-11-26", "2026-10-28"]
    assert len(files()) == 2


def test_the_clock_writes_one_a_day(places: list[Any]) -> None:
    with time_machine.travel("2026-11-25T15:59:00Z", tick=False):
        assert "dump" in chores.run_due()
        assert dumping.write_daily() is None
    with time_machine.travel("2026-11-25T16:01:00Z", tick=False):
        cache.clear()
        chores._CHORES["dump"].deed()
    assert list(Dump.objects.values_list("day", flat=True)) == [TODAY, TODAY - dt.timedelta(days=1)]


def test_after_a_restore_older_dumps_are_not_offered_and_a_new_one_is_written(places: list[Any]) -> None:
    with time_machine.travel("2026-11-26T08:00:00Z", tick=False):
        before = dumping.write_daily()
        assert before is not None
        ChangeCounter.objects.update(value=ERA)
        assert Client().get(DUMPS).json()["results"] == []
        after = dumping.write_daily()
    assert after is not None
    assert after.change_number == ERA
    [row] = Client().get(DUMPS).json()["results"]
    assert Client().get(row["changes"]).status_code == 200
    assert Dump.objects.count() == 1


def test_memory_does_not_grow_with_the_city(monkeypatch: Any) -> None:
    def city(*asked: Any) -> Iterator[str]:
        return (f'{{"id":"{number:010}","text":"{hash(number) % 10**9:900}"}}' for number in range(60_000))

    monkeypatch.setattr(streaming, "documents", city)
    tracemalloc.start()
    try:
        dump = dumping.write_dump(TODAY)
        written = tracemalloc.get_traced_memory()[1]
        tracemalloc.reset_peak()
        size = sum(len(piece) for piece in fetched().streaming_content)
        read = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert dump.row_count == 60_000, "55 MB of lines"
    assert size == dump.byte_count
    assert written < 4_000_000
    assert read < 4_000_000


@pytest.mark.parametrize(
    ("asked", "status", "part"),
    [
        ("bytes=0-9", 206, slice(0, 10)),
        ("bytes=10-", 206, slice(10, None)),
        ("bytes=-5", 206, slice(-5, None)),
        ("bytes=5-999999999", 206, slice(5, None)),
        ("bytes=-999999999", 206, slice(None)),
        ("bytes=0-0", 206, slice(0, 1)),
        ("bytes=9-5", 200, slice(None)),
        ("bytes=0-1,4-5", 200, slice(None)),
        ("bytes=-", 200, slice(None)),
        ("bytes=a-b", 200, slice(None)),
        ("bytes=٣-٤", 200, slice(None)),
        ("lines=0-9", 200, slice(None)),
        ("bytes=" + "9" * 400 + "-", 200, slice(None)),
        ("bytes=999999999-", 416, None),
        ("bytes=-0", 416, None),
    ],
)
def test_a_download_goes_on_where_it_broke_off(places: list[Any], asked: str, status: int, part: Any) -> None:
    size = dumping.write_dump(TODAY).byte_count
    whole, answer = body(fetched()), fetched(Range=asked)
    assert answer.status_code == status
    if part is None:
        assert answer["Content-Range"] == f"bytes */{size}"
        assert answer.json()["code"] == "range_past_end"
        return
    got = body(answer)
    assert got == whole[part]
    assert answer["Content-Length"] == str(len(got))
    if status == 206:
        start = whole.index(got) if len(got) > 4 else 0
        assert answer["Content-Range"] == f"bytes {start}-{start + len(got) - 1}/{size}"


def test_parts_of_two_files_are_never_joined(places: list[Any]) -> None:
    dumping.write_dump(TODAY)
    tag = fetched()["ETag"]
    assert fetched(**{"Range": "bytes=10-", "If-Range": tag}).status_code == 206
    states.move(listing=places[0], to="archived", actor=None)
    dumping.write_dump(TODAY, again=True)
    assert fetched()["ETag"] != tag
    assert fetched(**{"Range": "bytes=10-", "If-Range": tag}).status_code == 200
    assert fetched(**{"Range": "bytes=10-", "If-Range": "Wed, 26 Nov 2026 00:00:00 GMT"}).status_code == 200


def test_the_headers_of_a_file_say_what_it_is(places: list[Any]) -> None:
    dump = dumping.write_dump(TODAY)
    answer = fetched()
    assert answer["Content-Type"] == "application/gzip"
    assert "Content-Encoding" not in answer
    assert answer["Cache-Control"] == "public, max-age=3600"
    assert answer["Repr-Digest"].startswith("sha-256=:")
    assert answer["Accept-Ranges"] == "bytes"
    assert fetched(**{"If-None-Match": answer["ETag"]}).status_code == 304
    head = Client().head(f"{DUMPS}{dump.file_name}", headers={"Range": "bytes=0-1"})
    assert (head.status_code, head["Content-Length"]) == (200, str(dump.byte_count))
    assert fetched(**{"Accept-Encoding": "gzip"})["Content-Length"] == str(dump.byte_count), (
        "never packed twice"
    )


def test_who_may_read_what(places: list[Any], partner: PartnerKey) -> None:
    dump = dumping.write_dump(TODAY)
    key = {"Authorization": f"Bearer {partner.secret}"}
    for path in (DUMPS, f"{DUMPS}{dump.file_name}"):
        answer = Client().get(path, headers=key)
        assert answer.status_code == 200
        assert answer["Cache-Control"].startswith("private")
        assert "RateLimit" in answer
        assert Client().post(path).status_code == 405
    type(partner.key).objects.update(area_code=KANGQIAO)
    for path in (DUMPS, f"{DUMPS}{dump.file_name}"):
        answer = Client().get(path, headers=key)
        assert (answer.status_code, answer.json()["code"]) == (403, "whole_city")


@pytest.mark.parametrize(
    "name", ["x", "nuanxin-2026-11-27.ndjson.gz", "..", "%2e%2e%2fsecret", "dumps", "a%00b"]
)
def test_nothing_else_lies_there(places: list[Any], name: str) -> None:
    dumping.write_dump(TODAY)
    assert Client().get(f"{DUMPS}{name}", follow=True).status_code in {400, 404}


def test_a_file_that_was_taken_away_is_not_there(places: list[Any]) -> None:
    dump = dumping.write_dump(TODAY)
    storages["exports"].delete(dump.stored_name)
    assert fetched().status_code == 404


def test_a_storage_that_does_not_answer_is_said_plainly(places: list[Any], monkeypatch: Any) -> None:
    dumping.write_dump(TODAY)

    def lost(*asked: Any) -> Any:
        raise StoreLost("away")

    monkeypatch.setattr("portal.listings.api.dumps.pieces", lost)
    answer = fetched()
    assert (answer.status_code, answer.json()["code"], answer["Retry-After"]) == (503, "store_lost", "5")
    monkeypatch.setattr(dumping, "_store", lost)
    with pytest.raises(CommandError):
        call_command("write_dump", "--again")


def test_the_command_says_what_it_wrote(places: list[Any], capsys: Any) -> None:
    call_command("write_dump")
    told = capsys.readouterr().out
    dump = Dump.objects.get()
    assert dump.file_name in told
    assert "6 rows" in told
    states.move(listing=places[0], to="archived", actor=None)
    call_command("write_dump")
    assert "6 rows" in capsys.readouterr().out, "the dump of a day is there once"
    call_command("write_dump", "--again")
    assert "5 rows" in capsys.readouterr().out


def test_a_backup_leaves_dumps_out(places: list[Any]) -> None:
    dumping.write_dump(TODAY)
    assert "exports" not in media.KEPT
    from django.core.files.base import ContentFile

    for name in ("exports/dumps/x.gz", "kept.txt"):
        storages["private"].save(name, ContentFile(b"x"))
    found = list(media.names_in("private"))
    assert "kept.txt" in found
    assert not any(name.startswith("exports/") for name in found), "where a bucket holds both"


def test_a_cursor_behind_a_dump_is_one_of_the_whole_city(places: list[Any]) -> None:
    cursor = Cursor.behind(dumping.write_dump(TODAY).change_number)
    assert Client().get(f"/api/v1/changes/?cursor={cursor}").status_code == 200
    assert Client().get(f"/api/v1/changes/?cursor={cursor}&kind=canteen").status_code == 400


@pytest.mark.django_db(transaction=True)
def test_a_mirror_that_begins_with_a_dump_agrees(live_server: Any, places: list[Any], capsys: Any) -> None:
    with pytest.raises(mirroring.Unreachable):
        mirroring.check(live_server.url, from_dump=True)
    dumping.write_dump(TODAY)
    states.move(listing=places[0], to="archived", actor=None)
    states.move(listing=places[1], to="paused", actor=None, reason="装修")
    report = mirroring.check(live_server.url, from_dump=True)
    assert report.faults == []
    assert (report.dumped, report.updated, report.deleted, report.held) == (6, 1, 1, 5)
    call_command("check_mirror", live_server.url, "--from-dump")
    assert "6 rows of the newest dump" in capsys.readouterr().out
    Dump.objects.update(row_count=7, sha256="0" * 64)
    storages["exports"].save(Dump.objects.get().stored_name, storages["exports"].open(f"dumps/{files()[0]}"))
    faults = mirroring.check(live_server.url, from_dump=True).faults
    assert len(faults) == 2, "another checksum, another count"
    with pytest.raises(mirroring.Unreachable):
        mirroring.check(live_server.url, question="kind=canteen", from_dump=True)


def test_a_listing_of_a_kind_that_is_gone_is_not_in_it(places: list[Any]) -> None:
    Listing.objects.filter(pk=places[0].pk).update(kind="gone")
    assert dumping.write_dump(TODAY).row_count == 5
    assert connection.vendor in {"sqlite", "postgresql"}


def test_the_city_sees_that_dumps_are_written_and_nobody_changes_them(
    places: list[Any], city_admin: Any, clerk: Any
) -> None:
    ChangeCounter.objects.update(value=ERA)
    old = dumping.write_dump(TODAY - dt.timedelta(days=1))
    ChangeCounter.objects.update(value=2 * ERA)
    dump = dumping.write_dump(TODAY)
    client = Client()
    client.force_login(city_admin)
    url = reverse("admin:listings_dump_changelist")
    html = client.get(url).content.decode()
    assert f"{DUMPS}{dump.file_name}" in html
    assert f"{DUMPS}{old.file_name}" not in html
    assert "已不再提供" in html
    assert client.get(reverse("admin:listings_dump_change", args=[dump.pk])).status_code == 200
    assert client.get(reverse("admin:listings_dump_add")).status_code == 403
    assert (
        client.post(reverse("admin:listings_dump_delete", args=[dump.pk]), {"post": "yes"}).status_code == 403
    )
    other = Client()
    other.force_login(clerk)
    assert other.get(url).status_code == 403
