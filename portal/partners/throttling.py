"""How many requests a key, or an address without a key, may make in a minute.

A fixed window with one counter costs one cache operation a request; a list of timestamps, as DRF keeps it,
grows with the rate. Where the limit is high a process takes requests from the counter in lots, several at a time:
the round trip to Redis is a tenth of what a code's verification costs.

A key is told how it stands by the headers `RateLimit-Policy` and `RateLimit` (draft-ietf-httpapi-ratelimit-headers):
from the counter's answer that the count needs anyway, so nobody asks twice.
"""

import ipaddress
import math
import time
from dataclasses import dataclass
from functools import lru_cache
from threading import Lock
from typing import Any

from django.conf import settings
from django.core.cache import cache
from rest_framework.request import Request
from rest_framework.settings import api_settings
from rest_framework.throttling import BaseThrottle

from portal.partners.models import ApiKey

WINDOW_SECONDS = 60
#: A lot is a hundredth of the limit, eight at most: what a process takes and leaves unused, others lack for the minute.
LOTS, MOST_IN_LOT, MOST_CALLERS = 100, 8, 10_000
POLICY, STANDING = "RateLimit-Policy", "RateLimit"


@dataclass(frozen=True, slots=True)
class Standing:
    """How many requests a caller may still make in the running minute; below 0 none was left for this one.

    Where requests are taken in lots `left` is what this process knows: others may have taken more since.
    """

    limit: int
    left: int

    @property
    def headers(self) -> tuple[tuple[str, str], ...]:
        """Return the policy, and what is left of it, as structured fields."""
        left = f'"minute";r={max(0, self.left)};t={math.ceil(seconds_left())}'
        return (POLICY, _policy(self.limit)), (STANDING, left)


@lru_cache(maxsize=64)
def _policy(limit: int) -> str:
    return f'"minute";q={limit};w={WINDOW_SECONDS}'


def seconds_left() -> float:
    """Return the seconds until the next minute begins."""
    return WINDOW_SECONDS - time.time() % WINDOW_SECONDS


class WindowThrottle(BaseThrottle):
    """Count requests of one caller in the running minute; DRF turns `wait()` into `Retry-After`."""

    setting = ""

    def caller(self, request: Request) -> str | None:
        """Return who is counted; None when this throttle does not concern the request."""
        raise NotImplementedError

    def limit_of(self, request: Request) -> int:
        """Return how many requests a minute are allowed; 0 means no limit."""
        return getattr(settings, self.setting)

    def allow_request(self, request: Request, view: Any) -> bool:
        """Count the request and say whether it may go on."""
        standing = self.count(request)
        return standing is None or standing.left >= 0

    def count(self, request: Request) -> Standing | None:
        """Count the request and return how its caller stands now; None where nothing is limited."""
        caller = self.caller(request)
        if caller is None or not (limit := self.limit_of(request)):
            return None
        name = f"throttle:{caller}:{int(time.time() // WINDOW_SECONDS)}"
        return Standing(limit, _taken.take(f"{cache.key_prefix}:{name}", name, limit))

    def wait(self) -> float:
        """Return the seconds until the next minute begins."""
        return seconds_left()


class _Taken:
    """What this process has taken from the counters and not used yet, and what lay beyond it, by counter."""

    def __init__(self) -> None:
        self._held: dict[str, tuple[int, int]] = {}
        self._lock = Lock()

    def take(self, mine: str, name: str, limit: int) -> int:
        """Use one request of what was taken before, else take a lot; return how many are left, -1 if there was none."""
        lot = max(1, min(MOST_IN_LOT, limit // LOTS))
        with self._lock:
            left, beyond = self._held.get(mine, (0, 0))
            if left:
                self._held[mine] = (left - 1, beyond)
                return left - 1 + beyond
        total = cache.count(name, WINDOW_SECONDS + 5, lot)  # type: ignore[attr-defined]
        granted = min(lot, limit - (total - lot))
        if granted <= 0:
            return -1
        beyond = max(0, limit - total)
        if granted > 1:
            with self._lock:
                if len(self._held) >= MOST_CALLERS:
                    self._held.clear()
                left = self._held.get(mine, (0, 0))[0] + granted - 1
                self._held[mine] = (left, beyond)
        return granted - 1 + beyond


_taken = _Taken()


class KeyThrottle(WindowThrottle):
    """Limit each key by what it was given, else by `API_KEY_PER_MINUTE`."""

    setting = "API_KEY_PER_MINUTE"

    def caller(self, request: Request) -> str | None:
        """Return the key's visible prefix."""
        return f"key:{request.auth.prefix}" if isinstance(request.auth, ApiKey) else None

    def limit_of(self, request: Request) -> int:
        """Return the key's own limit, or that of every key; 0 means no limit."""
        own = request.auth.per_minute if isinstance(request.auth, ApiKey) else None
        return settings.API_KEY_PER_MINUTE if own is None else own

    def allow_request(self, request: Request, view: Any) -> bool:
        """Count the request, say whether it may go on, and keep how its key stands for the answer (`counting.tell`)."""
        if not isinstance(request.auth, ApiKey):
            return True
        standing = self.count(request)
        asked: Any = getattr(request, "_request", request)
        asked.standing = standing
        return standing is None or standing.left >= 0


class AnonymousThrottle(WindowThrottle):
    """Limit each address without a key by `API_ANONYMOUS_PER_MINUTE`; an IPv6 address counts as its /64."""

    setting = "API_ANONYMOUS_PER_MINUTE"

    def caller(self, request: Request) -> str | None:
        """Return the address. `X-Forwarded-For` counts only when DRF was told how many proxies there are."""
        if isinstance(request.auth, ApiKey):
            return None
        proxied = api_settings.NUM_PROXIES is not None
        address = self.get_ident(request) if proxied else request.META.get("REMOTE_ADDR", "")
        return f"address:{_network(address)}"


def _network(address: str) -> str:
    try:
        parsed = ipaddress.ip_address(address)
    except ValueError:
        return "unknown"
    if parsed.version == 6:
        return str(ipaddress.ip_network(f"{parsed}/64", strict=False).network_address).replace(":", ".")
    return str(parsed)
