"""Whether the process lives, and whether it can serve; cheap enough to be asked every second."""

from pathlib import Path

from django.conf import settings
from django.core.cache import cache
from django.db import DatabaseError, connections
from django.db.migrations.executor import MigrationExecutor
from django.http import HttpRequest, JsonResponse
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from portal.running.databases import PRIMARY, REPLICA, has_replica

#: The first full comparison costs some 50 ms; what was once migrated stays so while the code is the same.
_migrated: set[bool] = set()


@never_cache
@require_safe
def healthz(request: HttpRequest) -> JsonResponse:
    """Answer 200 as long as the process answers at all; nothing outside it is asked."""
    return JsonResponse({"status": "ok"})


@never_cache
@require_safe
def readyz(request: HttpRequest) -> JsonResponse:
    """Answer 200 when this node can serve, else 503; every check is named either way.

    It serves with either database, since pages can be read from the replica, and without Redis, which only makes it
    slower: were these a reason, all nodes would go at once. A node that is to be stopped says so (`DRAIN_FILE`).
    """
    primary = _answers(PRIMARY)
    checks = {"database": primary, "migrations": True, "cache": _cache(), "draining": _draining()}
    if has_replica():
        checks["replica"] = _answers(REPLICA)
    if primary:
        checks["migrations"] = _migrations()
    can_read = primary or checks.get("replica", False)
    ready = can_read and checks["migrations"] and not checks["draining"]
    status = ("ok" if primary else "reading only") if ready else "unavailable"
    answer = JsonResponse({"status": status, "checks": checks}, status=200 if ready else 503)
    # Whoever asks is told; a line of log each second would bury the reason.
    answer._has_been_logged = True  # type: ignore[attr-defined]
    return answer


def _answers(alias: str) -> bool:
    try:
        with connections[alias].cursor() as cursor:
            cursor.execute("SELECT 1")
            return bool(cursor.fetchone())
    except DatabaseError:
        return False


def _migrations() -> bool:
    if not _migrated:
        try:
            executor = MigrationExecutor(connections[PRIMARY])
            if executor.migration_plan(executor.loader.graph.leaf_nodes()):
                return False
        except DatabaseError:
            return False
        _migrated.add(True)
    return True


def _cache() -> bool:
    """Say whether Redis answers; a cache in memory always does."""
    cache.get("readyz")
    return not getattr(cache, "away_until", 0.0)


def _draining() -> bool:
    return bool(settings.DRAIN_FILE) and Path(settings.DRAIN_FILE).exists()
