"""Static files as a city serves them: collected, hashed, compressed."""

import re
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
                f"{path.name}: {name}" for name in imports if not re.search(r"\.[0-9a-f]{12}\.js$", name)
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
