"""Five thousand rows imported, changed and undone on SQLite at city scale, while four writers go on working."""

import csv
import io
import multiprocessing
import statistics
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from django.db import connection, transaction

from tests.bench.measuring import Row

ROWS, WRITERS, PAUSE = 5_000, 4, 0.2
MOST_SECONDS, MOST_TRANSACTION, MOST_WAIT = 120, 5, 5
HEADER = ("名称", "街道", "地址", "纬度", "经度", "坐标系", "电话", "营业时间", "套餐")
HOURS = "周一至周五 10:30-13:30(午餐); 周六 休息"
MEAL = "一荤两素 | 红烧肉、青菜 | 1 | 2 | 10 | 15 | 50 | 午餐"


def import_rows() -> list[Row]:
    """Seconds for new rows, changed rows and undoing; the longest transaction, and what the others waited."""
    from canteens.models import Canteen
    from portal.listings import exporting
    from portal.listings.columns import column_headers
    from portal.listings.importing_headers import column_names
    from portal.listings.importing_tables import read_table

    user = _person()
    found: list[Row] = []
    with _longest() as longest, _others() as waits:
        batch = _measured("new", found, lambda: _import(Canteen, _new_file(), user))
        made = Canteen.objects.filter(import_rows__batch=batch)
        table = read_table(exporting.export(made, "csv", user))
        phone = column_names(table.header, column_headers(Canteen)).index("phone")
        for _number, texts in table.rows:
            texts[phone] = "0571-99999999"
        changed = _as_csv([table.header, *(texts for _number, texts in table.rows)])
        batch = _measured("changed", found, lambda: _import(Canteen, changed, user))
        _measured("undone", found, lambda: _undo(batch, user))
    told = [wait for process in waits for wait in process]
    found.append(_row("longest transaction of the three", max(longest), MOST_TRANSACTION))
    median = statistics.median(told)
    found.append(_row(f"longest of {len(told)} edits by {WRITERS} others", max(told), MOST_WAIT, median))
    return found


def _row(name: str, seconds: float, most: float, beside: float | None = None) -> Row:
    shown = most if beside is None else beside
    return Row(f"import, SQLite: {name}", seconds, shown, seconds / most, 1, "<=", "s")


def _measured(word: str, found: list[Row], deed: Any) -> Any:
    began = time.monotonic()
    result = deed()
    found.append(_row(f"{ROWS} rows {word}", time.monotonic() - began, MOST_SECONDS))
    return result


def _person() -> Any:
    from portal.accounts.acting import acting_as
    from portal.accounts.models import User

    return acting_as(User.objects.create_superuser("13800000098", "a-long-password-for-the-bench"))


def _new_file() -> bytes:
    from portal.regions.models import Street

    streets = list(Street.objects.filter(code__startswith="3301").values_list("code", flat=True))
    lines = [list(HEADER)]
    for number in range(ROWS):
        lat, lng = 30.1 + number % 71 / 200, 120.0 + number // 71 / 150
        street = streets[number % len(streets)]
        place = [f"{number}号便民食堂", street, f"康桥路{number}号", f"{lat:.6f}", f"{lng:.6f}", "WGS-84"]
        lines.append([*place, "0571-88888888", HOURS, MEAL])
    return _as_csv(lines)


def _as_csv(lines: list[list[str]]) -> bytes:
    text = io.StringIO()
    csv.writer(text).writerows(lines)
    return text.getvalue().encode()


def _import(model: Any, content: bytes, user: Any) -> Any:
    from portal.listings import importing_batches
    from portal.listings.importing_work import run

    batch = importing_batches.begin(model=model, content=content, name="x.csv", mode="add", user=user)
    run(batch.pk)
    batch.refresh_from_db()
    importing_batches.choose(batch=batch, choices={}, rest="new", user=user)
    importing_batches.confirm(batch=batch, user=user, skip_refused=True)
    run(batch.pk)
    batch.refresh_from_db()
    written = batch.rows.exclude(written_number=None).count()
    assert (batch.state, written) == ("done", ROWS), (batch.state, written, batch.failure_en)
    return batch


def _undo(batch: Any, user: Any) -> None:
    from portal.listings import importing_batches
    from portal.listings.importing_work import run

    importing_batches.undo(batch=batch, user=user)
    run(batch.pk)
    batch.refresh_from_db()
    assert batch.state == "undone", batch.state


@contextmanager
def _longest() -> Iterator[list[float]]:
    """Yield the seconds of every outermost transaction of this process."""
    seconds: list[float] = [0.0]
    began: list[float] = []
    enter, leave = transaction.Atomic.__enter__, transaction.Atomic.__exit__

    def entered(self: Any) -> None:
        is_outermost = not connection.in_atomic_block
        enter(self)
        if is_outermost:
            began[:] = [time.monotonic()]

    def left(self: Any, *args: Any) -> None:
        leave(self, *args)
        if not connection.in_atomic_block and began:
            seconds.append(time.monotonic() - began.pop())

    transaction.Atomic.__enter__, transaction.Atomic.__exit__ = entered, left  # type: ignore[method-assign]
    try:
        yield seconds
    finally:
        transaction.Atomic.__enter__, transaction.Atomic.__exit__ = enter, leave  # type: ignore[method-assign]


@contextmanager
def _others() -> Iterator[list[list[float]]]:
    """Let four processes edit listings until the block ends; yield what each edit took, filled in at the end."""
    from services.stations.models import Station

    keys = list(Station.objects.published().order_by("pk").values_list("pk", flat=True)[: WRITERS * 20])
    connection.close()
    context = multiprocessing.get_context("fork")
    stop = context.Event()
    waits: list[list[float]] = []
    with context.Pool(WRITERS, initializer=_remember, initargs=(stop,)) as pool:
        asked = [pool.apply_async(_edit, (keys[number::WRITERS],)) for number in range(WRITERS)]
        try:
            yield waits
        finally:
            stop.set()
            waits += [one.get(60) for one in asked]


_STOP: list[Any] = []


def _remember(stop: Any) -> None:
    _STOP[:] = [stop]


def _edit(keys: list[int]) -> list[float]:
    from portal.listings import revising
    from services.stations.models import Station

    connection.close()
    waits, number = [], 0
    while not _STOP[0].is_set():
        place = Station.objects.get(pk=keys[number % len(keys)])
        began = time.monotonic()
        revising.edit(listing=place, changes={"notice": f"第{number}次"}, actor=None, channel="office")
        waits.append(time.monotonic() - began)
        number += 1
        time.sleep(PAUSE)
    return waits
