"""Emptying the database after a test that commits: as Django's flush leaves it, at a tenth of the cost.

Flush truncates every table and makes content types and permissions anew each time. Here only tables that hold rows are
emptied, and what every migration leaves behind is only compared.
"""

from typing import Any

from django.db import connections, transaction

from portal.listings.models import ChangeCounter
from portal.running.guards import lifted

#: Filled after every migration by Django itself; the counter's one row is put back by `empty`.
STANDING = ("auth_permission", "django_content_type")
COUNTER = ChangeCounter._meta.db_table

_stood: dict[str, list[list[tuple]]] = {}


def empty(alias: str, flush: Any) -> None:
    """Leave the tables of a database as after migrating; `flush()` does the same the slow way, where that is needed."""
    if alias not in _stood or _standing(alias) != _stood[alias]:
        with lifted(alias):
            flush()
        _stood[alias] = _standing(alias)
        assert _filled(alias) == {*STANDING, COUNTER}, (
            "what else a migration leaves behind belongs into STANDING"
        )
        return
    filled = _filled(alias) - {*STANDING}
    with transaction.atomic(using=alias), lifted(alias), connections[alias].cursor() as cursor:
        for table in sorted(filled):
            cursor.execute(f'DELETE FROM "{table}"')
        ChangeCounter.objects.using(alias).create(id=1)


def _standing(alias: str) -> list[list[tuple]]:
    with connections[alias].cursor() as cursor:
        found = []
        for table in STANDING:
            cursor.execute(f'SELECT * FROM "{table}" ORDER BY id')
            found.append(cursor.fetchall())
    return found


def _filled(alias: str) -> set[str]:
    """Return the tables that hold rows."""
    names = connections[alias].introspection.django_table_names(only_existing=True, include_views=False)
    each = (f"SELECT '{name}' WHERE EXISTS (SELECT 1 FROM \"{name}\")" for name in names)
    with connections[alias].cursor() as cursor:
        cursor.execute(" UNION ALL ".join(each))
        return {name for (name,) in cursor.fetchall()}
