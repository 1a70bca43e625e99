"""Static files as a city serves them: collected, hashed, compressed, and tidied up."""

import json
import os
import re
import subprocess
import time
from pathlib import Path

import pytest
from django.core.files.storage import storages
from django.core.management import call_command
from django.test import Client


@pytest.fixture(scope="module")
def collected(tmp_path_factory: pytest.TempPathFactory):
    """Collect everything once into a folder of its own and yield the folder."""
    from django.conf import settings
    from django.test import override_settings

    folder = tmp_path_factory.mktemp("static")
    backend = {"BACKEND": "portal.storage.HashedStaticStorage"}
    with override_settings(STATIC_ROOT=folder, STORAGES={**settings.STORAGES, "staticfiles": backend}):
        call_command("collectstatic", interactive=False, verbosity=0)
        yield folder


def test_modules_import_each_other_by_hashed_names(collected: Path) -> None:
    """A module that keeps a plain import is served from an old cache after an update."""
    plain = []
    for path in sorted((collected / "js").rglob("*.js")):
        if re.search(r"\.[0-9a-f]{12}\.js$", path.name):
            imports = re.findall(r"""^\s*import\b[^'"]*['"](\.[^'"]+)['"]""", path.read_text(), re.MULTILINE)
            plain += [
                f"{path.name}: {name}" for name in imports if not re.search(r"\.[0-9a-f]{12}\.m?js$", name)
            ]
    assert list((collected / "js").rglob("*.js"))
    assert plain == []


@pytest.mark.django_db
def test_every_static_file_that_the_home_page_names_is_there(collected: Path, client: Client) -> None:
    page = client.get("/").content.decode()
    names = set(re.findall(r'/static/([^"?#]+)', page))
    assert names
    assert [name for name in names if not (collected / name).is_file()] == []
    assert all(re.search(r"\.[0-9a-f]{12}\.\w+$", name) for name in names)


def test_text_files_are_compressed(collected: Path) -> None:
    name = storages["staticfiles"].stored_name("css/base.css")
    assert (collected / f"{name}.gz").is_file()


@pytest.mark.django_db
def test_the_worker_brings_files_along_by_their_hashed_names(collected: Path, client: Client) -> None:
    worker = client.get("/sw.js").content.decode()
    names = re.findall(r'"/static/([^"]+)"', worker)
    assert len(names) > 20
    assert [name for name in names if not re.search(r"\.[0-9a-f]{12}\.\w+$", name)] == []
    assert [name for name in names if not (collected / name).is_file()] == []


def test_tidying_removes_only_what_has_been_out_of_service_for_a_month(collected: Path) -> None:
    tidy = Path(__file__).resolve().parent.parent / "deploy" / "tidy-static"
    old, recent = collected / "css" / "base.0123456789ab.css", collected / "css" / "base.ba9876543210.css"
    in_service = {path for path in collected.rglob("*") if path.is_file()}
    for path in (old, recent):
        path.write_text("")
    for path in in_service | {old}:
        os.utime(path, (time.time() - 40 * 86_400,) * 2)
    subprocess.run([tidy, collected], check=True)
    assert {path for path in collected.rglob("*") if path.is_file()} == in_service | {recent}

    manifest = collected / "staticfiles.json"
    kept = manifest.read_text(encoding="utf-8")
    left_out = storages["staticfiles"].stored_name("css/base.css")
    paths = {name: hashed for name, hashed in json.loads(kept)["paths"].items() if hashed != left_out}
    manifest.write_text(json.dumps({"paths": paths}), encoding="utf-8")
    subprocess.run([tidy, collected], check=True)
    assert (collected / left_out).is_file(), "its month begins when a release leaves it out"
    manifest.write_text(kept, encoding="utf-8")


def test_without_a_manifest_tidying_removes_nothing(tmp_path: Path) -> None:
    tidy = Path(__file__).resolve().parent.parent / "deploy" / "tidy-static"
    (tmp_path / "old.css").write_text("")
    os.utime(tmp_path / "old.css", (0, 0))
    done = subprocess.run([tidy, tmp_path], check=True, capture_output=True, text=True)
    assert (tmp_path / "old.css").is_file()
    assert "nothing was removed" in done.stdout
