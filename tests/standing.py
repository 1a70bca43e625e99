"""Rows that many tests only read: written once for a module, beneath the transaction of each test."""

import itertools
import os
from collections.abc import Callable, Iterator
from typing import Any, TypeVar

from django.conf import settings
from django.core.cache import cache
from django.db import transaction
from django.utils import translation

_counter = itertools.count()
Written = TypeVar("Written")


def own_cache_keys() -> None:
    """Give what comes next an empty cache by a key prefix of its own; nothing is flushed."""
    worker = os.environ.get("PYTEST_XDIST_WORKER", "main")
    prefix = f"{os.environ['REDIS_PREFIX']}-{worker}-{next(_counter)}"
    settings.CACHES["default"]["KEY_PREFIX"] = prefix
    cache.key_prefix = prefix


def standing(blocker: Any, write: Callable[[], Written]) -> Iterator[Written]:
    """Yield what `write()` returns; what it wrote stands while a fixture of a module lives, and is then taken back.

    Such a fixture asks for `django_db_setup` and passes `django_db_blocker`. Each test may write on top of it, within
    its own transaction. It is not for modules with transactional tests, which see only what is committed.
    """
    own_cache_keys()
    with blocker.unblock(), transaction.atomic():
        with translation.override(settings.LANGUAGE_CODE):
            written = write()
        yield written
        transaction.set_rollback(True)
