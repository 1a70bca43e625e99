"""A place in the status list for each credential; random, so that a person's credentials tell nothing together."""

import secrets
from collections.abc import Callable, Iterator
from datetime import datetime

from django.db import IntegrityError, transaction
from django.db.models import Max

from services.codes.models import StatusIndex
from services.codes.models.credentials import FREE_AFTER_END

#: The list begins with so many places, and doubles when it is so full that as many tries in a row fail.
LEAST_SIZE = 1 << 16
MOST_SIZE = 1 << 24
TRIES = 8


class NoIndexLeft(Exception):
    """All 16,777,216 places are taken."""


def claim_index(*, pid_of: Callable[[int], str], ends_at: datetime, now: datetime) -> int:
    """Take a random free place for a credential and return it; call it in the transaction that keeps the credential.

    `pid_of` gives the credential's pid for a place. Raise NoIndexLeft. Two that draw the same place at the same moment
    are told apart by the primary key: one of them draws again.
    """
    free_at = ends_at + FREE_AFTER_END
    for drawn in _draws():
        if _take(drawn, pid_of(drawn), free_at, now):
            return drawn
    raise NoIndexLeft


def list_size() -> int:
    """Return how many places the list has now: a power of two that holds the highest one."""
    highest = StatusIndex.objects.aggregate(highest=Max("index"))["highest"]
    return max(LEAST_SIZE, 1 << (highest or 0).bit_length())


def _draws() -> Iterator[int]:
    size = list_size()
    while True:
        for _try in range(TRIES):
            yield secrets.randbelow(size)
        if size >= MOST_SIZE:
            return
        size *= 2


def _take(index: int, pid: str, free_at: datetime, now: datetime) -> bool:
    """Take a place that nobody had, or whose last holder is long gone; say whether it worked."""
    renewed = StatusIndex.objects.filter(pk=index, free_at__lte=now)
    if renewed.update(pid=pid, free_at=free_at, revoked_at=None):
        return True
    try:
        with transaction.atomic():
            StatusIndex.objects.create(index=index, pid=pid, free_at=free_at)
    except IntegrityError:
        return False
    return True
