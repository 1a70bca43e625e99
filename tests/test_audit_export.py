"""The export for an inspector: whole, within reach, recorded, and harmless in a spreadsheet program."""

import csv
import datetime as dt
import hashlib
import io
import json
import tracemalloc
import zipfile
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from portal.accounts.models import User
from portal.audit.models import Action, Event, Origin
from portal.audit.recording import record
from portal.listings import confirming, inspecting
from portal.listings.models import Confirmation
from portal.listings.timeline import Asked
from tests.factories import make_canteen
from tests.personas import ZHALONGKOU

pytestmark = pytest.mark.django_db
PAGE = "/admin/audit/export/"


def of(person: User) -> Client:
    client = Client()
    client.force_login(person)
    return client


def exported(person: User, **asked: Any) -> tuple[dict[str, bytes], dict[str, Any]]:
    """Return the files of an export of today, and its manifest."""
    today = timezone.localdate().isoformat()
    answer = of(person).post(PAGE, {"since": today, "until": today, "area": "", **asked})
    assert answer["Content-Type"] == "application/zip"
    with zipfile.ZipFile(io.BytesIO(b"".join(answer.streaming_content))) as packed:
        assert packed.testzip() is None
        files = {name: packed.read(name) for name in packed.namelist()}
    return files, json.loads(files[inspecting.MANIFEST])


def table_of(files: dict[str, bytes]) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(files[inspecting.TABLE].decode("utf-8-sig"))))


def lines_of(files: dict[str, bytes]) -> list[dict[str, Any]]:
    return [json.loads(line) for line in files[inspecting.LINES].splitlines()]


def test_an_export_holds_every_source_and_its_manifest_proves_it(city_admin: User, clerk: User) -> None:
    canteen = make_canteen(name="康桥食堂")
    confirming.confirm(listing=canteen, fact_groups=["price"], actor=clerk)
    said = Confirmation.objects.get()
    confirming.take_back(confirmations=[said], actor=clerk)
    record(Action.SIGNED_IN, by=clerk, about=clerk, area_code="330105010", after={"by": ["password"]})
    files, manifest = exported(city_admin)
    lines, table = lines_of(files), table_of(files)
    assert {line["source"] for line in lines} == {"event", "version", "confirmed", "taken-back"}
    assert len(lines) == len(table) == sum(manifest["counts"].values())
    assert manifest["counts"]["confirmed"] == manifest["counts"]["taken-back"] == 1
    for name, told in manifest["files"].items():
        assert hashlib.sha256(files[name]).hexdigest() == told["sha256"]
        assert len(files[name]) == told["bytes"]
    assert [line["at"] for line in lines] == sorted(line["at"] for line in lines)
    assert manifest["exported_by"] == "城市管理员"
    row = next(row for row in table if row["类别"] == "核实")
    assert (row["人员"], row["对象"], row["事项"], row["渠道"]) == (
        "康桥工作人员",
        "康桥食堂",
        "价格",
        "街道办",
    )
    signed = next(row for row in table if row["事项"] == "登录")
    assert "密码" in signed["新值"]


def test_an_export_is_recorded_when_it_begins_and_with_its_digests_when_it_ends(city_admin: User) -> None:
    files, manifest = exported(city_admin, area="330105")
    begun, ended = Event.objects.filter(action=Action.INSPECTED).order_by("pk")
    assert (begun.actor_id, begun.area_code, begun.after["area"]) == (city_admin.pk, "330105", "330105")
    assert manifest["export"] == str(begun.pk) == ended.after["export"]
    assert ended.after[inspecting.TABLE] == hashlib.sha256(files[inspecting.TABLE]).hexdigest()


@pytest.mark.parametrize(
    ("persona", "status"),
    [("city_admin", 200), ("district_admin", 200), ("clerk", 403), ("operator", 403), ("courier", 302)],
)
def test_who_may_export(request: Any, persona: str, status: int) -> None:
    client = of(request.getfixturevalue(persona))
    assert client.get(PAGE).status_code == status
    day = {"since": "2026-11-01", "until": "2026-11-02", "area": ""}
    answer = client.post(PAGE, day)
    assert answer.status_code == status
    if status == 200:
        b"".join(answer.streaming_content)
    assert Event.objects.filter(action=Action.INSPECTED).count() == (2 if status == 200 else 0)


def test_a_district_exports_its_district_alone(district_admin: User, clerk: User, other_clerk: User) -> None:
    make_canteen(name="康桥食堂")
    make_canteen(name="闸弄口食堂", street=ZHALONGKOU)
    for person in (clerk, other_clerk):
        area = person.posts.get().area
        record(Action.SIGNED_IN, by=person, about=person, area_code=area)
        record(Action.SIGNED_IN, by=person, about=person, area_code=area, label="私人", is_private=True)
    text = b"".join(exported(district_admin)[0].values()).decode()
    assert "康桥食堂" in text
    assert "康桥工作人员" in text
    assert "闸弄口" not in text
    assert "私人" not in text
    wider = of(district_admin).post(PAGE, {"since": "2026-11-01", "until": "2026-11-02", "area": "330102"})
    assert wider["Content-Type"].startswith("text/html"), "another district is no choice"


@pytest.mark.parametrize(
    "asked",
    [
        {"since": "", "until": ""},
        {"since": "2026-11-02", "until": "2026-11-01", "area": ""},
        {"since": "x", "until": "9999-99-99", "area": "\0"},
        {"since": "0001-01-01", "until": "9999-12-31", "area": ""},
    ],
)
def test_odd_days_get_a_page_or_a_file_and_no_fault(city_admin: User, asked: dict[str, str]) -> None:
    answer = of(city_admin).post(PAGE, asked)
    assert answer.status_code == 200
    if answer.streaming:
        b"".join(answer.streaming_content)


@pytest.mark.parametrize("evil", ["=1+1", "+1", "-1", "@SUM(A1)", "\t=1", "\r=1"])
def test_no_cell_runs_as_a_formula(city_admin: User, evil: str) -> None:
    record(Action.CHANGED, by=city_admin, label=evil, note=evil)
    row = next(row for row in table_of(exported(city_admin)[0]) if evil in row["备注"])
    assert row["对象"] == f"'{evil}"
    assert row["备注"] == f"'{evil}"


def test_where_a_courier_stood_is_not_in_the_file(city_admin: User) -> None:
    Origin.objects.create(request_id="courier-request", address="203.0.113.77", agent="Phone")
    Origin.objects.create(request_id="office-request", address="203.0.113.78", agent="Desk")
    for channel in ("courier", "office"):
        Confirmation.objects.create(
            listing=make_canteen(name=channel),
            fact_group="price",
            confirmed_at=timezone.now(),
            channel=channel,
            request_id=f"{channel}-request",
        )
    text = b"".join(exported(city_admin)[0].values()).decode()
    assert "203.0.113.78" in text
    assert "203.0.113.77" not in text


def make_many(count: int) -> None:
    listing = make_canteen(name=f"大堂{count}")
    Confirmation.objects.bulk_create(
        (
            Confirmation(
                listing=listing,
                fact_group="price",
                confirmed_at=timezone.now(),
                channel="office",
                actor_label="甲" * 40,
            )
            for _number in range(count)
        ),
        batch_size=500,
    )


def piecewise(person: User) -> tuple[int, int]:
    """Return the highest number of bytes in use while an export is read, and its queries."""
    today = timezone.localdate()
    midnight = timezone.make_aware(dt.datetime.combine(today, dt.time()))
    asked = Asked(since=midnight, until=midnight + dt.timedelta(days=1))
    export = inspecting.begin(by=person, since=today, until=today, asked=asked)
    tracemalloc.start()
    with CaptureQueriesContext(connection) as queries:
        for _piece in inspecting.archive(export):
            connection.queries_log.clear()
    _now, most = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    return most, len(queries)


def test_memory_does_not_grow_with_the_rows(city_admin: User) -> None:
    make_many(1500)
    piecewise(city_admin)
    few, _queries = piecewise(city_admin)
    make_many(6000)
    many, _queries = piecewise(city_admin)
    assert many < 1.5 * few
