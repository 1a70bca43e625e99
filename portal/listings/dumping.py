"""The daily dump: everything public in one file, from which a partner's copy begins and goes on by the change feed.

A dump is known by its row, which is written last: whatever is killed before leaves a file that nobody is told of. The
file's name in the storage holds its checksum, so two clocks that write at once never write over each other; the row of
a day is there once, and whoever comes second takes his file away.
"""

import datetime as dt
import gzip
import hashlib
import logging
import tempfile
from typing import IO, Any

from django.core.files import File
from django.core.files.storage import Storage, storages
from django.db import IntegrityError, transaction
from django.db.models import QuerySet
from django.utils import timezone

from portal.listings.api import streaming
from portal.listings.changes import Cursor
from portal.listings.hours import CITY_TIME
from portal.listings.kinds import kind_names
from portal.listings.models import Dump, Listing
from portal.listings.publishing import ERA, last_number
from portal.running.databases import PRIMARY
from portal.storage import StoreLost

FOLDER = "dumps"
KEPT_DAYS = 30
#: A file without a row may be one that another clock is about to name.
UNNAMED_KEPT = dt.timedelta(days=1)
LEVEL = 6

logger = logging.getLogger(__name__)


def standing() -> QuerySet[Dump]:
    """Return the dumps from which the feed goes on, the newest first: none from before a restore (two queries)."""
    last = last_number()
    return Dump.objects.filter(change_number__gte=last - last % ERA, change_number__lte=last)


def write_daily() -> Dump | None:
    """Write the dump of a new day and take away what is old; return it, None when there is nothing to do."""
    day = timezone.now().astimezone(CITY_TIME).date()
    if standing().filter(day=day).exists():
        return None
    dump = write_dump(day)
    forget_old(day)
    return dump


def write_dump(day: dt.date, *, again: bool = False) -> Dump:
    """Write the dump of a day and return it; the one that is there unless it is wanted `again`.

    Memory does not grow with the city. The change number is read before the rows: what changes meanwhile may be in
    the file or not, and comes in the feed in any case.
    """
    found = standing().filter(day=day).first()
    if found is not None and not again:
        return found
    number = last_number()
    with tempfile.TemporaryFile() as file:
        dump = _fill(file, day, number)
        storage = storages["exports"]
        _store(storage, dump, file)
    kept = _enter(dump, replaced=found)
    if kept.stored_name != dump.stored_name:
        storage.delete(dump.stored_name)
    return kept


def _fill(file: IO[bytes], day: dt.date, number: int) -> Dump:
    """Write every public listing, one a line as the streams do; return the dump, not saved."""
    told = _Told(file)
    rows = 0
    public = Listing.objects.filter(kind__in=kind_names()).published()
    lines = streaming.as_lines(streaming.documents(public, PRIMARY))
    # No moment and no name inside: the same rows make the same bytes.
    with gzip.GzipFile("", "wb", LEVEL, told, mtime=0) as packed:  # type: ignore[arg-type]
        for piece in streaming.in_pieces(lines):
            rows += piece.count(b"\n")
            packed.write(piece)
    file.flush()
    return Dump(
        day=day,
        file_name=f"nuanxin-{day}.ndjson.gz",
        sha256=told.digest.hexdigest(),
        byte_count=told.count,
        row_count=rows,
        change_number=number,
        cursor=str(Cursor.behind(number)),
    )


class _Told:
    """A file that is written, and what was written into it."""

    def __init__(self, file: IO[bytes]) -> None:
        self.file, self.digest, self.count = file, hashlib.sha256(), 0

    def write(self, data: Any) -> int:
        """Write, and add to checksum and size."""
        self.digest.update(data)
        self.count += len(data)
        return self.file.write(data)

    def flush(self) -> None:
        """Do nothing: the file is flushed when it is whole."""


def _store(storage: Storage, dump: Dump, file: IO[bytes]) -> None:
    """Store the file under its name, over what a killed clock may have left of it. Raises StoreLost."""
    name = dump.stored_name
    if not storage.exists(name) or storage.size(name) != dump.byte_count:
        file.seek(0)
        storage.save(name, File(file))
    if storage.size(name) != dump.byte_count:
        raise StoreLost(f"{name} did not arrive whole.")


def _enter(dump: Dump, *, replaced: Dump | None) -> Dump:
    """Name the dump as the one of its day, unless another clock did first; return the one that is named."""
    try:
        with transaction.atomic():
            stale = Dump.objects.filter(day=dump.day).exclude(pk__in=standing().values("pk"))
            stale.delete()
            if replaced is not None:
                Dump.objects.filter(pk=replaced.pk).delete()
            dump.save(force_insert=True)
    except IntegrityError:
        return Dump.objects.get(day=dump.day)
    return dump


def forget_old(today: dt.date) -> int:
    """Forget the dumps of more than thirty days ago, and files that no dump names; return how many files went.

    The rows go first, so that no dump is offered whose file is gone.
    """
    Dump.objects.filter(day__lte=today - dt.timedelta(days=KEPT_DAYS)).delete()
    storage = storages["exports"]
    named = {dump.stored_name for dump in Dump.objects.all()}
    before = timezone.now() - UNNAMED_KEPT
    count = 0
    try:
        names = storage.listdir(FOLDER)[1]
    except FileNotFoundError:
        return 0
    for name in (f"{FOLDER}/{name}" for name in names):
        try:
            if name not in named and storage.get_modified_time(name) < before:
                storage.delete(name)
                count += 1
        except FileNotFoundError:  # Another clock was first.
            continue
    return count
