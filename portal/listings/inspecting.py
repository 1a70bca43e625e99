"""The audit as a file for an inspector: a table to read, lines for programs, and a manifest that says what is whole."""

import csv
import datetime as dt
import hashlib
import io
import json
import tempfile
import zipfile
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import IO, Any

from django.conf import settings
from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.utils import timezone, translation

from portal.audit.models import EVENTS_KEPT, ORIGINS_KEPT, Action
from portal.audit.recording import record
from portal.listings.importing_cells import neutralised
from portal.listings.inspecting_rows import HEADER, in_chunks
from portal.listings.timeline import SOURCES, Asked

PERMISSION = "audit.export_event"
TABLE, LINES, MANIFEST = "审计记录.csv", "records.jsonl", "manifest.json"


@dataclass(slots=True)
class Inspection:
    """An export under way: for whom, of what, and what is known of it so far."""

    by: Any
    asked: Asked
    number: str
    counts: Counter[str] = field(default_factory=Counter)
    files: dict[str, dict[str, Any]] = field(default_factory=dict)


def begin(*, by: Any, since: dt.date, until: dt.date, asked: Asked) -> Inspection:
    """Keep that somebody exports the audit of these days, and return the export. Raises PermissionDenied."""
    if not by.has_perm(PERMISSION):
        raise PermissionDenied
    with transaction.atomic():
        event = record(
            Action.INSPECTED,
            by=by,
            area_code=asked.area or getattr(by.acting_post, "area", ""),
            after={"since": since.isoformat(), "until": until.isoformat(), "area": asked.area},
        )
    return Inspection(by, asked, f"{event.pk}")


def archive(inspection: Inspection) -> Iterator[bytes]:
    """Yield a ZIP archive piece by piece; memory does not grow with the rows.

    The lines for programs wait in a file beside the table, so that both hold the same rows of one reading.
    """
    sink = _Sink()
    with zipfile.ZipFile(sink, "w", zipfile.ZIP_DEFLATED) as packed, tempfile.TemporaryFile() as beside:
        with _Entry(packed, TABLE, inspection) as table:
            lines = _Hashed(beside)
            table.write(b"\xef\xbb\xbf" + _line(HEADER))
            for records in in_chunks(inspection.by, inspection.asked):
                inspection.counts.update(one.source.name for one in records)
                # Records are read in the portal's own language, whoever exports them.
                with translation.override(settings.LANGUAGE_CODE):
                    for one in records:
                        table.write(_line([neutralised(text) for text in one.cells()]))
                        lines.write(one.line())
                yield sink.take()
        beside.seek(0)
        with _Entry(packed, LINES, inspection) as copied:
            while piece := beside.read(1 << 16):
                copied.write(piece)
                yield sink.take()
        with packed.open(MANIFEST, "w") as file:
            file.write(json.dumps(manifest(inspection), ensure_ascii=False, indent=1).encode())
    yield sink.take()
    finish(inspection)


def manifest(inspection: Inspection) -> dict[str, Any]:
    """Return who exported what, when, how many rows of each source, and the digest of each file."""
    asked = inspection.asked
    return {
        "export": inspection.number,
        "exported_at": timezone.localtime().isoformat(timespec="seconds"),
        "exported_by": str(inspection.by),
        "exported_for": str(inspection.by.acting_post or ""),
        "from": asked.since.isoformat() if asked.since else "",
        "before": asked.until.isoformat() if asked.until else "",
        "area": asked.area,
        "counts": {source.name: inspection.counts[source.name] for source in SOURCES},
        "files": inspection.files,
        "events_kept_days": EVENTS_KEPT.days,
        "origins_kept_days": ORIGINS_KEPT.days,
    }


def finish(inspection: Inspection) -> None:
    """Keep what was exported with the digests, so that a file can be held against the audit later."""
    digests = {name: told["sha256"] for name, told in inspection.files.items()}
    with transaction.atomic():
        record(
            Action.INSPECTED,
            by=inspection.by,
            area_code=inspection.asked.area or getattr(inspection.by.acting_post, "area", ""),
            after={"export": inspection.number, "count": sum(inspection.counts.values()), **digests},
        )


def _line(cells: list[str]) -> bytes:
    text = io.StringIO(newline="")
    csv.writer(text).writerow(cells)
    return text.getvalue().encode()


class _Sink:
    """What an archive is written into and taken out of again, piece by piece."""

    def __init__(self) -> None:
        self.pieces: list[bytes] = []

    def write(self, piece: bytes) -> int:
        self.pieces.append(bytes(piece))
        return len(piece)

    def flush(self) -> None:
        """There is nothing behind to write to."""

    def close(self) -> None:
        """There is nothing to close."""

    def take(self) -> bytes:
        taken, self.pieces = b"".join(self.pieces), []
        return taken


class _Hashed:
    """Writes on, and knows the digest and the length of what was written."""

    def __init__(self, file: IO[bytes]) -> None:
        self.file, self.digest, self.size = file, hashlib.sha256(), 0

    def write(self, piece: bytes) -> None:
        self.file.write(piece)
        self.digest.update(piece)
        self.size += len(piece)


class _Entry:
    """A file of the archive, whose digest and length the manifest tells once it is written."""

    def __init__(self, packed: zipfile.ZipFile, name: str, inspection: Inspection) -> None:
        self.name, self.inspection = name, inspection
        self.opened = packed.open(
            zipfile.ZipInfo(name, timezone.localtime().timetuple()[:6]), "w", force_zip64=True
        )
        self.hashed = _Hashed(self.opened)

    def __enter__(self) -> _Hashed:
        return self.hashed

    def __exit__(self, *raised: Any) -> None:
        self.opened.close()
        self.inspection.files[self.name] = {
            "sha256": self.hashed.digest.hexdigest(),
            "bytes": self.hashed.size,
        }
