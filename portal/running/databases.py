"""Which database a request reads: the replica where a lag does no harm, else the primary.

Nothing here does anything without `DATABASE_REPLICA_URL`. What runs outside a request (commands, the clock) and
inside a transaction reads the primary.
"""

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from typing import Any, TypeVar

from django.db import connections
from django.db.backends.base.base import BaseDatabaseWrapper
from django.db.utils import InterfaceError, OperationalError
from django.http import HttpResponse

PRIMARY, REPLICA = "default", "replica"
#: What may be read late. People, posts, sessions and keys are read from the primary: who was shut out is out at once.
MAY_LAG = frozenset({"regions", "listings", "upkeep", "pages", "housing", "canteens", "stations", "codes"})
#: A database that did not answer is asked again after so many seconds; until then nobody waits for it.
AGAIN_SECONDS = 1.0
#: What an answer of 503 asks for: a replica is promoted within seconds.
RETRY_SECONDS = 5
LOST = (OperationalError, InterfaceError)
Asked = TypeVar("Asked")

_lost_until: dict[str, float] = {}


@dataclass
class Reading:
    """Where one reading request reads; `can_write` is None until somebody asks whether the primary answers."""

    alias: str
    can_write: bool | None = None


_reading: ContextVar[Reading | None] = ContextVar("reading", default=None)


def lost_answer(answer: HttpResponse) -> HttpResponse:
    """Mark an answer of 503 as one whose database was lost, and look at every connection again before its next use."""
    answer.headers["Retry-After"] = str(RETRY_SECONDS)
    answer.is_database_lost = True  # type: ignore[attr-defined]
    for connection in connections.all(initialized_only=True):
        connection.close_if_unusable_or_obsolete()
    return answer


def has_replica() -> bool:
    """Say whether a replica was set up."""
    return REPLICA in connections.settings


def reading_from() -> str:
    """Return the database that holds the rows of this request; tags and cache keys must be read there too."""
    reading = _reading.get()
    if reading is None or reading.alias == PRIMARY or connections[PRIMARY].in_atomic_block:
        return PRIMARY
    return reading.alias


def reading_connection() -> BaseDatabaseWrapper:
    """Return the connection for a statement written by hand, where the ORM would ask the router."""
    return connections[reading_from()]


@contextmanager
def up_to_date() -> Iterator[None]:
    """Read at the primary what is kept for longer than this request, under a name that says nothing of its age."""
    reading = _reading.get()
    if reading is None or not can_write():
        yield
        return
    token = _reading.set(Reading(PRIMARY, can_write=True))
    try:
        yield
    finally:
        _reading.reset(token)


def can_write() -> bool:
    """Say whether the primary answers; outside a reading request that is found out by writing."""
    reading = _reading.get()
    if reading is None:
        return True
    if reading.can_write is None:
        reading.can_write = answers(PRIMARY)
    return reading.can_write


def answers(alias: str) -> bool:
    """Say whether a database answers, by the check that the request's first query would make anyway."""
    if _lost_until.get(alias, 0.0) > time.monotonic():
        return False
    connection = connections[alias]
    try:
        connection.close_if_health_check_failed()
        connection.ensure_connection()
    except LOST:
        _lost_until[alias] = time.monotonic() + AGAIN_SECONDS
        return False
    return True


def ask_first(ask: Callable[[], Asked]) -> Asked:
    """Return what a reading question to the primary answers, without the look at the connection that comes before it.

    The look costs a statement of its own, a tenth of a short answer. The question finds out by itself: where the
    connection turns out to be dead, it is opened anew and the question asked again. `ask` must not write.
    """
    connection: Any = connections[PRIMARY]
    if connection.in_atomic_block or connection.connection is None:
        return ask()
    was_checked, connection.health_check_done = connection.health_check_done, True
    try:
        return ask()
    except LOST:
        if was_checked or connection.connection is None or connection.is_usable():
            raise
        connection.close()
        return ask()


class ReplicaRouter:
    """Read late what may be late, everything else and every write at the primary."""

    def db_for_read(self, model: Any, **hints: Any) -> str:
        """Return where the request reads; a primary that is lost is stood in for, so that people stay signed in."""
        if model._meta.app_label in MAY_LAG:
            return reading_from()
        if _reading.get() is None or connections[PRIMARY].in_atomic_block or can_write():
            return PRIMARY
        return REPLICA

    def db_for_write(self, model: Any, **hints: Any) -> str:
        """Return the primary."""
        return PRIMARY

    def allow_relation(self, one: Any, other: Any, **hints: Any) -> bool:
        """Return True: both databases hold the same rows."""
        return True

    def allow_migrate(self, db: str, app_label: str, **hints: Any) -> bool | None:
        """Return False for the replica, which gets its tables from the primary."""
        return False if db == REPLICA else None
