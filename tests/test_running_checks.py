"""What `manage.py check --deploy` says about settings that would hurt a city."""

from typing import Any

import pytest
from django.core.checks import run_checks
from django.db import connections

from portal.running import checks
from portal.running.databases import REPLICA

BUCKET = {"access_key": "key", "secret_key": "secret"}


def found(module_check: Any) -> set[str]:
    return {message.id for message in module_check(None)}


@pytest.fixture
def city(settings: Any) -> Any:
    """Return settings with which a city serves from two nodes."""
    settings.DEBUG = False
    settings.PUBLIC_BASE_URL = "https://portal.example"
    settings.SECURE_SSL_REDIRECT, settings.PROXIES, settings.NODES = True, 1, 2
    settings.SMS_BACKEND = "portal.accounts.sms.HttpBackend"
    settings.EMAIL_LEAVES = True
    settings.MEDIA_S3_BUCKET, settings.MEDIA_S3_OPTIONS = "pictures", BUCKET
    settings.STAFF_SECOND_FACTOR = True
    return settings


@pytest.mark.parametrize(
    ("check", "changes", "expected"),
    [
        (checks.transport, {}, set()),
        (checks.transport, {"PUBLIC_BASE_URL": "http://portal.example"}, {"running.E001"}),
        (checks.transport, {"PROXIES": 0}, {"running.W002"}),
        (checks.messages, {}, set()),
        (checks.messages, {"SMS_BACKEND": "portal.accounts.sms.PrintingBackend"}, {"running.E003"}),
        (checks.messages, {"EMAIL_LEAVES": False}, {"running.W014"}),
        (checks.shared_memory, {"REDIS_URL": ""}, {"running.E004"}),
        (checks.shared_memory, {"REDIS_URL": "", "NODES": 1}, set()),
        (checks.shared_memory, {"REDIS_URL": "", "NODES": 1, "MEDIA_S3_BUCKET": ""}, set()),
        (checks.shared_memory, {"REDIS_URL": "redis://somewhere", "MEDIA_S3_BUCKET": ""}, {"running.W006"}),
        (checks.buckets, {}, set()),
        (checks.buckets, {"MEDIA_S3_OPTIONS": {**BUCKET, "secret_key": None}}, {"running.E007"}),
        (checks.buckets, {"MEDIA_S3_OPTIONS": {"access_key": None, "secret_key": None}}, {"running.W008"}),
        (checks.replicas, {}, set()),
    ],
)
def test_a_setting_that_would_hurt_is_named(
    city: Any, check: Any, changes: dict[str, Any], expected: set[str]
) -> None:
    for name, value in changes.items():
        setattr(city, name, value)
    assert found(check) == expected


def test_several_workers_without_redis_are_an_error(city: Any, monkeypatch: Any) -> None:
    city.NODES, city.REDIS_URL = 1, ""
    monkeypatch.setenv("GRANIAN_WORKERS", "2")
    assert "running.E004" in found(checks.shared_memory)


def test_a_redis_that_does_not_answer_is_a_warning(city: Any, monkeypatch: Any) -> None:
    from portal.running.cache import PatientRedisCache

    city.REDIS_URL = "redis://127.0.0.1:9/1"
    monkeypatch.setattr(checks, "cache", PatientRedisCache(city.REDIS_URL, {}))
    assert "running.W005" in found(checks.shared_memory)


@pytest.mark.parametrize(
    ("primary", "replica", "marks", "expected"),
    [
        ("postgresql", "postgresql", 15, set()),
        ("postgresql", "postgresql", 6, {"running.E011"}),
        ("sqlite3", "sqlite3", 15, {"running.E009"}),
        ("postgresql", "sqlite3", 15, {"running.E009", "running.E010"}),
    ],
)
def test_an_odd_replica_is_named(
    city: Any, monkeypatch: Any, primary: str, replica: str, marks: int, expected: set[str]
) -> None:
    engines = {"default": primary, REPLICA: replica}
    names = {"default": "nuanxin", REPLICA: "nuanxin" if primary == replica else "other"}
    for alias, engine in engines.items():
        entry = {"ENGINE": f"django.db.backends.{engine}", "NAME": names[alias]}
        monkeypatch.setitem(city.DATABASES, alias, entry)
    city.REPLICA_MAX_LAG_SECONDS, city.READ_OWN_WRITES_SECONDS = 5, marks
    monkeypatch.setitem(connections.settings, REPLICA, city.DATABASES[REPLICA])
    assert found(checks.replicas) == expected


def test_more_threads_than_connections_are_named(city: Any, monkeypatch: Any) -> None:
    monkeypatch.setitem(
        city.DATABASES, "default", {"ENGINE": "django.db.backends.postgresql", "NAME": "nuanxin"}
    )
    monkeypatch.setattr(checks, "_most_connections", lambda: 100)
    monkeypatch.setenv("GRANIAN_WORKERS", "4")
    monkeypatch.setenv("GRANIAN_BLOCKING_THREADS", "8")
    assert found(checks.workers) == set()
    monkeypatch.setenv("GRANIAN_BLOCKING_THREADS", "12")
    assert found(checks.workers) == {"running.W012"}


@pytest.mark.django_db
def test_workers_that_count_apart_are_named(city: Any, monkeypatch: Any) -> None:
    city.METRICS_ALLOWED = ["127.0.0.1"]
    monkeypatch.setenv("GRANIAN_WORKERS", "2")
    monkeypatch.delenv("PROMETHEUS_MULTIPROC_DIR", raising=False)
    assert "running.W013" in found(checks.workers)


@pytest.mark.django_db
def test_without_deploy_nothing_is_asked() -> None:
    assert not [message for message in run_checks() if message.id.startswith("running.")]
