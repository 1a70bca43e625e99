"""How often each key asks, counted in the process and written once a minute; and what an answer tells a key.

A row that is written for each request would cost more than a short answer. So a process keeps what it counted for a
minute at most: the first request after that minute writes it, and so does a process that ends. One that is killed
loses the counts of a minute, never a row.
"""

import datetime as dt
import logging
import time
from multiprocessing import util
from threading import Lock
from typing import Any

from django.db import DatabaseError, connection
from django.http import HttpRequest
from django.http.response import HttpResponseBase

from portal.partners.models import ApiKey, KeyUsage
from portal.partners.throttling import KeyThrottle
from portal.running.databases import can_write

FLUSH_SECONDS = 60
TOO_MANY, REFUSED = 429, 400
#: The city's clock is eight hours ahead all year; the first of January 1970 is this day of Python's calendar.
CITY_SECONDS, DAY_SECONDS, FIRST_DAY = 8 * 3600, 86_400, 719_163
#: (key, day) → requests, refused, throttled.
Counts = dict[tuple[int, int], list[int]]

logger = logging.getLogger(__name__)


def tell(key: ApiKey | None, request: HttpRequest, answer: HttpResponseBase) -> None:
    """Count a request that came with a key, and say in its answer how the key stands.

    A request that was refused before anybody counted it is counted here: asking wrongly is no way round a limit. An
    answer that a shared cache may give to others says nothing of whoever asked first.
    """
    if key is None:
        return
    if not hasattr(request, "standing"):
        asked: Any = _Asked(key)
        request.standing = KeyThrottle().count(asked)  # type: ignore[attr-defined]
    standing = request.standing  # type: ignore[attr-defined]
    if standing is not None and "public" not in answer.headers.get("Cache-Control", ""):
        for name, value in standing.headers:
            answer.headers[name] = value
    _tally.add(key.pk, answer.status_code)


class _Asked:
    """What a throttle asks of a request."""

    def __init__(self, key: ApiKey) -> None:
        self.auth = key


class Tally:
    """What this process has counted and not written yet."""

    def __init__(self) -> None:
        self._counts: Counts = {}
        self._due = 0.0
        self._lock = Lock()
        self._is_kept_at_exit = False

    def add(self, key: int, status: int) -> None:
        """Count one request; write everything when the oldest count is a minute old."""
        day = int((time.time() + CITY_SECONDS) // DAY_SECONDS)
        now = time.monotonic()
        with self._lock:
            if not self._counts:
                self._due = now + FLUSH_SECONDS
            is_due = now >= self._due
            found = self._counts.get((key, day))
            if found is None:
                found = self._counts[key, day] = [0, 0, 0]
            found[0] += 1
            if status == TOO_MANY:
                found[2] += 1
            elif status >= REFUSED:
                found[1] += 1
            if is_due:
                # Whoever comes while this is under way, or while the database is lost, does not try as well.
                self._due = now + FLUSH_SECONDS
            if not self._is_kept_at_exit:
                self._keep_at_exit()
        if is_due:
            self.flush()

    def flush(self) -> None:
        """Write what was counted; without a database it is kept for the next minute."""
        if not can_write():
            return
        with self._lock:
            counts, self._counts = self._counts, {}
        if not counts:
            return
        try:
            _write(counts)
        except DatabaseError:
            logger.warning("The use of keys could not be written; it is tried again in a minute.")
            self._put_back(counts)

    def forget(self) -> None:
        """Drop what was counted, as a test's beginning does."""
        with self._lock:
            self._counts = {}

    def _put_back(self, counts: Counts) -> None:
        with self._lock:
            for name, numbers in counts.items():
                found = self._counts.setdefault(name, [0, 0, 0])
                self._counts[name] = [one + other for one, other in zip(found, numbers, strict=True)]

    def _keep_at_exit(self) -> None:
        self._is_kept_at_exit = True
        # Not `atexit`: a worker that was forked ends by the finalizers of multiprocessing alone.
        util.Finalize(None, self._end, exitpriority=10)

    def _end(self) -> None:
        """Write what is left when the process ends; whatever is wrong then, it ends."""
        try:
            self.flush()
        except Exception:
            logger.warning("The use of keys could not be written before the process ended.")


def _write(counts: Counts) -> None:
    """Add the counts to the rows of their days in one statement; a key that is gone has none.

    In the order of the keys, so that two processes that write at once wait for each other and never in a ring.
    """
    values: list[Any] = []
    for (key, day), numbers in sorted(counts.items()):
        date = dt.date.fromordinal(FIRST_DAY + day)
        values += [key, connection.ops.adapt_datefield_value(date), *numbers]
    rows = ", ".join(["(%s, %s, %s, %s, %s)"] * len(counts))
    table, keys = KeyUsage._meta.db_table, ApiKey._meta.db_table
    columns = ("request_count", "refused_count", "throttled_count")
    sums = ", ".join(f"{name} = {table}.{name} + excluded.{name}" for name in columns)
    with connection.cursor() as cursor:
        cursor.execute(
            f"WITH counted (api_key_id, day, {', '.join(columns)}) AS (VALUES {rows}) "  # noqa: S608
            f"INSERT INTO {table} (api_key_id, day, {', '.join(columns)}) "
            f"SELECT * FROM counted WHERE api_key_id IN (SELECT id FROM {keys}) ORDER BY api_key_id, day "
            f"ON CONFLICT (api_key_id, day) DO UPDATE SET {sums}",
            values,
        )


_tally = Tally()
flush, forget = _tally.flush, _tally.forget
