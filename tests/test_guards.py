"""What is written once stays: neither changed, nor deleted before its time, nor emptied away."""

import datetime as dt

import pytest
from django.db import IntegrityError, connection, transaction

from portal.running.guards import APPEND_ONLY
from services.codes.partitions import ensure_partitions

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize("table", sorted(APPEND_ONLY))
def test_append_only_tables_have_their_guards(table: str) -> None:
    actions = ["update", "delete"]
    with connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            cursor.execute("SELECT tgname FROM pg_trigger WHERE NOT tgisinternal")
            actions.append("truncate")
        else:
            cursor.execute("SELECT name FROM sqlite_master WHERE type = 'trigger'")
        names = {row[0] for row in cursor.fetchall()}
    assert {f"{table}_no_{action}" for action in actions} <= names


@pytest.mark.skipif(connection.vendor != "postgresql", reason="SQLite has no TRUNCATE and no partitions")
@pytest.mark.parametrize("table", [*sorted(APPEND_ONLY), "codes_pass_default"])
def test_no_table_and_no_partition_is_truncated(table: str) -> None:
    with (
        pytest.raises(IntegrityError, match="append-only"),
        transaction.atomic(),
        connection.cursor() as cursor,
    ):
        cursor.execute(f"TRUNCATE {table} CASCADE")


@pytest.mark.skipif(connection.vendor != "postgresql", reason="SQLite has no partitions")
def test_a_new_partition_is_guarded_too() -> None:
    [*_others, newest] = ensure_partitions(now=dt.datetime(2031, 5, 1, tzinfo=dt.UTC))
    with (
        pytest.raises(IntegrityError, match="append-only"),
        transaction.atomic(),
        connection.cursor() as cursor,
    ):
        cursor.execute(f"TRUNCATE {newest}")
