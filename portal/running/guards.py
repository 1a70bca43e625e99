"""Triggers that keep append-only tables append-only, on both engines.

Each app declares its tables (`guard`); they are installed after every migration, since SQLite drops a table's triggers
whenever a migration rebuilds it.
"""

from collections.abc import Iterator
from contextlib import contextmanager

from django.db import connections

#: Table → the column that says until when a row must be kept; None: for good.
APPEND_ONLY: dict[str, str | None] = {}
#: What a column of moments is compared with.
NOW = {"postgresql": "now()", "sqlite": "strftime('%Y-%m-%d %H:%M:%f', 'now')"}

POSTGRES_FUNCTION = """
CREATE OR REPLACE FUNCTION refuse_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN RAISE EXCEPTION '% is append-only', TG_TABLE_NAME USING ERRCODE = 'integrity_constraint_violation'; END $$
"""


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


def remove_guards(using: str = "default") -> None:
    """Drop the triggers; only for emptying a database."""
    connection = connections[using]
    present = set(connection.introspection.table_names())
    with connection.cursor() as cursor:
        for table in APPEND_ONLY.keys() & present:
            for action in ("UPDATE", "DELETE"):
                on_table = f" ON {table}" if connection.vendor == "postgresql" else ""
                cursor.execute(f"DROP TRIGGER IF EXISTS {table}_no_{action.lower()}{on_table}")


@contextmanager
def lifted(using: str = "default") -> Iterator[None]:
    """Lift the guards around emptying a database, and put them back."""
    remove_guards(using)
    try:
        yield
    finally:
        install_guards(using)
