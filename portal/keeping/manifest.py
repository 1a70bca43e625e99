"""The manifest: what a backup holds, so that it can be checked and compared without being restored."""

import datetime as dt
import hashlib
import json
import re
import tomllib
from collections.abc import Iterator
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from django.conf import settings
from django.utils.translation import gettext_lazy as _

from portal.keeping.facts import Facts
from portal.keeping.words import Refused

FORMAT = 1
FILE = "manifest.json"
NAME = re.compile(r"\d{4}-\d\d-\d\dT\d{6}Z\Z")
_CHUNK = 1 << 20


@dataclass(frozen=True, slots=True)
class Entry:
    """A file of a backup. `modified` is when its storage says it was written, "" for the database."""

    storage: str
    name: str
    size: int
    modified: str
    sha256: str

    def path_in(self, folder: Path) -> Path:
        """Return where the file lies in a backup."""
        return folder / "media" / self.storage / self.name if self.storage else folder / self.name


@dataclass(slots=True)
class Manifest:
    """What a backup is of: instants are UTC, `facts` what its snapshot held, `missing` what media lacked."""

    engine: str
    engine_version: str
    started_at: str
    snapshot_at: str
    finished_at: str
    facts: Facts
    database: Entry
    media: list[Entry]
    left_out: list[str]
    missing: list[str] = field(default_factory=list)
    portal: str = ""
    format: int = FORMAT

    def write(self, folder: Path) -> None:
        """Write the manifest into a backup's folder."""
        text = json.dumps(asdict(self), ensure_ascii=False, indent=1)
        (folder / FILE).write_text(text + "\n", encoding="utf-8")

    @property
    def files(self) -> Iterator[Entry]:
        """Return the database and every media file."""
        yield self.database
        yield from self.media


def portal_version() -> str:
    """Return the version of this portal."""
    project = tomllib.loads((settings.BASE_DIR / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    return str(project["version"])


def now() -> str:
    """Return this instant in UTC, to the second."""
    return dt.datetime.now(dt.UTC).isoformat(timespec="seconds")


def read_manifest(folder: Path) -> Manifest:
    """Return the manifest of a backup. Raises Refused when the folder holds none that this portal can read."""
    if not (folder / FILE).is_file():
        if inside := backups_in(folder):
            raise Refused(
                _("{folder} holds {count} backups. Name one of them; the newest is {newest}"),
                folder=folder,
                count=len(inside),
                newest=inside[-1],
            )
        raise Refused(_("There is no backup in {folder}: a backup has a file manifest.json."), folder=folder)
    try:
        values: dict[str, Any] = json.loads((folder / FILE).read_text(encoding="utf-8"))
        if values["format"] > FORMAT:
            raise Refused(
                _("A newer portal ({version}) wrote this backup. Restore it with that version."),
                version=values["portal"],
            )
        values["facts"] = Facts(**values["facts"])
        values["database"] = Entry(**values["database"])
        values["media"] = [Entry(**entry) for entry in values["media"]]
        manifest = Manifest(**values)
    except (ValueError, KeyError, TypeError) as error:
        raise Refused(_("The manifest of {folder} is damaged: {error}"), folder=folder, error=error) from None
    root = folder.resolve()
    for entry in manifest.files:
        if not entry.path_in(folder).resolve().is_relative_to(root):
            raise Refused(_("The manifest of {folder} is damaged: {error}"), folder=folder, error=entry.name)
    return manifest


def backups_in(parent: Path) -> list[Path]:
    """Return the backups in a folder, the oldest first; what is half written is not among them."""
    if not parent.is_dir():
        return []
    return sorted(path for path in parent.iterdir() if NAME.match(path.name) and (path / FILE).is_file())


def is_whole(folder: Path) -> bool:
    """Say whether a backup lacks nothing: every file is there in its size, and nothing was missing."""
    try:
        manifest = read_manifest(folder)
        return not manifest.missing and all(
            entry.path_in(folder).stat().st_size == entry.size for entry in manifest.files
        )
    except (Refused, OSError):
        return False


def sha256_of(path: Path) -> str:
    """Return the SHA-256 of a file."""
    digest = hashlib.sha256()
    with path.open("rb") as file:
        while chunk := file.read(_CHUNK):
            digest.update(chunk)
    return digest.hexdigest()


def is_sound(folder: Path) -> bool:
    """Say whether a backup lacks nothing and every byte of it is as it was written: reads all of it."""
    return is_whole(folder) and not faults_in(folder, read_manifest(folder))


def faults_in(folder: Path, manifest: Manifest) -> list[str]:
    """Read every file of a backup; return the names of those that are gone or differ from the manifest."""
    found = []
    for entry in manifest.files:
        path = entry.path_in(folder)
        try:
            differs = path.stat().st_size != entry.size or sha256_of(path) != entry.sha256
        except OSError:
            differs = True
        if differs:
            found.append(str(path.relative_to(folder)))
    return found
