"""The tools behind make: what they refuse, and what they leave alone."""

import gzip
import os
import socket
import subprocess
import sys
import uuid
from collections import Counter
from contextlib import nullcontext
from pathlib import Path

import pytest
from django.conf import settings
from django.core.cache import cache

from scripts import make_upgrade_dump, servers
from scripts import test as suite

ROOT = Path(__file__).resolve().parent.parent


def serve(**variables: str) -> subprocess.CompletedProcess:
    """Start the portal in a way that must be refused."""
    return subprocess.run(
        [sys.executable, "-m", "scripts.serve"],
        cwd=ROOT,
        env={**os.environ, **variables},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )


def test_a_port_that_is_no_number_is_refused() -> None:
    result = serve(PORT="eight")
    assert result.returncode == 2
    assert "PORT is a number" in result.stderr


def test_a_taken_port_is_refused_and_another_one_named() -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        result = serve(PORT=str(port))
    assert result.returncode == 2
    assert f"make run PORT={port + 1}" in result.stderr


def test_an_unknown_scale_is_refused() -> None:
    result = serve(PORT="1", SCALE="huge")
    assert result.returncode == 2
    assert "small or city" in result.stderr


@pytest.mark.parametrize(
    ("counts", "line"),
    [
        ({}, "no tests ran"),
        ({"passed": 3}, "3 passed"),
        ({"passed": 3, "failed": 1, "skipped": 2, "errors": 1}, "1 failed, 3 passed, 2 skipped, 1 error"),
    ],
)
def test_the_last_line_of_the_tests_is_worded_like_that_of_pytest(counts: dict[str, int], line: str) -> None:
    assert suite.words(Counter(counts)) == line


@pytest.mark.skipif(not settings.REDIS_URL, reason="This half of the tests runs without Redis.")
def test_clearing_the_cache_leaves_keys_of_others_in_redis() -> None:
    import redis

    foreign = f"somebody-elses-{uuid.uuid4().hex}"
    with redis.Redis.from_url(settings.REDIS_URL) as client:
        client.set(foreign, "kept", ex=60)
        cache.set("mine", 1)
        cache.clear()
        assert cache.get("mine") is None
        assert client.get(foreign) == b"kept"
        client.delete(foreign)


def test_a_test_starts_with_an_empty_cache() -> None:
    assert cache.get("left-by-another-test") is None
    cache.set("left-by-another-test", 1)


def test_another_test_starts_with_an_empty_cache_too() -> None:
    assert cache.get("left-by-another-test") is None
    cache.set("left-by-another-test", 1)


def test_a_dump_of_the_same_version_is_not_written_over(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture
) -> None:
    (tmp_path / "pyproject.toml").write_text('[project]\nversion = "9.8.7"\n')
    dump = tmp_path / "tests" / "upgrade" / "9.8.7" / "sqlite.sql.gz"
    dump.parent.mkdir(parents=True)
    dump.write_bytes(b"released")
    monkeypatch.setattr(make_upgrade_dump, "ROOT", tmp_path)
    monkeypatch.setattr(make_upgrade_dump, "_of_sqlite", lambda: b"anew")
    monkeypatch.setattr(make_upgrade_dump, "_of_postgresql", lambda url: b"anew")
    monkeypatch.setattr(make_upgrade_dump.servers, "postgresql", lambda: nullcontext(servers.Server("", "")))
    assert make_upgrade_dump.main([]) == 1
    assert "--replace" in capsys.readouterr().err
    assert dump.read_bytes() == b"released"
    assert make_upgrade_dump.main(["--replace"]) == 0
    assert gzip.decompress(dump.read_bytes()) == b"anew"
