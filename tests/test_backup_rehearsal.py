"""Backup and restore rehearsed: a city that people write to is backed up, and comes back whole elsewhere."""

import json
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import pytest

from portal.keeping.facts import LEFT_OUT
from portal.keeping.manifest import Manifest, read_manifest
from portal.listings.publishing import ERA
from portal.running.guards import APPEND_ONLY
from tests.databases import ROOT, Database, fresh_database


class Rehearsal(NamedTuple):
    """A city, the backup made while it was written to, the one made afterwards, and the counter after each."""

    city: Database
    busy: Path
    calm: Path
    counter: int
    writes_during: int


def counter_of(database: Database) -> int:
    return database.ask("SELECT value FROM listings_changecounter")[0][0]


def back_up(database: Database, parent: Path) -> Path:
    result = database.manage("backup", str(parent))
    assert result.returncode == 0, result.stderr
    assert "备份已写好" in result.stdout and "The backup is written" in result.stdout
    return Path(result.stdout.splitlines()[-1].partition(": ")[2])


def written(folder: Path) -> int:
    try:
        return int((folder / "written").read_text() or 0)
    except FileNotFoundError:
        return 0


@pytest.fixture(scope="module")
def rehearsal(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Rehearsal]:
    folder = tmp_path_factory.mktemp("rehearsal")
    with fresh_database(folder / "city") as city:
        for command in (["migrate", "-v0"], ["load_demo"], ["load_rights"]):
            assert city.manage(*command).returncode == 0
        stop = folder / "stop"
        arguments = [sys.executable, "-m", "tests.backup_city", "write", str(stop)]
        writer = subprocess.Popen(
            arguments, cwd=ROOT, env=city.environment(), stdout=subprocess.PIPE, stderr=subprocess.PIPE
        )
        try:
            deadline = time.monotonic() + 60
            while written(folder) < 5 and writer.poll() is None and time.monotonic() < deadline:
                time.sleep(0.05)
            before = written(folder)
            busy = back_up(city, folder / "backups")
            during = written(folder) - before
            stop.touch()
            _said, error = writer.communicate(timeout=60)
            assert writer.returncode == 0, error.decode()
        finally:
            writer.kill()
        counter = counter_of(city)
        calm = back_up(city, folder / "backups")
        yield Rehearsal(city, busy, calm, counter, during)


@pytest.fixture(scope="module")
def restored(rehearsal: Rehearsal, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Database]:
    with fresh_database(tmp_path_factory.mktemp("calm") / "elsewhere") as made:
        result = made.manage("restore", str(rehearsal.calm))
        assert result.returncode == 0, result.stderr
        assert "已恢复到" in result.stdout and "everybody signs in again" in result.stdout
        yield made


@pytest.fixture(scope="module")
def restored_busy(rehearsal: Rehearsal, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Database]:
    with fresh_database(tmp_path_factory.mktemp("busy") / "elsewhere") as made:
        result = made.manage("restore", str(rehearsal.busy))
        assert result.returncode == 0, result.stderr
        yield made


def test_people_went_on_writing_while_the_backup_was_made(rehearsal: Rehearsal) -> None:
    assert rehearsal.writes_during > 0
    assert read_manifest(rehearsal.busy).facts.change_counter < rehearsal.counter


def test_every_row_of_every_table_is_the_same_elsewhere(rehearsal: Rehearsal, restored: Database) -> None:
    there, here = rehearsal.city.contents(), restored.contents()
    assert there.keys() == here.keys()
    for table in there.keys() - {"listings_changecounter", *LEFT_OUT}:
        assert there[table] == here[table], table
    assert {row["document_hash"] for row in here["listings_listing"].values()} > {""}


def test_the_change_counter_goes_on_behind_every_number_given_out(
    rehearsal: Rehearsal, restored: Database
) -> None:
    assert read_manifest(rehearsal.calm).facts.change_counter == rehearsal.counter
    assert counter_of(restored) == ERA > rehearsal.counter


def test_a_backup_made_under_writing_is_of_one_moment(rehearsal: Rehearsal, restored_busy: Database) -> None:
    manifest = read_manifest(rehearsal.busy)
    assert restored_busy.counts() == manifest.facts.tables
    assert "every stored document is current" in restored_busy.manage("republish", "--check").stdout
    numbers = restored_busy.ask(
        "SELECT count(*), max(number) FROM listings_revision GROUP BY listing_id ORDER BY 1"
    )
    assert all(count == newest for count, newest in numbers)
    newest = restored_busy.ask("SELECT max(change_number) FROM listings_listing")[0][0]
    assert newest <= manifest.facts.change_counter


def files_below(folder: Path) -> dict[str, bytes]:
    return {
        str(path.relative_to(folder)): path.read_bytes()
        for path in sorted(folder.rglob("*"))
        if path.is_file()
    }


def test_every_file_is_the_same_elsewhere(rehearsal: Rehearsal, restored: Database) -> None:
    there, here = files_below(rehearsal.city.folder / "media"), files_below(restored.folder / "media")
    assert len(here) > 40
    assert there == here


def test_every_photo_of_a_backup_made_under_writing_is_in_it(restored_busy: Database) -> None:
    digests = {digest for (digest,) in restored_busy.ask("SELECT digest FROM listings_photo")}
    assert digests
    for digest in digests:
        for width in (320, 640, 1280):
            assert (
                restored_busy.folder / f"media/public/photos/{digest[:2]}/{digest}-{width}.webp"
            ).is_file()


def test_the_api_answers_the_same_bytes_elsewhere(rehearsal: Rehearsal, restored: Database) -> None:
    there, here = (
        portal.python("-m", "tests.backup_city", "answers") for portal in (rehearsal.city, restored)
    )
    assert there.returncode == here.returncode == 0, here.stderr
    assert json.loads(here.stdout) == json.loads(there.stdout)


def test_guards_stand_and_keys_continue_elsewhere(restored: Database) -> None:
    filled = [table for table in APPEND_ONLY if restored.ask(f"SELECT 1 FROM {table} LIMIT 1")]
    assert {"listings_revision", "listings_confirmation"} <= set(filled)
    for table in filled:
        with pytest.raises(Exception, match="append-only"):
            restored.ask(f"DELETE FROM {table}")
    result = restored.python(
        "-c",
        "import django; django.setup(); from portal.accounts.models import Organisation as O; "
        "last = O.objects.order_by('-pk').first().pk; "
        "print(O.objects.create(kind='platform', name='平台 x').pk > last)",
    )
    assert result.stdout.strip() == "True", result.stderr


def test_the_second_backup_shares_unchanged_files_with_the_first(rehearsal: Rehearsal) -> None:
    first, second = read_manifest(rehearsal.busy), read_manifest(rehearsal.calm)
    shared = {entry.name for entry in first.media} & {entry.name for entry in second.media}
    drawings = sorted(name for name in shared if name.startswith("drawings/"))
    assert drawings
    for name in drawings:
        paths = [backup / "media/public" / name for backup in (rehearsal.busy, rehearsal.calm)]
        assert paths[0].stat().st_ino == paths[1].stat().st_ino


def test_only_its_owner_can_read_a_backup(rehearsal: Rehearsal) -> None:
    for path in (rehearsal.calm, *rehearsal.calm.rglob("*")):
        assert path.stat().st_mode & 0o077 == 0, path


def test_a_manifest_says_what_the_backup_holds(rehearsal: Rehearsal) -> None:
    manifest: Manifest = read_manifest(rehearsal.calm)
    assert manifest.facts.tables["listings_listing"] == manifest.facts.documents + len(
        rehearsal.city.ask("SELECT id FROM listings_listing WHERE document = ''")
    )
    assert manifest.facts.tables["django_session"] == 0
    assert manifest.snapshot_at <= manifest.finished_at
    assert "listings.0001_listings_hours_history_and_trust" in manifest.facts.migrations
    assert rehearsal.city.manage("backup", "--check", str(rehearsal.calm)).returncode == 0
