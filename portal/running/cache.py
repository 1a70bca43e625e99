"""A Redis cache that does without Redis while it is away."""

import logging
import time
from collections.abc import Callable
from dataclasses import dataclass
from functools import wraps
from typing import Any

from django.core.cache.backends import redis
from django.core.cache.backends.locmem import LocMemCache
from redis.exceptions import RedisError

from portal.running import metrics

#: Redis is asked again after so many seconds; until then nobody waits for it.
AGAIN_SECONDS = 1.0
logger = logging.getLogger(__name__)


class Clients(redis.RedisCacheClient):
    """Keep the client of each server: Django makes one for every operation, which costs as much as the asking."""

    def __init__(self, servers: Any, **options: Any) -> None:
        super().__init__(servers, **options)
        self._clients: dict[int, Any] = {}

    def get_client(self, key: Any = None, *, write: bool = False) -> Any:
        """Return the client; it takes a connection from its pool for each command, so threads may share it."""
        pool = self._get_connection_pool(write)  # type: ignore[attr-defined]
        client = self._clients.get(id(pool))
        if client is None:
            client = self._clients[id(pool)] = self._client(connection_pool=pool)  # type: ignore[attr-defined]
        return client


class CountingMemory(LocMemCache):
    """A cache in the process that counts as `RedisCache` does."""

    def count(self, key: str, seconds: int, by: int = 1) -> int:
        """Count so many more and return how many it is; the first begin the seconds for which all are kept."""
        try:
            return self.incr(key, by)
        except ValueError:
            return by if self.add(key, by, seconds) else self.incr(key, by)


class RedisCache(redis.RedisCache):
    """Clear by prefix: Django's own `clear()` flushes the whole database, which may be somebody else's."""

    def __init__(self, server: str, params: dict[str, Any]) -> None:
        super().__init__(server, params)
        self._class = Clients

    def count(self, key: str, seconds: int, by: int = 1) -> int:
        """Count as `CountingMemory` does, by one command where Django's `incr` takes two.

        A process that ends between the first count and its term leaves a number that no later minute asks for.
        """
        name = self.make_and_validate_key(key)
        client = self._cache.get_client(name, write=True)
        found = client.incr(name, by)
        if found == by:
            client.expire(name, seconds)
        return int(found)

    def clear(self) -> bool:  # type: ignore[override]
        """Delete the keys under this cache's prefix and return True."""
        client = self._cache.get_client(None, write=True)
        for key in client.scan_iter(match=f"{self.key_prefix}:*", count=1000):
            client.delete(key)
        return True


@dataclass(slots=True)
class Absence:
    """Until when a Redis is not asked; 0 while it answers."""

    until: float = 0.0


#: By the name of the memory: Django makes a cache for each thread, and what they know is the process's.
_absences: dict[str, Absence] = {}


def _patient(name: str) -> Callable[..., Any]:
    """Return the cache operation `name`, done in this process's memory while Redis does not answer."""

    @wraps(getattr(RedisCache, name))
    def operate(self: "PatientRedisCache", *args: Any, **kwargs: Any) -> Any:
        if self.away_until <= time.monotonic():
            try:
                answer = getattr(RedisCache, name)(self, *args, **kwargs)
            except (RedisError, OSError) as error:
                self.lose(error)
            else:
                self.find()
                return answer
        metrics.CACHE_ERRORS.inc()
        return getattr(self.memory, name)(*args, **kwargs)

    return operate


class PatientRedisCache(RedisCache):
    """Remember in the process what Redis cannot: pages go on, and each process counts its limits for itself.

    Counting not at all would let one caller use up a city's text messages; refusing would shut everybody out.
    """

    def __init__(self, server: str, params: dict[str, Any]) -> None:
        super().__init__(server, params)
        known: dict[str, Any] = {
            key: params[key] for key in ("KEY_PREFIX", "VERSION", "TIMEOUT") if key in params
        }
        name = f"while {server} {self.key_prefix} is away"
        self.memory = CountingMemory(name, {**known, "OPTIONS": {"MAX_ENTRIES": 20_000}})
        self._absence = _absences.setdefault(name, Absence())

    @property
    def away_until(self) -> float:
        """Return until when Redis is not asked, 0 while it answers."""
        return self._absence.until

    def lose(self, error: Exception) -> None:
        """Stop asking for a moment, and say so once."""
        if not self.away_until:
            logger.error(
                "Redis does not answer (%s); this process remembers for itself.", type(error).__name__
            )
        self._absence.until = time.monotonic() + AGAIN_SECONDS

    def find(self) -> None:
        """Go back to Redis, and forget what was remembered meanwhile."""
        # An answer that was under way while another thread lost Redis says nothing of now.
        if 0 < self.away_until <= time.monotonic():
            logger.warning("Redis answers again.")
            self._absence.until = 0.0
            self.memory.clear()

    add = _patient("add")
    get = _patient("get")
    set = _patient("set")
    touch = _patient("touch")
    delete = _patient("delete")
    get_many = _patient("get_many")
    has_key = _patient("has_key")
    incr = _patient("incr")
    count = _patient("count")
    set_many = _patient("set_many")
    delete_many = _patient("delete_many")
    clear = _patient("clear")
