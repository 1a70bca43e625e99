"""Buckets of any store that speaks S3, for several nodes that share their pictures and files."""

from collections.abc import Callable, Iterator
from functools import wraps
from typing import Any

from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError
from storages.backends.s3 import S3Storage
from storages.utils import clean_name

from portal.storage import FOREVER, StoreLost, read

MISSING = {"404", "NoSuchKey", "NotFound"}


def _said_plainly(name: str) -> Callable[..., Any]:
    """Return the storage operation `name`, raising OSError as a folder would."""
    return _plain(getattr(S3Storage, name))


def _plain(operation: Callable[..., Any]) -> Callable[..., Any]:
    """Return an operation that raises OSError as one on a folder would: callers know one kind of fault."""

    @wraps(operation)
    def operate(self: "Bucket", *args: Any, **kwargs: Any) -> Any:
        try:
            return operation(self, *args, **kwargs)
        except ClientError as error:
            if error.response.get("Error", {}).get("Code") in MISSING:
                raise FileNotFoundError("The bucket holds no such file.") from error
            raise StoreLost(f"The bucket refused: {error.response.get('Error', {}).get('Code')}.") from error
        except BotoCoreError as error:
            raise StoreLost(f"The bucket does not answer: {type(error).__name__}.") from error

    return operate


class Bucket(S3Storage):
    """A bucket that nobody reads but the portal. A name is written over: names are random or say what they hold.

    So saving costs one request, and two nodes that store the same picture in the same moment store it once.
    """

    def __init__(self, **options: Any) -> None:
        super().__init__(
            **{"file_overwrite": True, "default_acl": None, "querystring_auth": False, **options}
        )
        self.client_config = Config(
            s3={"addressing_style": self.addressing_style},
            signature_version="s3v4",
            # A change of a listing waits for its drawing: better a clear fault than a lock held for minutes.
            connect_timeout=2,
            read_timeout=10,
            retries={"total_max_attempts": 3, "mode": "standard"},
            # Stores other than Amazon's refuse the checksums that newer clients add.
            request_checksum_calculation="when_required",
            response_checksum_validation="when_required",
        )

    def url(self, name: str | None, *args: Any, **kwargs: Any) -> str:
        """Raise: a private file is served by a view that checks."""
        raise ValueError("This file has no public address.")

    @_plain
    def pieces(self, name: str, start: int, stop: int) -> Iterator[bytes]:
        """Return the bytes of a file from `start` up to `stop`, a piece at a time.

        Opening it as a file would fetch it whole into memory first.
        """
        found = self.bucket.Object(self._normalize_name(clean_name(name))).get(
            Range=f"bytes={start}-{stop - 1}"
        )
        return read(found["Body"], stop - start)

    _open = _said_plainly("_open")
    _save = _said_plainly("_save")
    delete = _said_plainly("delete")
    exists = _said_plainly("exists")
    listdir = _said_plainly("listdir")
    size = _said_plainly("size")
    get_modified_time = _said_plainly("get_modified_time")


class PublicBucket(Bucket):
    """A bucket of pictures, which everybody may see below `base_url`: the portal's own address or the bucket's."""

    def __init__(self, *, base_url: str, **options: Any) -> None:
        super().__init__(object_parameters={"CacheControl": FOREVER}, **options)
        self.base_url = base_url

    def url(self, name: str | None, *args: Any, **kwargs: Any) -> str:
        """Return the address of a picture."""
        return f"{self.base_url}{name}"
