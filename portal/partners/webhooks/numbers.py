"""The number up to which there is something to read; the feed, which lies above this app, says how to ask for it."""

from collections.abc import Callable


def _nothing_numbered() -> int:
    return 0


_numbers: list[Callable[[], int]] = [_nothing_numbered]


def numbered_by(last_number: Callable[[], int]) -> None:
    """Take the function that returns the change number given out last."""
    _numbers[0] = last_number


def feed_number() -> int:
    """Return the change number given out last."""
    return _numbers[0]()
