"""Room for the calls of a request: one piece of memory instead of many that come and go.

CPython keeps the frames of a thread in pieces of 16 KB. Where the end of one falls into a loop, each call beyond it
takes a new piece from the system and each return gives it back: two thousand page faults for a list page, half its
cost, or none, depending on how deep the server's own calls happen to be. A frame that asks for much moves all that
follow into one larger piece.
"""

from collections.abc import Callable
from typing import Any

#: In words of eight bytes: just beyond 128 KB, so that the piece is 256 KB and the other half is left for calls. The
#: stack of the frame itself stays untouched, so no memory is taken for it.
WORDS = 15_500


def roomy(call: Callable[[Any], Any], value: Any) -> Any:
    """Return `call(value)`, made with room for some thousand calls below it."""
    return call(value)


roomy.__code__ = roomy.__code__.replace(co_stacksize=WORDS)
