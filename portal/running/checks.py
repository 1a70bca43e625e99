"""What `manage.py check --deploy` asks of a node before it serves; each hint names the setting to change."""

import os
from typing import Any

from django.conf import settings
from django.core.cache import cache
from django.core.checks import CheckMessage, Error, Tags, Warning, register
from django.db import connections
from django.db.utils import DatabaseError

from portal.running.databases import PRIMARY, REPLICA, has_replica

#: Connections that administration, backups and the clock need beside those of the workers.
KEPT_FREE = 10


@register(Tags.security, deploy=True)
def transport(app_configs: Any, **kwargs: Any) -> list[CheckMessage]:
    """Report links without TLS, and a proxy that nobody named."""
    found: list[CheckMessage] = []
    if not settings.PUBLIC_BASE_URL.startswith("https://"):
        found.append(
            Error(
                "Links in messages, QR codes and the API would not begin with https.",
                hint="Set PUBLIC_BASE_URL to the address that people see.",
                id="running.E001",
            )
        )
    if settings.SECURE_SSL_REDIRECT and not settings.PROXIES:
        found.append(
            Warning(
                "Behind nginx every request would be sent to HTTPS again and again, and all people share one address.",
                hint="Set PROXIES to the number of proxies before the portal; nginx alone is 1.",
                id="running.W002",
            )
        )
    return found


@register(Tags.security, deploy=True)
def messages(app_configs: Any, **kwargs: Any) -> list[CheckMessage]:
    """Report codes that are printed instead of sent, and e-mail that goes nowhere."""
    found: list[CheckMessage] = []
    if settings.DEBUG:
        return found
    if settings.SMS_BACKEND.endswith("PrintingBackend"):
        found.append(
            Error(
                "Codes and messages are printed into the log instead of sent: nobody can sign in, and it holds phones.",
                hint="Set SMS_HTTP_URL (and SMS_HTTP_TOKEN).",
                id="running.E003",
            )
        )
    if not settings.EMAIL_LEAVES:
        found.append(
            Warning(
                "Staff get no e-mail: what waits for them is read in the portal alone.",
                hint="Set EMAIL_URL and DEFAULT_FROM_EMAIL, or silence running.W014.",
                id="running.W014",
            )
        )
    return found


@register(Tags.caches, deploy=True)
def shared_memory(app_configs: Any, **kwargs: Any) -> list[CheckMessage]:
    """Report what several processes must share and do not."""
    found: list[CheckMessage] = []
    several = settings.NODES > 1 or _number("GRANIAN_WORKERS", 1) > 1
    if several and not settings.REDIS_URL:
        found.append(
            Error(
                "Each process would count its own limits and keep its own cache.",
                hint="Set REDIS_URL, or run one node with one worker.",
                id="running.E004",
            )
        )
    if settings.REDIS_URL:
        cache.get("check")
        if getattr(cache, "away_until", 0.0):
            found.append(
                Warning(
                    "Redis does not answer. Pages work without it, but each process counts for itself.",
                    hint="Look at REDIS_URL and at the server.",
                    id="running.W005",
                )
            )
    if settings.NODES > 1 and not settings.MEDIA_S3_BUCKET:
        found.append(
            Warning(
                "Several nodes keep pictures in a folder: a picture stored by one is missing on the others.",
                hint="Set MEDIA_S3_BUCKET and MEDIA_S3_PRIVATE_BUCKET, or share MEDIA_ROOT and silence running.W006.",
                id="running.W006",
            )
        )
    return found


@register(Tags.files, deploy=True)
def buckets(app_configs: Any, **kwargs: Any) -> list[CheckMessage]:
    """Report buckets without a way to sign in."""
    if not settings.MEDIA_S3_BUCKET:
        return []
    key, secret = (settings.MEDIA_S3_OPTIONS[name] for name in ("access_key", "secret_key"))
    if bool(key) != bool(secret):
        return [
            Error(
                "A key without its secret.", hint="Set MEDIA_S3_KEY and MEDIA_S3_SECRET.", id="running.E007"
            )
        ]
    if not key:
        return [
            Warning(
                "The buckets are used without a key: only right where the machine itself has the permission.",
                hint="Set MEDIA_S3_KEY and MEDIA_S3_SECRET, or silence running.W008.",
                id="running.W008",
            )
        ]
    return []


@register(Tags.database, deploy=True)
def replicas(app_configs: Any, **kwargs: Any) -> list[CheckMessage]:
    """Report a replica that cannot be one, and marks that end before the lag does."""
    if not has_replica():
        return []
    found: list[CheckMessage] = []
    primary, replica = settings.DATABASES[PRIMARY], settings.DATABASES[REPLICA]
    if not replica["ENGINE"].endswith("postgresql") or primary["ENGINE"] != replica["ENGINE"]:
        found.append(
            Error(
                "A replica is a PostgreSQL that follows a PostgreSQL.",
                hint="Leave DATABASE_REPLICA_URL out.",
                id="running.E009",
            )
        )
    if replica["NAME"] != primary["NAME"]:
        found.append(
            Error(
                "The replica's database has another name than the primary's.",
                hint="End both addresses alike.",
                id="running.E010",
            )
        )
    if settings.READ_OWN_WRITES_SECONDS <= settings.REPLICA_MAX_LAG_SECONDS + 1:
        found.append(
            Error(
                "Somebody could miss what he himself wrote: the mark ends before the lag that is allowed.",
                hint="Set READ_OWN_WRITES_SECONDS to more than REPLICA_MAX_LAG_SECONDS and one.",
                id="running.E011",
            )
        )
    return found


@register(Tags.database, deploy=True)
def workers(app_configs: Any, **kwargs: Any) -> list[CheckMessage]:
    """Report more connections than the database takes, and workers whose counters nobody adds up."""
    found: list[CheckMessage] = []
    count = _number("GRANIAN_WORKERS", 1)
    wanted = settings.NODES * count * _number("GRANIAN_BLOCKING_THREADS", 1)
    if settings.DATABASES[PRIMARY]["ENGINE"].endswith("postgresql"):
        most = _most_connections()
        if most is not None and wanted + KEPT_FREE > most:
            found.append(
                Warning(
                    f"{wanted} threads may each keep a connection, and the database takes {most}.",
                    hint="Lower GRANIAN_WORKERS or GRANIAN_BLOCKING_THREADS, or raise max_connections.",
                    id="running.W012",
                )
            )
    if count > 1 and settings.METRICS_ALLOWED and "PROMETHEUS_MULTIPROC_DIR" not in os.environ:
        found.append(
            Warning(
                "Each worker counts for itself, and /metrics shows whichever answers.",
                hint="Set PROMETHEUS_MULTIPROC_DIR to a folder that is empty at the start.",
                id="running.W013",
            )
        )
    return found


def _most_connections() -> int | None:
    try:
        with connections[PRIMARY].cursor() as cursor:
            cursor.execute("SHOW max_connections")
            return int(cursor.fetchone()[0])
    except DatabaseError:
        return None


def _number(name: str, default: int) -> int:
    """Return a number that granian reads from the environment itself."""
    value = os.environ.get(name, "")
    return int(value) if value.isdecimal() else default
