"""Adding a kind costs one folder and three lines: proved by adding one, in a process with settings of its own."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

#: Each start is a process of its own with an environment of its own, whatever this half runs on.
pytestmark = pytest.mark.once

ROOT = Path(__file__).resolve().parent.parent
OF_THE_RUN = (
    "DATABASE_URL",
    "REDIS_URL",
    "TEST_DATABASE_NAME",
    "DJANGO_SETTINGS_MODULE",
    "MEDIA_ROOT",
    "REDIS_PREFIX",
)


def in_its_own_process(*arguments: str) -> subprocess.CompletedProcess[str]:
    """Run Python with the settings that know taps, on a throw-away SQLite of its own."""
    kept = {
        name: value
        for name, value in os.environ.items()
        if name not in OF_THE_RUN and not name.startswith(("PYTEST_", "COV_"))
    }
    return subprocess.run(
        [sys.executable, *arguments],
        cwd=ROOT,
        env={**kept, "DJANGO_SETTINGS_MODULE": "tests.throwaway.settings"},
        capture_output=True,
        text=True,
        timeout=900,
        check=False,
    )


def test_a_throw_away_kind_appears_in_home_search_map_api_and_admin_and_keeps_the_contract() -> None:
    options = ["-p", "no:xdist", "-p", "no:cacheprovider", "-q", "--ds=tests.throwaway.settings"]
    run = in_its_own_process(
        "-m", "pytest", *options, "tests/throwaway/check_tap.py", "tests/test_every_kind.py", "-k", "tap"
    )
    assert run.returncode == 0, run.stdout[-6000:] + run.stderr[-2000:]
    passed = next(line for line in run.stdout.splitlines() if " passed" in line)
    assert int(passed.split(" passed")[0].split()[-1]) >= 15, passed


def test_its_migration_is_complete() -> None:
    code = (
        "import django; django.setup(); from django.core.management import call_command; "
        "call_command('makemigrations', 'throwaway', check=True, dry_run=True)"
    )
    run = in_its_own_process("-c", code)
    assert run.returncode == 0, run.stdout + run.stderr
