"""What goes wrong with backups: said in both languages, nothing lost, and no half of one taken for a whole."""

import contextlib
import errno
import json
import os
import resource
import shutil
import signal
import subprocess
import time
from collections.abc import Iterator
from io import StringIO
from pathlib import Path
from typing import Any

import pytest
from django.contrib.sessions.models import Session
from django.core.cache import cache
from django.core.files.base import ContentFile
from django.core.files.storage import FileSystemStorage, storages
from django.core.management import CommandError, call_command
from django.db import connection
from django.db.migrations.recorder import MigrationRecorder
from django.test import Client
from django.utils import timezone

from canteens.models import Canteen
from portal.accounts.models import LoginLink, Organisation, User
from portal.keeping import media, postgresql, sqlite
from portal.keeping.backing_up import back_up
from portal.keeping.engines import engine
from portal.keeping.facts import read_facts
from portal.keeping.manifest import FILE, backups_in, is_whole, read_manifest
from portal.keeping.words import Refused
from portal.listings import revising
from portal.listings.models import Listing, Revision
from portal.listings.pictures import picture_paths, store_picture
from portal.listings.publishing import ERA, last_number
from tests.backup_city import picture
from tests.databases import IS_SQLITE, fresh_database, shared_database
from tests.factories import make_canteen

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture(autouse=True)
def _own_media(settings: Any, tmp_path: Path) -> None:
    """Give each test storages of its own."""
    places = {
        alias: {
            "BACKEND": "django.core.files.storage.FileSystemStorage",
            "OPTIONS": {"location": tmp_path / "media" / alias, "base_url": "/media/"},
        }
        for alias in media.KEPT
    }
    settings.STORAGES = {**settings.STORAGES, **places}


@pytest.fixture
def canteen(regions: Any) -> Canteen:
    """Return a canteen with a photo."""
    listing = make_canteen()
    show(listing, 1)
    return listing


@pytest.fixture
def parent(tmp_path: Path) -> Path:
    return tmp_path / "backups"


def show(listing: Canteen, number: int) -> str:
    """Let a listing have one photo, and return its digest."""
    kept = store_picture(picture(number))
    rows = [{"role": "picture", "alt": "", "position": 0, **kept._asdict()}]
    revising.edit(listing=listing, changes={"photos": {"photos": rows}}, actor=None, channel="office")
    return kept.digest


def run(*arguments: Any, **options: Any) -> str:
    output = StringIO()
    call_command(*map(str, arguments), stdout=output, **options)
    return output.getvalue()


def refusal(*arguments: Any, **options: Any) -> str:
    """Return what a command refuses with; it speaks Chinese and English."""
    with pytest.raises(CommandError) as caught:
        run(*arguments, **options)
    said = str(caught.value)
    assert any("\u4e00" <= mark <= "\u9fff" for mark in said) and "\n" in said
    return said


def later(parent: Path) -> None:
    """Wait until the next backup has another name."""
    begun = int(time.time())
    while int(time.time()) == begun:
        time.sleep(0.02)
    assert parent.is_dir()


def test_a_changed_media_file_of_a_backup_is_found_and_nothing_is_restored(
    canteen: Canteen, parent: Path
) -> None:
    folder, manifest = back_up(parent)
    path = folder / "media/public" / manifest.media[0].name
    content = path.read_bytes()
    path.write_bytes(content[:-1] + bytes([content[-1] ^ 1]))
    assert manifest.media[0].name in refusal("backup", "--check", folder)
    Listing.objects.filter(pk=canteen.pk).update(notice="留着")
    assert manifest.media[0].name in refusal("restore", folder, "--replace", "--no-input")
    assert Listing.objects.get(pk=canteen.pk).notice == "留着"


def test_a_truncated_database_is_found_and_nothing_is_restored(canteen: Canteen, parent: Path) -> None:
    folder, manifest = back_up(parent)
    path = folder / manifest.database.name
    os.truncate(path, path.stat().st_size // 2)
    assert manifest.database.name in refusal("restore", folder, "--replace", "--no-input")
    assert not is_whole(folder)


def test_a_database_that_cannot_be_written_stays_as_it_was(canteen: Canteen, parent: Path) -> None:
    """A damage that no digest can tell, as when the disk fails while it is read."""
    folder, manifest = back_up(parent)
    path = folder / manifest.database.name
    if IS_SQLITE:
        path.write_bytes(b"SQLite format 3\x00" + os.urandom(path.stat().st_size - 16))
    else:
        os.truncate(path, path.stat().st_size * 3 // 4)
    with engine().asking() as ask:
        before = read_facts(ask, engine().tables(ask))
    with pytest.raises(Refused, match="is as it was"):
        engine().restore(path)
    with engine().asking() as ask:
        assert read_facts(ask, engine().tables(ask)) == before


def test_a_database_in_use_is_not_waited_for_for_ever(
    canteen: Canteen, parent: Path, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    folder, _manifest = back_up(parent)
    for module in (postgresql, sqlite):
        monkeypatch.setattr(module, "PATIENCE_SECONDS", 1)
    Listing.objects.filter(pk=canteen.pk).update(notice="留着")
    if IS_SQLITE:
        with connection.cursor() as cursor:  # Else the engine itself waits for 20 seconds.
            cursor.execute("PRAGMA busy_timeout = 100")
    with shared_database(tmp_path).connect() as other:
        other.execute("BEGIN")
        other.execute("UPDATE listings_listing SET notice = 'x'")
        assert "Stop the portal first" in refusal("restore", folder, "--replace", "--no-input")
        other.execute("ROLLBACK")
    assert Listing.objects.get(pk=canteen.pk).notice == "留着"


def test_a_missing_photo_is_named_and_the_backup_is_written_all_the_same(
    canteen: Canteen, parent: Path
) -> None:
    whole, _manifest = back_up(parent)
    later(parent)
    lost = picture_paths(show(canteen, 2))["medium"]
    storages["public"].delete(lost)
    assert lost in refusal("backup", parent, "--keep", 1)
    newest = backups_in(parent)[-1]
    assert read_manifest(newest).missing == [lost]
    assert lost in refusal("backup", "--check", parent)
    # It is no whole one, so the last whole one is kept beside it.
    assert backups_in(parent) == [whole, newest]
    run("restore", newest, "--replace", "--no-input")


def test_a_photo_that_only_history_knows_is_looked_for_too(canteen: Canteen, parent: Path) -> None:
    earlier = Revision.objects.filter(listing=canteen).latest("number").after["photos"]["photos"][0]["digest"]
    show(canteen, 2)
    assert not canteen.photos.filter(digest=earlier).exists()
    gone = picture_paths(earlier)["small"]
    storages["public"].delete(gone)
    _folder, manifest = back_up(parent)
    assert manifest.missing == [gone]


def test_a_file_that_cannot_be_read_is_named_although_no_row_speaks_of_it(
    canteen: Canteen, parent: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    storages["private"].save("letters/kept.txt", ContentFile(b"kept"))
    original = FileSystemStorage.open

    def refuse(self: FileSystemStorage, name: str, mode: str = "rb") -> Any:
        if name == "letters/kept.txt":
            raise PermissionError(errno.EACCES, "Permission denied")
        return original(self, name, mode)

    monkeypatch.setattr(FileSystemStorage, "open", refuse)
    assert "letters/kept.txt" in refusal("backup", parent)
    assert backups_in(parent)


def test_a_file_that_goes_while_the_backup_is_made_is_no_fault(
    canteen: Canteen, parent: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The portal forgets uploads and posters of yesterday whenever it likes."""
    name = storages["private"].save("letters/of-yesterday.txt", ContentFile(b"x"))
    original = media.names_in

    def then_deleted(alias: str) -> Iterator[str]:
        yield from list(original(alias))
        storages["private"].delete(name)

    monkeypatch.setattr(media, "names_in", then_deleted)
    run("backup", parent)
    assert is_whole(backups_in(parent)[0])
    assert "letters/of-yesterday.txt" not in {
        entry.name for entry in read_manifest(backups_in(parent)[0]).media
    }


def test_what_is_made_again_is_left_out_and_uploads_are_kept(canteen: Canteen, parent: Path) -> None:
    assert Client().get(f"/canteens/{canteen.public_id}/share.png").status_code in {200, 404}
    storages["private"].save("imports/upload", ContentFile("名称".encode()))
    storages["private"].save("posters/X/1-en.png", ContentFile(b"poster"))
    storages["private"].save("letters/kept.txt", ContentFile(b"kept"))
    _folder, manifest = back_up(parent)
    private = [entry.name for entry in manifest.media if entry.storage == "private"]
    assert private == ["imports/upload", "letters/kept.txt"]


def test_a_filled_portal_is_not_overwritten_unasked(canteen: Canteen, parent: Path) -> None:
    folder, _manifest = back_up(parent)
    Listing.objects.filter(pk=canteen.pk).update(notice="后来的改动")
    said = refusal("restore", folder)
    assert "1 listings" in said and "1 个点位" in said and "--replace" in said
    assert Listing.objects.get(pk=canteen.pk).notice == "后来的改动"


@pytest.mark.parametrize(("answer", "goes_on"), [("yes", True), ("是", True), ("", False), ("no", False)])
def test_replacing_asks_first(
    canteen: Canteen, parent: Path, monkeypatch: pytest.MonkeyPatch, answer: str, goes_on: bool
) -> None:
    folder, _manifest = back_up(parent)
    Listing.objects.filter(pk=canteen.pk).update(notice="后来的改动")
    monkeypatch.setattr("builtins.input", lambda _prompt: answer)
    if goes_on:
        run("restore", folder, "--replace")
    else:
        assert "Nothing was restored" in refusal("restore", folder, "--replace")
    assert Listing.objects.get(pk=canteen.pk).notice == ("" if goes_on else "后来的改动")


def test_a_file_of_the_same_name_with_another_content_is_not_overwritten_unasked(
    canteen: Canteen, parent: Path
) -> None:
    folder, manifest = back_up(parent)
    name = manifest.media[0].name
    storages["public"].delete(name)
    storages["public"].save(name, ContentFile(b"other"))
    assert "1 files have another content" in refusal("restore", folder)
    run("restore", folder, "--replace", "--no-input")
    assert storages["public"].open(name).read() == (folder / "media/public" / name).read_bytes()


def test_tables_that_a_newer_portal_added_go_with_a_restore(canteen: Canteen, parent: Path) -> None:
    folder, manifest = back_up(parent)
    with connection.cursor() as cursor:
        cursor.execute("CREATE TABLE later_thing (listing_id bigint REFERENCES listings_listing (id))")
        cursor.execute("INSERT INTO later_thing VALUES (%s)", [canteen.pk])
    run("restore", folder, "--replace", "--no-input")
    assert set(connection.introspection.table_names()) == set(manifest.facts.tables)


def test_nothing_kept_under_a_number_of_later_passes_for_what_comes_after_a_restore(
    canteen: Canteen, parent: Path
) -> None:
    folder, manifest = back_up(parent)
    address = "/api/v1/canteens/"
    revising.edit(listing=canteen, changes={"notice": "撤回的话"}, actor=None, channel="office")
    later_number = last_number()
    held = Client().get(address)
    cache.set(f"kept-by-number:{later_number}", "撤回的话")
    run("restore", folder, "--replace", "--no-input")
    assert last_number() == ERA > later_number
    assert cache.get(f"kept-by-number:{later_number}") is None
    answer = Client().get(address, headers={"if-none-match": held["ETag"]})
    assert answer.status_code == 200
    assert "撤回的话" not in answer.content.decode()
    revising.edit(listing=canteen, changes={"notice": "新的话"}, actor=None, channel="office")
    assert Listing.objects.get(pk=canteen.pk).change_number > manifest.facts.change_counter + 1
    run("restore", folder, "--replace", "--no-input")
    assert last_number() == 2 * ERA


def test_signed_in_people_and_one_time_links_are_in_no_backup(canteen: Canteen, parent: Path) -> None:
    user = User.objects.create_user("13800000009", name="示例")
    secret = "a-session-that-nobody-may-find"
    Session.objects.create(session_key=secret, session_data="x", expire_date=timezone.now())
    LoginLink.issue(user)
    folder, manifest = back_up(parent)
    assert manifest.facts.tables["django_session"] == manifest.facts.tables["accounts_loginlink"] == 0
    if IS_SQLITE:
        assert secret.encode() not in (folder / manifest.database.name).read_bytes()
    run("restore", folder, "--replace", "--no-input")
    assert not Session.objects.exists() and not LoginLink.objects.exists()
    assert User.objects.get().name == "示例"
    assert LoginLink.issue(User.objects.get())
    assert Organisation.objects.create(kind="platform", name="新平台").pk


def test_a_backup_killed_in_the_middle_is_never_taken_for_a_whole_one(tmp_path: Path, parent: Path) -> None:
    """It leaves a folder of another name, which the next backup clears away."""
    storages["public"].save("drawings/a.svg", ContentFile(b"<svg/>"))
    code = (
        "import django, os, signal, sys; django.setup()\n"
        "from portal.keeping import media\n"
        "from portal.keeping.backing_up import back_up\n"
        "from pathlib import Path\n"
        "media.copy_all = lambda *args: os.kill(os.getpid(), signal.SIGKILL)\n"
        "back_up(Path(sys.argv[1]))"
    )
    result = shared_database(tmp_path).python("-c", code, str(parent))
    assert result.returncode == -signal.SIGKILL
    (left,) = parent.iterdir()
    assert left.name.endswith(".part") and not (left / FILE).exists()
    assert backups_in(parent) == []
    assert "no backup" in refusal("restore", parent)
    folder, _manifest = back_up(parent)
    assert list(parent.iterdir()) == [folder]


def test_a_full_disk_leaves_nothing_half_written(
    canteen: Canteen, parent: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    whole, _manifest = back_up(parent)
    later(parent)
    show(canteen, 3)

    def full(self: Any, *args: Any) -> Iterator[bytes]:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr("django.core.files.base.File.chunks", full)
    said = refusal("backup", parent, "--keep", 1)
    assert "空间不足" in said and "no space left" in said
    assert list(parent.iterdir()) == [whole]


@contextlib.contextmanager
def small_disk(disk: Path) -> Iterator[bool]:
    """Mount a disk of 64 KB for a while and yield True; yield False where that is not allowed, as in most containers."""
    disk.mkdir()
    command = ["mount", "-t", "tmpfs", "-o", "size=64k", "tmpfs", disk]
    if os.geteuid() != 0 or subprocess.run(command, check=False, capture_output=True).returncode:
        yield False
        return
    try:
        yield True
    finally:
        subprocess.run(["umount", disk], check=True)


@contextlib.contextmanager
def limited_files(media_folder: Path) -> Iterator[None]:
    """Let no file of this process grow beyond 24 MB for a while, with a picture of 32 MB to be backed up.

    It needs no rights: the system really refuses what goes beyond, as a quota does.
    """
    path = media_folder / "public/photos/ab/large.webp"
    path.parent.mkdir(parents=True)
    with path.open("wb") as file:
        file.truncate(32 << 20)
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (24 << 20, before[1]))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)


def test_a_really_full_disk_is_said_and_leaves_nothing(canteen: Canteen, tmp_path: Path) -> None:
    with small_disk(tmp_path / "disk") as disk_is_small, contextlib.ExitStack() as stack:
        if not disk_is_small:
            stack.enter_context(limited_files(tmp_path / "media"))
        assert "空间不足" in refusal("backup", tmp_path / "disk")
        assert list((tmp_path / "disk").iterdir()) == []


def test_a_file_that_may_not_grow_any_further_is_said_and_leaves_nothing(
    canteen: Canteen, parent: Path, tmp_path: Path
) -> None:
    with limited_files(tmp_path / "media"):
        assert "空间不足" in refusal("backup", parent)
        assert list(parent.iterdir()) == []


def test_an_unreadable_folder_is_said(canteen: Canteen, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("x")
    assert "no folder that one can write to" in refusal("backup", tmp_path / "file" / "below")
    assert "no backup" in refusal("restore", tmp_path / "nowhere")
    assert "no backup" in refusal("backup", "--check", tmp_path)


def test_only_one_backup_at_a_time_writes_into_a_folder(
    canteen: Canteen, parent: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    original = media.copy_all

    def meanwhile(*args: Any) -> Any:
        assert "Another backup" in refusal("backup", parent)
        return original(*args)

    monkeypatch.setattr(media, "copy_all", meanwhile)
    folder, _manifest = back_up(parent)
    assert list(parent.iterdir()) == [folder]


def test_a_restore_wants_one_backup_and_names_the_newest(canteen: Canteen, parent: Path) -> None:
    folder, _manifest = back_up(parent)
    assert str(folder) in refusal("restore", parent)
    assert "2 files" not in run("backup", "--check", parent)


@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        ({"format": 99, "portal": "9.0.0"}, "A newer portal (9.0.0)"),
        ({"engine": "oracle"}, "A backup goes back into its own engine"),
        ({"facts": "?"}, "is damaged"),
    ],
)
def test_a_backup_that_this_portal_cannot_read_is_refused(
    canteen: Canteen, parent: Path, changes: dict[str, Any], sentence: str
) -> None:
    folder, _manifest = back_up(parent)
    values = json.loads((folder / FILE).read_text())
    (folder / FILE).write_text(json.dumps({**values, **changes}))
    assert sentence in refusal("restore", folder, "--replace", "--no-input")


def test_a_backup_newer_than_the_code_is_refused(canteen: Canteen, parent: Path) -> None:
    folder, _manifest = back_up(parent)
    values = json.loads((folder / FILE).read_text())
    values["facts"]["migrations"].append("listings.9999_from_tomorrow")
    (folder / FILE).write_text(json.dumps(values))
    assert "listings.9999_from_tomorrow" in refusal("restore", folder, "--replace", "--no-input")


def test_restoring_a_backup_of_an_older_version_says_migrate(canteen: Canteen, parent: Path) -> None:
    applied = MigrationRecorder(connection)
    applied.record_unapplied("pages", "0001_keep_rights_cards")
    try:
        folder, _manifest = back_up(parent)
        assert "1. manage.py migrate" in run("restore", folder, "--replace", "--no-input")
    finally:
        applied.record_applied("pages", "0001_keep_rights_cards")
    later(parent)
    assert "manage.py migrate" not in run("restore", back_up(parent)[0], "--replace", "--no-input")


def test_a_manifest_that_points_outside_its_folder_is_refused(canteen: Canteen, parent: Path) -> None:
    folder, _manifest = back_up(parent)
    values = json.loads((folder / FILE).read_text())
    values["media"][0]["name"] = "../../../outside"
    (folder / FILE).write_text(json.dumps(values))
    assert "damaged" in refusal("restore", folder, "--replace", "--no-input")


def test_old_backups_go_and_the_newest_stay(canteen: Canteen, parent: Path) -> None:
    (parent / "notes").mkdir(parents=True)
    made = []
    for _number in range(3):
        made.append(back_up(parent, keep=2)[0])
        later(parent)
    assert backups_in(parent) == made[1:]
    assert (parent / "notes").is_dir()
    assert "--keep" in refusal("backup", parent, "--keep", -1)


def test_a_file_cut_short_while_it_was_uploaded_is_copied_anew_the_next_time(
    canteen: Canteen, parent: Path, tmp_path: Path
) -> None:
    path = tmp_path / "media/public/photos/ab/uploading.webp"
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(b"half")
    back_up(parent)
    later(parent)
    path.write_bytes(b"half and half")
    folder, _manifest = back_up(parent)
    assert (folder / "media/public/photos/ab/uploading.webp").read_bytes() == b"half and half"


@pytest.mark.skipif(IS_SQLITE, reason="SQLite needs no programs beside it.")
def test_missing_or_old_programs_of_postgresql_are_said(
    canteen: Canteen, parent: Path, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr(shutil, "which", lambda _name: None)
    assert "没有 pg_dump" in refusal("backup", parent)
    old = tmp_path / "pg_dump"
    old.write_text("#!/bin/sh\necho 'pg_dump (PostgreSQL) 9.6.24'\n")
    old.chmod(0o755)
    monkeypatch.setattr(shutil, "which", lambda _name: str(old))
    assert "version 9" in refusal("backup", parent)
    assert list(parent.iterdir()) == []


@pytest.mark.skipif(IS_SQLITE, reason="SQLite has no servers.")
def test_programs_ask_the_very_server_that_gave_the_snapshot_and_show_no_password(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    connection.ensure_connection()
    server = connection.connection.info
    for name, value in {"PASSWORD": "geheim", "USER": "portal", "HOST": "replica,primary"}.items():
        monkeypatch.setitem(connection.settings_dict, name, value)
    own = postgresql.Postgresql()
    assert own._secrets()["PGPASSWORD"] == "geheim"
    where = own._where()
    assert "geheim" not in " ".join(where)
    assert where[:6] == ["-U", "portal", "-h", server.host, "-p", str(server.port)]


def test_an_empty_database_has_nothing_to_back_up(tmp_path: Path, parent: Path) -> None:
    with fresh_database(tmp_path / "empty") as empty:
        result = empty.manage("backup", str(parent))
    assert result.returncode == 1
    assert "nothing to back up" in result.stderr and "没有可备份的内容" in result.stderr
