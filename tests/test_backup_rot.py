"""A byte that rots in one backup spoils that one, not those after it, and the last good one stays."""

import datetime as dt
from pathlib import Path
from typing import Any

import pytest
import time_machine
from django.core.files.base import ContentFile
from django.core.files.storage import storages

from portal.keeping import media
from portal.keeping.backing_up import back_up
from portal.keeping.manifest import backups_in

pytestmark = pytest.mark.django_db(transaction=True)
FILE = "drawings/a.svg"
GOOD, ROTTEN = b"<svg>good</svg>", b"<svg>gooc</svg>"
NIGHT = dt.datetime(2026, 11, 26, 2, 15, tzinfo=dt.UTC)


@pytest.fixture(autouse=True)
def _own_media(settings: Any, tmp_path: Path) -> None:
    """Give each test storages of its own, with one file."""
    places = {
        alias: {
            "BACKEND": "django.core.files.storage.FileSystemStorage",
            "OPTIONS": {"location": tmp_path / "media" / alias, "base_url": "/media/"},
        }
        for alias in media.KEPT
    }
    settings.STORAGES = {**settings.STORAGES, **places}
    storages["public"].save(FILE, ContentFile(GOOD))


@pytest.fixture
def parent(tmp_path: Path) -> Path:
    return tmp_path / "backups"


def back_up_in_night(number: int, parent: Path, keep: int = 0) -> Path:
    with time_machine.travel(NIGHT + dt.timedelta(days=number)):
        folder, manifest = back_up(parent, keep=keep)
    assert not manifest.missing
    return folder


def copy_in(folder: Path) -> Path:
    return folder / "media/public" / FILE


def rot(path: Path) -> None:
    """Change a byte and leave the size, as a disk does."""
    path.chmod(0o600)
    path.write_bytes(ROTTEN)


def test_a_copy_that_rotted_is_not_handed_on_to_the_next_backup(parent: Path) -> None:
    first = back_up_in_night(1, parent)
    second = back_up_in_night(2, parent)
    assert copy_in(second).samefile(copy_in(first))
    rot(copy_in(second))
    third = back_up_in_night(3, parent)
    assert copy_in(third).read_bytes() == GOOD
    assert copy_in(back_up_in_night(4, parent)).samefile(copy_in(third))


def test_the_last_backup_whose_bytes_are_right_is_kept_however_old(
    parent: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The later ones have every file in its size; only reading them tells."""
    first = back_up_in_night(1, parent)
    original = media.copy_all

    def onto_a_bad_disk(target: Path, *args: Any) -> Any:
        copied = original(target, {}, None)
        rot(copy_in(target))
        return copied

    monkeypatch.setattr(media, "copy_all", onto_a_bad_disk)
    for number in (2, 3, 4):
        last = back_up_in_night(number, parent, keep=1)
        assert backups_in(parent) == [first, last]
    monkeypatch.setattr(media, "copy_all", original)
    fifth = back_up_in_night(5, parent, keep=1)
    assert backups_in(parent) == [fifth]
    assert copy_in(fifth).read_bytes() == GOOD
