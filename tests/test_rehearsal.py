"""The rehearsal of deploy.md, as a test of the PostgreSQL half: it needs the same programs, and nginx."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from django.db import connection

ROOT = Path(__file__).resolve().parent.parent
HAS_NGINX = bool(shutil.which("nginx")) or Path("/usr/sbin/nginx").exists()


@pytest.mark.skipif(connection.vendor != "postgresql", reason="the rehearsal belongs to the PostgreSQL half")
@pytest.mark.skipif(not HAS_NGINX and not os.environ.get("CI"), reason="no nginx on this machine")
def test_a_city_on_one_machine_bears_what_breaks() -> None:
    left_out = {
        "DATABASE_URL",
        "REDIS_URL",
        "REDIS_PREFIX",
        "TEST_DATABASE_NAME",
        "MEDIA_ROOT",
        "DJANGO_SETTINGS_MODULE",
    }
    environment = {name: value for name, value in os.environ.items() if name not in left_out}
    done = subprocess.run(
        [sys.executable, "-m", "tests.rehearsal"],
        cwd=ROOT,
        env=environment,
        capture_output=True,
        text=True,
        timeout=600,
    )
    print(done.stdout)
    assert done.returncode == 0, f"{done.stdout}\n{done.stderr[-3000:]}"
    assert "Everything held." in done.stdout


def test_the_shipped_files_name_only_settings_that_exist() -> None:
    page = (ROOT / "docs" / "settings.md").read_text(encoding="utf-8")
    lines = (ROOT / "deploy" / "nuanxin.env.example").read_text(encoding="utf-8").splitlines()
    names = {line.partition("=")[0] for line in lines if line and not line.startswith("#")}
    assert len(names) > 20
    assert sorted(name for name in names if f"`{name}`" not in page) == []


def test_the_scripts_of_a_release_are_read_by_a_plain_shell() -> None:
    for name in ("release", "tidy-static"):
        script = ROOT / "deploy" / name
        assert os.access(script, os.X_OK)
        subprocess.run(["sh", "-n", script], check=True)
