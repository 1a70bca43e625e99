"""Storages that differ from Django's own; buckets are in portal.running.buckets."""

from collections.abc import Iterator
from typing import Any, BinaryIO

from django.core.files.storage import Storage
from whitenoise.storage import CompressedManifestStaticFilesStorage

#: Names of public media carry the hash of the content, so that a copy never grows old.
FOREVER = "public, max-age=31536000, immutable"


PIECE_BYTES = 64 * 1024


class StoreLost(OSError):
    """The bucket does not answer or refuses; what is kept there is not gone."""


def pieces(storage: Storage, name: str, start: int, stop: int) -> Iterator[bytes]:
    """Return the bytes of a stored file from `start` up to `stop`, a piece at a time: no file is held whole.

    The file is opened here and not when the first piece is asked for. Raises FileNotFoundError and StoreLost.
    """
    own: Any = getattr(storage, "pieces", None)
    if own is not None:
        return own(name, start, stop)
    file: Any = storage.open(name, "rb")
    file.seek(start)
    return read(file, stop - start)


def read(file: BinaryIO, count: int) -> Iterator[bytes]:
    """Yield so many bytes of an open file, and close it. Raises StoreLost when it ends before."""
    try:
        while count:
            piece = file.read(min(count, PIECE_BYTES))
            if not piece:
                raise StoreLost("The file is shorter than it was.")
            yield piece
            count -= len(piece)
    finally:
        file.close()


class HashedStaticStorage(CompressedManifestStaticFilesStorage):
    """Hash static names, also inside ES module imports."""

    support_js_module_import_aggregation = True
    #: One pass settles one level of imports; Django's five end before those of the courier's code do.
    max_post_process_passes = 12
