"""The worker of `/code/` and `/guard/`: what it brings along, and how a version comes and goes."""

import re
from pathlib import Path
from typing import Any

import pytest
from django.test import Client, override_settings

from services.codes.views import courier, worker
from services.codes.views.worker import Shell, with_imports

ROOT = Path(__file__).resolve().parent.parent
pytestmark = pytest.mark.django_db


def test_the_shell_is_the_same_for_everybody(client: Client, courier: Any) -> None:
    before = client.get("/code/")
    client.force_login(courier)
    client.cookies["theme"] = "dark"
    client.cookies["size"] = "largest"
    client.cookies["place"] = "330105010"
    after = client.get("/code/")
    assert before.content == after.content
    assert "private" not in after["Cache-Control"]
    assert "Set-Cookie" not in after


def test_the_shell_names_every_file_that_the_worker_brings_along(client: Client) -> None:
    page = client.get("/code/").content.decode()
    named = {name.partition("#")[0] for name in re.findall(r'(?:href|src)="/static/([^"]+)"', page)}
    assert named
    assert named <= set(courier.SHELL.must)


def test_modules_bring_along_what_they_import() -> None:
    found = with_imports(["js/xg1/verify.js"])
    assert {"js/xg1/verify.js", "js/xg1/judging.js", "js/xg1/bytes.js"} <= set(found)
    assert len(found) == len(set(found))


def test_page_worker_and_version_agree_and_change_with_any_file(
    client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    def told() -> set[str]:
        script = client.get("/code/sw.js")
        assert script["Cache-Control"] == "no-cache"
        assert "trusted-types" not in script["Content-Security-Policy"]
        found = re.search(r'"version":"(\w+)"', script.content.decode())
        assert found
        return {found[1], client.get("/code/version.json").json()["version"], client.get("/code/")["X-Shell"]}

    before = told()
    assert len(before) == 1
    assert told() == before
    read = worker.content
    monkeypatch.setattr(
        worker, "content", lambda name: read(name) + (b" " if name == "css/code.css" else b"")
    )
    after = told()
    assert len(after) == 1
    assert after != before


@pytest.mark.parametrize("language", ["zh-hans", "en"])
def test_the_version_tells_the_language_of_the_reader(client: Client, language: str) -> None:
    client.cookies["django_language"] = language
    answer = client.get("/code/version.json")
    assert answer["Cache-Control"] == "no-store"
    assert answer.json()["language"] == language
    assert answer.json()["kill"] is False


@override_settings(CODE_WORKERS_OFF=True)
def test_workers_that_are_off_are_neither_named_nor_left_on_phones(client: Client) -> None:
    assert "data-worker" not in client.get("/code/").content.decode()
    assert client.get("/code/version.json").json()["kill"] is True
    assert '"killed":true' in client.get("/code/sw.js").content.decode()


def test_a_file_that_a_shell_names_must_be_there() -> None:
    with pytest.raises(FileNotFoundError):
        _must = Shell("code", "codes/code/page.html", modules=("js/code/nothing_of_this_name.js",)).must


def test_scripts_of_the_worker_fit_sixty_lines() -> None:
    for path in sorted((ROOT / "static" / "js" / "gateworker").glob("*.js")):
        assert len(path.read_text(encoding="utf-8").splitlines()) <= 60, path.name
