"""How many requests a key, or an address without a key, may make in a minute.

A fixed window with one counter costs one cache operation a request; a list of timestamps, as DRF keeps it,
grows with the rate. Where the limit is high a process takes requests from the counter in lots, several at a time:
the round trip to Redis is a tenth of what a code's verification costs.
"""

import ipaddress
import time
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


class WindowThrottle(BaseThrottle):
    """Count requests of one caller in the running minute; DRF turns `wait()` into `Retry-After`."""

    setting = ""

    def caller(self, request: Request) -> str | None:
        """Return who is counted; None when this throttle does not concern the request."""
        raise NotImplementedError

    @property
    def limit(self) -> int:
        """Return how many requests a minute are allowed; 0 means no limit."""
        return getattr(settings, self.setting)

    def allow_request(self, request: Request, view: Any) -> bool:
        """Count the request and say whether it may go on."""
        caller = self.caller(request)
        if caller is None or not self.limit:
            return True
        name = f"throttle:{caller}:{int(time.time() // WINDOW_SECONDS)}"
        return _taken.take(f"{cache.key_prefix}:{name}", name, self.limit)

    def wait(self) -> float:
        """Return the seconds until the next minute begins."""
        return WINDOW_SECONDS - time.time() % WINDOW_SECONDS


class _Taken:
    """What this process has taken from the counters and not used yet, by counter."""

    def __init__(self) -> None:
        self._left: dict[str, int] = {}
        self._lock = Lock()

    def take(self, mine: str, name: str, limit: int) -> bool:
        """Use one request of what was taken before, else take a lot; say whether there was one."""
        lot = max(1, min(MOST_IN_LOT, limit // LOTS))
        with self._lock:
            left = self._left.get(mine, 0)
            if left:
                self._left[mine] = left - 1
                return True
        total = cache.count(name, WINDOW_SECONDS + 5, lot)  # type: ignore[attr-defined]
        granted = min(lot, limit - (total - lot))
        if granted > 1:
            with self._lock:
                if len(self._left) >= MOST_CALLERS:
                    self._left.clear()
                self._left[mine] = self._left.get(mine, 0) + granted - 1
        return granted > 0


_taken = _Taken()


class KeyThrottle(WindowThrottle):
    """Limit each key by `API_KEY_PER_MINUTE`."""

    setting = "API_KEY_PER_MINUTE"

    def caller(self, request: Request) -> str | None:
        """Return the key's visible prefix."""
        return f"key:{request.auth.prefix}" if isinstance(request.auth, ApiKey) else None


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
