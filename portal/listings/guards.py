"""Triggers that keep append-only tables append-only, on both engines.

Installed after every migration, since SQLite drops a table's triggers whenever a migration rebuilds it.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from django.db import connections

APPEND_ONLY = ("listings_revision", "listings_confirmation")

POSTGRES_FUNCTION = """
CREATE OR REPLACE FUNCTION refuse_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN RAISE EXCEPTION '% is append-only', TG_TABLE_NAME USING ERRCODE = 'integrity_constraint_violation'; END $$
"""


def install_guards(using: str = "default") -> None:
    """Create the triggers where they are missing; idempotent."""
    connection = connections[using]
    with connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            cursor.execute(POSTGRES_FUNCTION)
        for table in APPEND_ONLY:
            for action in ("UPDATE", "DELETE"):
                name = f"{table}_no_{action.lower()}"
                if connection.vendor == "postgresql":
                    cursor.execute(f"DROP TRIGGER IF EXISTS {name} ON {table}")
                    cursor.execute(
                        f"CREATE TRIGGER {name} BEFORE {action} ON {table} "
                        "FOR EACH ROW EXECUTE FUNCTION refuse_change()"
                    )
                else:
                    cursor.execute(
                        f"CREATE TRIGGER IF NOT EXISTS {name} BEFORE {action} ON {table} "
                        f"BEGIN SELECT RAISE(ABORT, '{table} is append-only'); END"
                    )


def remove_guards(using: str = "default") -> None:
    """Drop the triggers; only for emptying a database."""
    connection = connections[using]
    with connection.cursor() as cursor:
        for table in APPEND_ONLY:
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


def after_migrate(sender: Any, using: str, **kwargs: Any) -> None:
    """Put guards and the change counter's one row in place after every migration."""
    tables = connections[using].introspection.table_names()
    if not {*APPEND_ONLY, "listings_changecounter"} <= set(tables):
        return
    install_guards(using)
    from portal.listings.models import ChangeCounter

    ChangeCounter.objects.using(using).get_or_create(id=1)
