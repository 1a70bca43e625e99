"""The guard's shell as the server sends it, and the rules of its scripts."""

import re
import subprocess
from pathlib import Path

import pytest
from django.conf import settings
from django.test import Client

from services.codes.guard_says import SAYS
from services.codes.views import guard
from services.codes.views.worker import with_imports
from services.codes.xg1 import Verdict

ROOT = Path(settings.BASE_DIR)
SCRIPTS = sorted((ROOT / "static/js/guard").glob("*.js"))


def test_the_rules_of_the_scripts_hold() -> None:
    """A machine without node fails here: npm, which brings it, is a requirement."""
    done = subprocess.run(
        ["node", "--test", "tests/js/guard.test.mjs"], cwd=ROOT, capture_output=True, text=True
    )
    assert done.returncode == 0, done.stdout[-4000:] + done.stderr[-2000:]


@pytest.mark.django_db
@pytest.mark.parametrize("language", ["zh", "en"])
def test_the_shell_is_the_same_for_everybody(client: Client, courier: object, language: str) -> None:
    stranger = Client().get(f"/guard/?lang={language}", headers={"cookie": "nx_device=x; place=p:30.3,120.1"})
    client.force_login(courier)
    known = client.get(f"/guard/?lang={language}")
    assert stranger.content == known.content
    assert "csrfmiddlewaretoken" not in known.content.decode()
    assert "require-trusted-types-for 'script'" in known.headers["Content-Security-Policy"]


@pytest.mark.django_db
def test_the_shell_has_a_word_and_a_step_for_every_verdict(client: Client) -> None:
    page = client.get("/guard/").content.decode()
    for verdict in Verdict:
        assert f'"{verdict}": {{"word": ' in page, verdict
    assert "放行" in page


@pytest.mark.django_db
def test_the_enrolment_page_keeps_its_link_to_itself(client: Client) -> None:
    answer = client.get("/guard/enrol/some-token/")
    assert answer.status_code == 200
    assert "no-store" in answer.headers["Cache-Control"]
    assert answer.headers["Referrer-Policy"] == "no-referrer"
    assert "登记本机" in answer.content.decode()


def test_everything_that_the_reading_worker_needs_is_kept_for_times_without_a_network() -> None:
    assert set(with_imports(("js/guard/reader.js",))) <= set(guard.SHELL.files)


def test_the_scripts_say_nothing_that_the_shell_does_not_know() -> None:
    text = "\n".join(path.read_text(encoding="utf-8") for path in SCRIPTS)
    asked = set(re.findall(r"""\bsay\(\s*"([a-z_]+)\"""", text))
    assert asked
    assert asked <= set(SAYS)
    for state in ("ride", "enter", "closed", "unknown", "never"):
        assert f"terms_{state}" in SAYS


def test_the_scripts_are_short() -> None:
    assert SCRIPTS
    assert [path.name for path in SCRIPTS if len(path.read_text("utf-8").splitlines()) > 60] == []
