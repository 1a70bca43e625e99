"""Media of a backup: read from and written to Django's storages, whether folders or buckets.

The database is copied first. A file is stored before the row that names it, names of public files carry the hash of
their content, and the portal deletes no file that a row names; so what the copied database refers to is there later.
"""

import contextlib
import errno
import hashlib
import os
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from django.core.files import File
from django.core.files.storage import Storage, storages
from django.utils.translation import gettext_lazy as _

from portal.keeping.manifest import Entry, sha256_of
from portal.keeping.words import Refused
from portal.listings.views import POSTERS
from portal.storage import StoreLost

KEPT = ("public", "private")
#: Drawn again when somebody asks for it, or made anew every day (in a bucket, dumps may lie among private files).
PASSING = {f"private/{POSTERS}", "private/exports"}
#: A bucket answers each question slowly, and several at once as fast as one.
_AT_ONCE = 8
#: What the system says when nothing more fits: the disk, a quota, or the size that a file may have.
FULL = {errno.ENOSPC, errno.EDQUOT, errno.EFBIG}


def names_in(alias: str) -> Iterator[str]:
    """Return the names of all files that a backup keeps of a storage, in order."""
    yield from _walk(storages[alias], alias, "")


def _walk(storage: Storage, alias: str, folder: str) -> Iterator[str]:
    try:
        folders, files = storage.listdir(folder)
    except FileNotFoundError:  # Nothing was ever stored, or the folder has gone meanwhile.
        return
    begin = f"{folder}/" if folder else ""
    yield from (f"{begin}{name}" for name in sorted(files) if name)
    for name in sorted(folders):
        if name and f"{alias}/{begin}{name}" not in PASSING:
            yield from _walk(storage, alias, f"{begin}{name}")


def copy_all(
    target: Path, known: dict[tuple[str, str], Entry], previous: Path | None
) -> tuple[list[Entry], list[str]]:
    """Copy every kept file below `target`; one that is unchanged since `previous` becomes a hard link to it.

    A copy that rotted in `previous` is not linked again. `known` are the files of the previous backup. Return what was
    copied, and the names of what cannot be read.
    """

    def copy(job: tuple[str, str]) -> Entry | str | None:
        alias, name = job
        return _copy(alias, name, target, known.get(job), previous)

    jobs = [(alias, name) for alias in KEPT for name in names_in(alias)]
    with ThreadPoolExecutor(_AT_ONCE) as pool:
        done = list(pool.map(copy, jobs))
    return [entry for entry in done if isinstance(entry, Entry)], [
        name for name in done if isinstance(name, str)
    ]


def _copy(
    alias: str, name: str, target: Path, known: Entry | None, previous: Path | None
) -> Entry | str | None:
    """Return what was copied, the name of a file that cannot be read, None for one that has gone meanwhile."""
    storage = storages[alias]
    path = target / "media" / alias / name
    path.parent.mkdir(parents=True, exist_ok=True)
    try:
        size, modified = storage.size(name), storage.get_modified_time(name).isoformat()
        if known and previous and (known.size, known.modified) == (size, modified):
            with contextlib.suppress(OSError):
                if sha256_of(known.path_in(previous)) == known.sha256:
                    os.link(known.path_in(previous), path)
                    return known
        digest, written = hashlib.sha256(), 0
        with storage.open(name, "rb") as source, path.open("wb") as copy:
            for chunk in source.chunks():
                digest.update(chunk)
                written += copy.write(chunk)
    except FileNotFoundError:
        return None
    except OSError as error:
        if error.errno in FULL or isinstance(error, StoreLost):
            raise
        path.unlink(missing_ok=True)
        return name
    except Exception as error:  # A bucket breaks off in words of its own client library.
        raise StoreLost(f"{name}: {type(error).__name__} {error}") from error
    return Entry(alias, name, written, modified, digest.hexdigest())


def stored_digest(entry: Entry) -> str | None:
    """Return the SHA-256 of what the portal's storage holds under a file's name, None for nothing."""
    storage = storages[entry.storage]
    if not storage.exists(entry.name):
        return None
    digest = hashlib.sha256()
    with storage.open(entry.name, "rb") as file:
        for chunk in file.chunks():
            digest.update(chunk)
    return digest.hexdigest()


def compare(entries: list[Entry]) -> tuple[list[Entry], list[Entry]]:
    """Return which files the storages lack, and which they hold with another content."""
    with ThreadPoolExecutor(_AT_ONCE) as pool:
        found = list(zip(entries, pool.map(stored_digest, entries), strict=True))
    lacking = [entry for entry, digest in found if digest is None]
    return lacking, [entry for entry, digest in found if digest not in (None, entry.sha256)]


def put_back(folder: Path, entries: list[Entry]) -> None:
    """Store files of a backup under their names, in place of what is there. Raises Refused."""
    with ThreadPoolExecutor(_AT_ONCE) as pool:
        list(pool.map(lambda entry: _put_back(folder, entry), entries))


def _put_back(folder: Path, entry: Entry) -> None:
    storage = storages[entry.storage]
    if storage.exists(entry.name):
        storage.delete(entry.name)
    with entry.path_in(folder).open("rb") as file:
        written = storage.save(entry.name, File(file))
    if written != entry.name:
        storage.delete(written)
        raise Refused(_("The storage does not take the name {name}."), name=entry.name)
