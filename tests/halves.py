"""Which tests say nothing of a database, and so need run in one half only.

pytest-django refuses every query to a test that asked for no database, so whoever asked for none touches none, unless
by a process or a server of its own: a module that names one has all its tests run in both halves.
"""

import re
from functools import cache
from pathlib import Path

import pytest

_ASKING = frozenset({"db", "transactional_db", "django_db_setup", "live_server"})
_NAMES_A_SERVER = re.compile(
    r"tests\.databases|redis|postgres|sqlite|DATABASE_URL|django\.core\.cache|django\.db|django\.setup|manage\.py",
    re.IGNORECASE,
)


def says_nothing_of_a_database(item: pytest.Item) -> bool:
    """Say whether a test would be the same on any database."""
    asks = not _ASKING.isdisjoint(getattr(item, "fixturenames", ())) or item.get_closest_marker("django_db")
    return not asks and not _names_a_server(item.path)


@cache
def _names_a_server(path: Path) -> bool:
    return _NAMES_A_SERVER.search(path.read_text(encoding="utf-8")) is not None
