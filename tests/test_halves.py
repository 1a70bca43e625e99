"""What runs in one half only is found out by itself, and whatever may reach a database is left in both."""

from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from tests.halves import says_nothing_of_a_database


@pytest.mark.parametrize(
    ("fixtures", "marks", "text", "expected"),
    [
        ((), (), "from portal.listings.hours import status_at", True),
        (("client", "settings"), (), "", True),
        (("db",), (), "", False),
        (("regions", "transactional_db"), (), "", False),
        (("live_server",), (), "", False),
        ((), ("django_db",), "", False),
        ((), (), "from tests.databases import fresh_database", False),
        ((), (), "subprocess.run([sys.executable, 'manage.py', 'check'])", False),
        ((), (), "from django.core.cache import cache", False),
        ((), (), "with Redis.from_url(address) as redis:", False),
    ],
)
def test_only_what_cannot_reach_a_database_runs_once(
    tmp_path: Path, fixtures: tuple[str, ...], marks: tuple[str, ...], text: str, expected: bool
) -> None:
    path = tmp_path / "test_something.py"
    path.write_text(text, encoding="utf-8")
    item: Any = SimpleNamespace(
        path=path, fixturenames=fixtures, get_closest_marker=lambda name: name if name in marks else None
    )
    assert says_nothing_of_a_database(item) is expected
