"""The pass log by months on PostgreSQL: ranges of UUIDv7, whose first 48 bits are milliseconds since 1970."""

import datetime as dt
import uuid
from typing import Any

from django.db import connections, transaction
from django.db.migrations.operations import CreateModel
from django.db.migrations.state import ProjectState

from portal.listings.hours import CITY_TIME
from portal.running.guards import guard_partitions

TABLE = "codes_pass"
DEFAULT = f"{TABLE}_default"
MONTHS_AHEAD = 3


def month_start(moment: dt.datetime, *, months: int = 0) -> dt.datetime:
    """Return the beginning of the city's month of a moment, or of one so many months later."""
    local = moment.astimezone(CITY_TIME)
    year, month = divmod(local.year * 12 + local.month - 1 + months, 12)
    return dt.datetime(year, month + 1, 1, tzinfo=CITY_TIME)


def lowest_id(moment: dt.datetime) -> uuid.UUID:
    """Return the lowest UUID of a millisecond."""
    return uuid.UUID(int=int(moment.timestamp() * 1000) << 80)


def ensure_partitions(*, now: dt.datetime, using: str = "default") -> list[str]:
    """Create the partitions from last month to three months ahead where they are missing; return the new names.

    Rows that came while a month had no partition lie in the default one; they are moved. Nothing to do on SQLite.
    """
    connection = connections[using]
    if connection.vendor != "postgresql":
        return []
    made = []
    for months in range(-1, MONTHS_AHEAD + 1):
        start = month_start(now, months=months)
        name = f"{TABLE}_{start:%Y_%m}"
        with transaction.atomic(using=using), connection.cursor() as cursor:
            cursor.execute("SELECT pg_advisory_xact_lock(hashtext(%s))", [TABLE])
            cursor.execute("SELECT to_regclass(%s)", [name])
            if cursor.fetchone()[0] is None:
                _create(cursor, name, lowest_id(start), lowest_id(month_start(start, months=1)))
                made.append(name)
    if made:
        guard_partitions(TABLE, using)
    return made


def _create(cursor: Any, name: str, low: uuid.UUID, high: uuid.UUID) -> None:
    cursor.execute(f"ALTER TABLE {TABLE} DETACH PARTITION {DEFAULT}")
    cursor.execute(f"CREATE TABLE {name} PARTITION OF {TABLE} FOR VALUES FROM ('{low}') TO ('{high}')")
    inside = f"FROM {DEFAULT} WHERE id >= '{low}' AND id < '{high}'"
    cursor.execute(f"INSERT INTO {TABLE} SELECT * {inside}")  # noqa: S608
    cursor.execute(f"DELETE {inside}")  # noqa: S608
    cursor.execute(f"ALTER TABLE {TABLE} ATTACH PARTITION {DEFAULT} DEFAULT")


class CreatePartitionedModel(CreateModel):
    """Create a model whose table PostgreSQL partitions by ranges of `id`, with a default partition to begin with."""

    def database_forwards(
        self, app_label: str, schema_editor: Any, from_state: ProjectState, to_state: ProjectState
    ) -> None:
        """Create the table; SQLite gets a plain one."""
        if schema_editor.connection.vendor != "postgresql":
            super().database_forwards(app_label, schema_editor, from_state, to_state)
            return
        plain = schema_editor.sql_create_table
        schema_editor.sql_create_table = f'{plain} PARTITION BY RANGE ("id")'
        try:
            super().database_forwards(app_label, schema_editor, from_state, to_state)
        finally:
            del schema_editor.sql_create_table
        schema_editor.execute(f"CREATE TABLE {DEFAULT} PARTITION OF {TABLE} DEFAULT")
