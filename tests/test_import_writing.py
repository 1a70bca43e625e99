"""Writing an import: checked before the lock, compared under it, and equal to editing one by one."""

import datetime as dt
from collections.abc import Iterator
from typing import Any

import pytest
import time_machine
from django.db import connection
from django.test.utils import CaptureQueriesContext

from canteens.models import Canteen
from portal.listings import exporting, importing_batches, importing_writing, revising
from portal.listings.hours import CITY_TIME
from portal.listings.importing_tables import Table, read_table
from portal.listings.importing_verdicts import CHANGED, NEW, REFUSED, UNCHANGED
from portal.listings.importing_work import run
from portal.listings.kinds import listing_models
from portal.listings.models import Listing, OpenInterval, Proposal, Revision
from portal.listings.publishing import last_number
from tests.factories import make_apartment, make_canteen, make_compound, make_station
from tests.importing import checked, import_rows, verdicts_of, written
from tests.test_import_reasons import CHINESE
from tests.test_import_rows import GOOD, table

MAKERS = {
    "apartment": (make_apartment, {"押金（元）": "1000", "户型": ""}),
    "canteen": (make_canteen, {"座位数": "40", "套餐": "两荤一素 | 鱼、肉、菜 | 2 | 1 | 12 | 18"}),
    "compound": (make_compound, {"户数": "900", "楼幢": "2幢 | 10 | 20 | 南门"}),
    "station": (make_station, {"面积（平方米）": "55", "设施": ""}),
}
HOURS = {"营业时间": "周一至周日 09:00-21:00", "特殊日期": "2026-12-31 休息 盘点"}
PLACED = {"名称": "康桥新名", "街道": "康桥街道", "社区": "康桥社区", "纬度": "30.3441", "经度": "120.1651"}


@pytest.fixture
def still() -> Iterator[None]:
    """Let the clock stand, so that twins made one after the other are alike."""
    with time_machine.travel(dt.datetime(2026, 11, 23, 12, tzinfo=CITY_TIME), tick=False):
        yield


def stored(listing: Listing) -> dict[str, Any]:
    """Return everything that an edit leaves behind, but for its moment and numbers that count everybody's changes."""
    row = Listing.objects.filter(pk=listing.pk).values().get()
    for key in ("id", "public_id", "created_at", "changed_at", "change_number", "document_hash"):
        row.pop(key)
    row["document"] = row["document"].replace(listing.public_id, "")
    kind = type(listing).objects.filter(pk=listing.pk).values(*type(listing).own_fields).get()
    revisions = Revision.objects.filter(listing_id=listing.pk).order_by("number")
    proposals = Proposal.objects.filter(listing_id=listing.pk)
    signed = ("actor_id", "actor_label", "post_label", "channel")
    return {
        "row": row,
        "kind": kind,
        "revisions": list(revisions.values("number", "before", "after", *signed)),
        "proposals": list(proposals.values("base_number", "changes", "outcome", *signed)),
        "intervals": list(
            OpenInterval.objects.filter(timetable=listing.timetable)
            .order_by("starts_at")
            .values_list("starts_at", "ends_at")
        ),
    }


def many(count: int, **cells: str) -> tuple[list[Canteen], Table]:
    places = [make_canteen(name=f"食堂{number}") for number in range(count)]
    return places, table(*[{"编号": place.public_id, **cells} for place in places])


@pytest.mark.django_db
@pytest.mark.usefixtures("still")
@pytest.mark.parametrize("state", ["published", "paused", "draft"])
@pytest.mark.parametrize("persona", ["clerk", "community_clerk"])
@pytest.mark.parametrize("model", listing_models(), ids=lambda model: model.kind_name)
def test_an_import_and_edits_one_by_one_store_the_same(
    model: Any, persona: str, state: str, clerk: Any, request: pytest.FixtureRequest
) -> None:
    user = request.getfixturevalue(persona)
    make, own = MAKERS[model.kind_name]
    columns = [{"电话": "0571-9"}, HOURS, own, {**own, **HOURS, **PLACED}]
    pairs = [
        [make(name=f"地点{number}", state=state, community="330105010001") for _twin in (1, 2)]
        for number in range(len(columns))
    ]
    ones = model.objects.filter(pk__in=[one.pk for one, _two in pairs])
    rows = read_table(exporting.export(ones, "csv", clerk))
    by_number = {one.public_id: cells for (one, _two), cells in zip(pairs, columns, strict=True)}
    for _number, texts in rows.rows:
        for header, text in by_number[texts[0]].items():
            texts[rows.header.index(header)] = text
    batch = checked(model, rows, user)
    assert verdicts_of(batch) == [CHANGED] * len(columns)
    twins = {one.pk: two for one, two in pairs}
    for row in batch.rows.all():
        two = twins[row.listing_id]
        revising.edit(listing=two, changes=row.changes, actor=user, channel="import")
    written(batch, user)
    for one, two in pairs:
        assert stored(one) == stored(two)
    waiting = persona == "community_clerk" and state != "draft"
    assert Proposal.objects.count() == (2 * len(columns) if waiting else 0)


@pytest.mark.django_db
@pytest.mark.usefixtures("still")
@pytest.mark.parametrize("model", listing_models(), ids=lambda model: model.kind_name)
def test_new_rows_and_creating_one_by_one_store_the_same(model: Any, clerk: Any) -> None:
    MAKERS[model.kind_name][0]()
    rows = read_table(exporting.export(model.objects.all(), "csv", clerk))
    for _number, texts in rows.rows:
        texts[0], texts[rows.header.index("地址")] = "", "康桥路 9 号"
    batch = checked(model, rows, clerk)
    assert verdicts_of(batch) == [NEW]
    apart = stored_of_new(model, batch.rows.get().changes, clerk)
    written(batch, clerk)
    assert stored(model.objects.get(pk=batch.rows.get().listing_id)) == apart


def stored_of_new(model: Any, changes: Any, user: Any) -> dict[str, Any]:
    """Return what creating one listing stores; keep no trace of it by which the next would be known."""
    listing = revising.create(model=model, changes=changes, actor=user, channel="import")
    found = stored(listing)
    Listing.objects.filter(pk=listing.pk).update(state="archived")
    return found


@pytest.mark.django_db(transaction=True)
def test_nothing_is_read_or_checked_while_the_write_lock_is_held(clerk: Any, monkeypatch: Any) -> None:
    _places, rows = many(2, 电话="0571-9", 营业时间="周一 09:00-10:00")
    rows.rows.append((9, ["", *rows.rows[0][1][1:]]))
    rows.header += ["名称", "街道"]
    rows.rows[-1][1].extend(["新食堂", "康桥街道"])
    for texts in rows.rows[:-1]:
        texts[1].extend(["食堂", "康桥街道"])
    checked = []
    for name in ("full_clean", "clean_fields"):
        for model in (Canteen, Canteen._meta.get_field("weekly_hours").related_model):
            real = getattr(model, name)

            def seen(self: Any, *args: Any, _real: Any = real, **kwargs: Any) -> Any:
                checked.append(connection.in_atomic_block)
                return _real(self, *args, **kwargs)

            monkeypatch.setattr(model, name, seen)
    batch = import_rows(Canteen, rows, clerk)
    assert verdicts_of(batch) == [CHANGED, CHANGED, NEW]
    assert len(checked) > 6
    assert not any(checked)


@pytest.mark.django_db
def test_the_write_takes_a_few_statements_a_row_and_one_step_of_the_counter(clerk: Any) -> None:
    """A row costs its own fields, its latest confirmations and twice its common row (searched words; document)."""
    counts = []
    for number in (2, 12):
        _places, rows = many(number, 电话="0571-9")
        batch = checked(Canteen, rows, clerk)
        importing_batches.confirm(batch=batch, user=clerk)
        with CaptureQueriesContext(connection) as queries:
            run(batch.pk)
        counts.append(len(queries))
        steps = [query for query in queries if "UPDATE listings_changecounter" in query["sql"]]
        assert len(steps) == 1
    assert (counts[1] - counts[0]) / 10 <= 4


@pytest.mark.django_db
def test_the_numbers_of_one_import_follow_each_other(clerk: Any) -> None:
    places, rows = many(3, 电话="0571-9")
    before = last_number()
    import_rows(Canteen, rows, clerk)
    numbers = Listing.objects.filter(pk__in=[place.pk for place in places]).values_list(
        "change_number", flat=True
    )
    assert sorted(numbers) == [before + 1, before + 2, before + 3]


@pytest.mark.django_db
def test_a_listing_that_moved_on_since_the_check_is_refused_and_the_others_are_written(clerk: Any) -> None:
    (first, second), rows = many(2, 电话="0571-9")
    batch = checked(Canteen, rows, clerk)
    revising.edit(listing=second, changes={"notice": "改"}, actor=None, channel="office")
    written(batch, clerk)
    assert verdicts_of(batch) == [CHANGED, REFUSED]
    reasons = batch.rows.get(listing=second).reasons
    assert CHINESE.search(reasons[0]["zh-hans"])
    assert reasons[0]["en"] == "Somebody changed this listing while the file was being checked. Try again."
    assert Canteen.objects.get(pk=first.pk).phone == "0571-9"
    assert Canteen.objects.get(pk=second.pk).phone == second.phone
    assert batch.state == "done"


@pytest.mark.django_db
def test_a_listing_that_moves_on_between_reading_and_locking_is_refused(
    clerk: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    (first, second), rows = many(2, 电话="0571-9")
    batch = checked(Canteen, rows, clerk)
    prepared = importing_writing.prepared

    def meddled(*args: Any) -> Any:
        chunk = prepared(*args)
        revising.edit(listing=second, changes={"notice": "改"}, actor=None, channel="office")
        return chunk

    monkeypatch.setattr(importing_writing, "prepared", meddled)
    written(batch, clerk)
    assert verdicts_of(batch) == [CHANGED, REFUSED]
    assert Canteen.objects.get(pk=first.pk).phone == "0571-9"
    assert Canteen.objects.get(pk=second.pk).notice == "改"


@pytest.mark.django_db
def test_a_new_row_that_somebody_added_since_the_check_is_not_added_twice(clerk: Any) -> None:
    rows = table(GOOD)
    batch = checked(Canteen, rows, clerk)
    import_rows(Canteen, rows, clerk)
    written(batch, clerk)
    assert verdicts_of(batch) == [REFUSED]
    assert Canteen.objects.count() == 1


@pytest.mark.django_db
def test_rows_without_a_change_beside_changed_ones_are_left_alone(clerk: Any) -> None:
    still, other = make_canteen(name="甲"), make_canteen(name="乙")
    before = Listing.objects.filter(pk=still.pk).values().get()
    rows = table({"编号": still.public_id, "电话": still.phone}, {"编号": other.public_id, "电话": "0571-9"})
    assert verdicts_of(import_rows(Canteen, rows, clerk)) == [UNCHANGED, CHANGED]
    assert Listing.objects.filter(pk=still.pk).values().get() == before
