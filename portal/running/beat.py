"""The clock's sign of life, kept where every node can see it."""

import time

from django.core.cache import cache

LAST_TICK = "tick:last"
_KEPT_SECONDS = 86_400


def beat() -> None:
    """Say that the clock ran now."""
    cache.set(LAST_TICK, time.time(), _KEPT_SECONDS)
