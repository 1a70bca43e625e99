"""Triggers that keep append-only tables append-only, on both engines.

Each app declares its tables (`guard`); they are installed after every migration, since SQLite drops a table's triggers
whenever a migration rebuilds it.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from django.db import connections

#: Table → the column that says until when a row must be kept; None: for good.
APPEND_ONLY: dict[str, str | None] = {}
#: What a column of moments is compared with.
NOW = {"postgresql": "now()", "sqlite": "strftime('%Y-%m-%d %H:%M:%f', 'now')"}

POSTGRES_FUNCTION = """
CREATE OR REPLACE FUNCTION refuse_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN RAISE EXCEPTION '% is append-only', TG_TABLE_NAME USING ERRCODE = 'integrity_constraint_violation'; END $$
"""
PARTITIONS = "SELECT inhrelid::regclass::text FROM pg_inherits WHERE inhparent = %s::regclass"


def guard(table: str, *, kept_until: str | None = None) -> None:
    """Count a table among the append-only ones; with `kept_until` rows may be deleted once that moment is past."""
    APPEND_ONLY[table] = kept_until


def install_guards(using: str = "default") -> None:
    """Create the triggers where they are missing; idempotent."""
    connection = connections[using]
    present = set(connection.introspection.table_names())
    with connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            cursor.execute(POSTGRES_FUNCTION)
        for table in APPEND_ONLY.keys() & present:
            for action in ("UPDATE", "DELETE"):
                name = f"{table}_no_{action.lower()}"
                kept_until = APPEND_ONLY[table] if action == "DELETE" else None
                when = f"WHEN (OLD.{kept_until} > {NOW[connection.vendor]}) " if kept_until else ""
                if connection.vendor == "postgresql":
                    cursor.execute(f"DROP TRIGGER IF EXISTS {name} ON {table}")
                    cursor.execute(
                        f"CREATE TRIGGER {name} BEFORE {action} ON {table} "
                        f"FOR EACH ROW {when}EXECUTE FUNCTION refuse_change()"
                    )
                else:
                    cursor.execute(
                        f"CREATE TRIGGER IF NOT EXISTS {name} BEFORE {action} ON {table} "
                        f"{when}BEGIN SELECT RAISE(ABORT, '{table} is append-only'); END"
                    )
            if connection.vendor == "postgresql":
                _refuse_truncating(cursor, table)


def guard_partitions(table: str, using: str = "default") -> None:
    """Refuse the emptying of a table's partitions too, the new ones among them; PostgreSQL alone has any."""
    if table in APPEND_ONLY and connections[using].vendor == "postgresql":
        with connections[using].cursor() as cursor:
            _refuse_truncating(cursor, table)


def _with_partitions(cursor: Any, table: str) -> list[str]:
    cursor.execute(PARTITIONS, [table])
    return [table, *(name for (name,) in cursor.fetchall())]


def _refuse_truncating(cursor: Any, table: str) -> None:
    """TRUNCATE passes by the triggers of rows, and by a table's own when a partition is named."""
    for name in _with_partitions(cursor, table):
        cursor.execute(f"DROP TRIGGER IF EXISTS {table}_no_truncate ON {name}")
        cursor.execute(
            f"CREATE TRIGGER {table}_no_truncate BEFORE TRUNCATE ON {name} "
            "FOR EACH STATEMENT EXECUTE FUNCTION refuse_change()"
        )


def remove_guards(using: str = "default") -> None:
    """Drop the triggers; only for emptying a database."""
    connection = connections[using]
    present = set(connection.introspection.table_names())
    is_postgresql = connection.vendor == "postgresql"
    with connection.cursor() as cursor:
        for table in APPEND_ONLY.keys() & present:
            for action in ("update", "delete"):
                on_table = f" ON {table}" if is_postgresql else ""
                cursor.execute(f"DROP TRIGGER IF EXISTS {table}_no_{action}{on_table}")
            for name in _with_partitions(cursor, table) if is_postgresql else ():
                cursor.execute(f"DROP TRIGGER IF EXISTS {table}_no_truncate ON {name}")


@contextmanager
def lifted(using: str = "default") -> Iterator[None]:
    """Lift the guards around emptying a database, and put them back."""
    remove_guards(using)
    try:
        yield
    finally:
        install_guards(using)
