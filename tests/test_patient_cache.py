"""Redis may go and come back: pages go on, limits hold, nothing old is remembered."""

import time
from collections.abc import Iterator
from threading import Thread
from typing import Any

import pytest
from django.core.cache import cache
from django.test import Client
from redis.exceptions import ConnectionError as RedisGone

from portal.listings.meanings import catalogue_stamp
from portal.running import cache as patience
from portal.running.cache import PatientRedisCache
from tests.factories import make_canteen

NOWHERE = "redis://127.0.0.1:9/0"


class Redis:
    """Stand for Django's Redis cache, which can be unplugged."""

    def __init__(self) -> None:
        self.is_there, self.asked = False, 0
        self.kept: dict[str, Any] = {}

    def __call__(self, name: str) -> Any:
        def operate(_cache: Any, key: str, *args: Any, **_kwargs: Any) -> Any:
            self.asked += 1
            if not self.is_there:
                raise RedisGone("gone")
            return self.kept.get(key) if name == "get" else self.kept.__setitem__(key, args[0])

        return operate


@pytest.fixture
def redis(monkeypatch: Any) -> Redis:
    from django.core.cache.backends.redis import RedisCache

    stand_in = Redis()
    for name in ("get", "set", "add", "incr"):
        monkeypatch.setattr(RedisCache, name, stand_in(name))
    return stand_in


@pytest.fixture(autouse=True)
def _nothing_is_remembered() -> Iterator[None]:
    """Take away what the process remembers of a Redis that only these tests lose."""
    yield
    patience._absences.clear()
    PatientRedisCache(NOWHERE, {}).memory.clear()


@pytest.fixture
def patient() -> PatientRedisCache:
    return PatientRedisCache(NOWHERE, {})


def test_while_redis_is_away_the_process_remembers_for_itself(
    redis: Redis, patient: PatientRedisCache
) -> None:
    patient.set("a", 1)
    assert patient.get("a") == 1
    assert patient.add("count", 0, 60)
    assert [patient.incr("count") for _ in range(3)] == [1, 2, 3]
    assert redis.asked == 1, "nobody waits for it again within the second"


def test_redis_is_asked_again_after_a_second_and_what_was_remembered_is_forgotten(
    redis: Redis, patient: PatientRedisCache, monkeypatch: Any
) -> None:
    patient.set("a", "old")
    redis.is_there, redis.kept = True, {"a": "new"}
    assert patient.get("a") == "old"
    later = time.monotonic() + 2
    monkeypatch.setattr(time, "monotonic", lambda: later)
    assert patient.get("a") == "new"
    assert patient.memory.get("a") is None


def test_a_mistake_of_the_caller_is_not_taken_for_a_lost_redis(
    patient: PatientRedisCache, redis: Redis
) -> None:
    with pytest.raises(ValueError, match="nothing"):
        patient.incr("nothing")


@pytest.mark.django_db
@pytest.mark.usefixtures("regions")
def test_pages_the_api_and_limits_go_on_without_redis(settings: Any) -> None:
    settings.CACHES = {"default": {"BACKEND": "portal.running.cache.PatientRedisCache", "LOCATION": NOWHERE}}
    settings.API_ANONYMOUS_PER_MINUTE = 3
    canteen = make_canteen()
    client = Client()
    for url in ("/", "/canteens/", f"/canteens/{canteen.public_id}/", "/map/points.json", "/search/?q=康桥"):
        assert client.get(url).status_code == 200
    ready = client.get("/readyz")
    assert (ready.status_code, ready.json()["checks"]["cache"]) == (200, False)
    assert client.post("/accounts/login/", {"login": "13800138000"}).status_code < 500
    answers = [client.get("/api/v1/canteens/").status_code for _ in range(5)]
    assert answers[:3] == [200] * 3
    assert 429 in answers
    assert cache.away_until


def in_threads(work: Any) -> list[Any]:
    """Return what `work()` gave in each of four threads, one after the other."""
    given: list[Any] = []
    for _ in range(4):
        thread = Thread(target=lambda: given.append(work()))
        thread.start()
        thread.join()
    return given


def test_the_threads_of_a_process_count_together_and_wait_once(redis: Redis, settings: Any) -> None:
    settings.CACHES = {"default": {"BACKEND": "portal.running.cache.PatientRedisCache", "LOCATION": NOWHERE}}

    def count() -> int:
        cache.add("count", 0, 60)
        return cache.incr("count")

    assert in_threads(count) == [1, 2, 3, 4]
    assert redis.asked == 1
    assert len(set(in_threads(catalogue_stamp))) == 1, "each stamp reads all catalogues anew"


def test_an_answer_that_was_under_way_does_not_bring_redis_back(
    redis: Redis, patient: PatientRedisCache
) -> None:
    patient.set("a", 1)
    patient.find()
    assert patient.away_until
    assert patient.memory.get("a") == 1


class Commands:
    """Stand for a Redis server that counts, and note what it is asked."""

    def __init__(self) -> None:
        self.kept: dict[str, int] = {}
        self.terms: dict[str, int] = {}
        self.asked = 0

    def incr(self, name: str, by: int) -> int:
        self.asked += 1
        self.kept[name] = self.kept.get(name, 0) + by
        return self.kept[name]

    def expire(self, name: str, seconds: int) -> None:
        self.asked += 1
        self.terms[name] = seconds


def test_counting_asks_redis_once_and_keeps_the_count_for_its_term(
    patient: PatientRedisCache, monkeypatch: Any
) -> None:
    commands = Commands()
    monkeypatch.setattr(patience.Clients, "get_client", lambda *_args, **_options: commands)
    assert [patient.count("caller", 65) for _ in range(3)] == [1, 2, 3]
    [(name, seconds)] = commands.terms.items()
    assert name.endswith(":caller")
    assert seconds == 65
    assert commands.asked == 4
    assert patient.count("caller", 65, 8) == 11
    assert patient.count("in lots", 65, 8) == 8
    assert len(commands.terms) == 2


def test_the_memory_counts_alike(patient: PatientRedisCache) -> None:
    assert [patient.memory.count("caller", 65) for _ in range(3)] == [1, 2, 3]
    assert patient.memory.count("other", 65) == 1
    assert [patient.memory.count("in lots", 65, 8) for _ in range(2)] == [8, 16]


def test_a_client_of_redis_is_made_once(patient: PatientRedisCache) -> None:
    clients = patient._cache
    assert clients.get_client("a", write=True) is clients.get_client("b")
