"""What apps have done from time to time: each registers a chore, and the clock (`manage.py tick`) runs what is due."""

import logging
from collections.abc import Callable
from typing import NamedTuple

from django.core.cache import cache

logger = logging.getLogger(__name__)


class Chore(NamedTuple):
    """A deed that is idempotent, and how many seconds lie between two runs of it."""

    seconds: int
    deed: Callable[[], object]


_CHORES: dict[str, Chore] = {}


def every(seconds: int, name: str, deed: Callable[[], object]) -> None:
    """Have a deed done about every so many seconds, by one of all the clocks that run."""
    _CHORES[name] = Chore(seconds, deed)


def run_due() -> list[str]:
    """Run what is due, and return the names. One that fails is logged and tried again when it is due again."""
    done = []
    for name, chore in _CHORES.items():
        # Added once by whichever clock comes first; a clock that runs every minute may be a little early.
        if not cache.add(f"chore:{name}", True, max(1, chore.seconds - 5)):
            continue
        try:
            chore.deed()
        except Exception:
            logger.exception("The chore %s failed; it is tried again in %d seconds.", name, chore.seconds)
        done.append(name)
    return done
