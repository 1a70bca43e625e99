"""Making a backup: the database first, then the media it speaks of, then the manifest, then the name."""

import fcntl
import os
import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from django.utils.translation import gettext_lazy as _

from portal.keeping import media
from portal.keeping.engines import engine
from portal.keeping.facts import LEFT_OUT, Facts, read_facts, referenced_media
from portal.keeping.manifest import (
    NAME,
    Entry,
    Manifest,
    backups_in,
    is_sound,
    is_whole,
    now,
    portal_version,
    read_manifest,
    sha256_of,
)
from portal.keeping.words import Refused, both, size_words

Say = Callable[[str], None]


def back_up(parent: Path, *, keep: int = 0, say: Say = lambda line: None) -> tuple[Path, Manifest]:
    """Write a backup into a folder of its own below `parent` and return it with its manifest.

    Until it is whole it has another name. With `keep` older backups than the newest so many are deleted, never the
    last sound one. Raises Refused; a backup with missing media is written all the same, and its manifest says so.
    """
    started = now()
    with _alone_in(parent):
        name = started.replace(":", "").removesuffix("+0000") + "Z"
        part, whole = parent / f".{name}.part", parent / name
        if whole.exists():
            raise Refused(_("{folder} is there already. Wait a second."), folder=whole)
        try:
            part.mkdir()
            manifest = _fill(part, started, backups_in(parent), say)
            manifest.write(part)
            os.sync()
            part.rename(whole)
        except OSError as error:
            _forget(part)
            if error.errno in media.FULL:
                raise Refused(
                    _(
                        "There is no space left in {folder}. Nothing was kept of this backup; "
                        "earlier ones are as they were."
                    ),
                    folder=parent,
                ) from None
            raise Refused(_("The backup could not be written: {error}"), error=error) from None
        except BaseException:
            _forget(part)
            raise
        _retire(parent, keep, say)
    return whole, manifest


@contextmanager
def _alone_in(parent: Path) -> Iterator[None]:
    """Hold the folder for one backup at a time, and clear away what a killed one left half written.

    What is written meanwhile is for its owner's eyes alone: it holds people's phone numbers.
    """
    mask = os.umask(0o077)
    try:
        parent.mkdir(parents=True, exist_ok=True)
        folder = os.open(parent, os.O_RDONLY | os.O_DIRECTORY)
    except OSError as error:
        os.umask(mask)
        raise Refused(
            _("{folder} is no folder that one can write to: {error}"), folder=parent, error=error
        ) from None
    try:
        try:
            fcntl.flock(folder, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise Refused(_("Another backup into {folder} is under way."), folder=parent) from None
        for path in parent.glob(".*.part"):
            if NAME.match(path.name[1:].removesuffix(".part")):
                _forget(path)
        yield
    finally:
        os.close(folder)
        os.umask(mask)


def _forget(path: Path) -> None:
    shutil.rmtree(path, ignore_errors=True)


def _fill(part: Path, started: str, earlier: list[Path], say: Say) -> Manifest:
    """Write database and media into the half-made folder; return its manifest."""
    source = engine()
    snapshot_at = now()
    with source.snapshot(part / source.file) as ask:
        tables = source.tables(ask)
        if "listings_listing" not in tables:
            raise Refused(_("The database holds no portal yet: there is nothing to back up."))
        facts: Facts = read_facts(ask, tables)
        wanted = referenced_media(ask)
    path = part / source.file
    database = Entry("", source.file, path.stat().st_size, "", sha256_of(path))
    say(
        both(
            _("Database: {tables} tables, {rows} rows, {size}."),
            tables=len(facts.tables),
            rows=sum(facts.tables.values()),
            size=size_words(database.size),
        )
    )
    previous = next((folder for folder in reversed(earlier) if is_whole(folder)), None)
    known = (
        {(entry.storage, entry.name): entry for entry in read_manifest(previous).media} if previous else {}
    )
    entries, unreadable = media.copy_all(part, known, previous)
    linked = sum(entry.path_in(part).stat().st_nlink > 1 for entry in entries)
    say(
        both(
            _("Media: {count} files, {size}; {linked} of them unchanged since the last backup."),
            count=len(entries),
            size=size_words(sum(entry.size for entry in entries)),
            linked=linked,
        )
    )
    missing = wanted - {entry.name for entry in entries if entry.storage == "public"}
    return Manifest(
        engine=source.name,
        engine_version=source.version,
        started_at=started,
        snapshot_at=snapshot_at,
        finished_at=now(),
        facts=facts,
        database=database,
        media=entries,
        left_out=[*LEFT_OUT, *sorted(media.PASSING)],
        missing=sorted({*missing, *unreadable}),
        portal=portal_version(),
    )


def _retire(parent: Path, keep: int, say: Say) -> None:
    """Delete backups beyond the newest `keep`, but never the newest one that can be restored."""
    found = backups_in(parent)
    if not keep or len(found) <= keep:
        return
    last_sound = next((folder for folder in reversed(found) if is_sound(folder)), None)
    for folder in found[:-keep]:
        if folder == last_sound:
            continue
        gone = folder.rename(parent / f".{folder.name}.part")
        _forget(gone)
        say(both(_("Deleted, older than the newest {keep}: {folder}"), keep=keep, folder=folder))
