"""The pass log's table: append-only, deletable once past its time, and by months on PostgreSQL."""

import datetime as dt
import uuid

import pytest
from django.db import IntegrityError, connection, transaction

from services.codes.models import Pass
from services.codes.partitions import ensure_partitions, lowest_id, month_start

NOW = dt.datetime(2026, 11, 26, 4, tzinfo=dt.UTC)

pytestmark = pytest.mark.django_db


def put(moment: dt.datetime, *, kept: dt.timedelta = dt.timedelta(days=30)) -> uuid.UUID:
    key = uuid.UUID(int=lowest_id(moment).int | 7)
    values = {"scanned_at": moment, "received_at": moment, "retention_until": moment + kept}
    Pass.objects.create(id=key, listing_id=1, method="scan", verdict="ok", row_digest="", **values)
    return key


def partition_of(key: uuid.UUID) -> str:
    with connection.cursor() as cursor:
        cursor.execute("SELECT tableoid::regclass::text FROM codes_pass WHERE id = %s", [key])
        return cursor.fetchone()[0]


def test_a_pass_cannot_be_changed_and_is_deleted_only_past_its_time() -> None:
    from django.utils import timezone

    kept = put(timezone.now())
    old = put(timezone.now() - dt.timedelta(days=31))
    with pytest.raises(IntegrityError, match="append-only"), transaction.atomic():
        Pass.objects.filter(pk=kept).update(verdict="revoked")
    with pytest.raises(IntegrityError, match="append-only"), transaction.atomic():
        Pass.objects.filter(pk=kept).delete()
    Pass.objects.filter(pk=old).delete()
    assert set(Pass.objects.values_list("pk", flat=True)) == {kept}


def test_months_begin_at_midnight_in_the_city() -> None:
    assert (
        month_start(dt.datetime(2026, 11, 30, 16, tzinfo=dt.UTC)).isoformat() == "2026-12-01T00:00:00+08:00"
    )
    assert month_start(NOW, months=2).isoformat() == "2027-01-01T00:00:00+08:00"


@pytest.mark.skipif(connection.vendor != "postgresql", reason="SQLite keeps the pass log in one table")
def test_rows_that_came_before_their_month_had_a_partition_are_moved_into_it() -> None:
    early = put(NOW)
    assert partition_of(early) == "codes_pass_default"
    made = ensure_partitions(now=NOW)
    assert made == [f"codes_pass_{name}" for name in ("2026_10", "2026_11", "2026_12", "2027_01", "2027_02")]
    assert ensure_partitions(now=NOW) == []
    assert partition_of(early) == "codes_pass_2026_11"
    last, first = (
        dt.datetime(2026, 11, 30, 15, 59, 59, tzinfo=dt.UTC),
        dt.datetime(2026, 11, 30, 16, tzinfo=dt.UTC),
    )
    assert partition_of(put(last)) == "codes_pass_2026_11"
    assert partition_of(put(first)) == "codes_pass_2026_12"


@pytest.mark.skipif(connection.vendor != "postgresql", reason="SQLite keeps the pass log in one table")
def test_a_row_in_a_new_partition_is_guarded_too() -> None:
    from django.utils import timezone

    ensure_partitions(now=timezone.now())
    key = put(timezone.now())
    with pytest.raises(IntegrityError, match="append-only"), transaction.atomic():
        Pass.objects.filter(pk=key).delete()
