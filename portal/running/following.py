"""How far the replica is behind."""

import time
from typing import Any

from django.conf import settings
from django.db import connections

from portal.running import metrics
from portal.running.databases import LOST, REPLICA

#: Measured so often for each connection: several replicas may answer under one address.
STEP_SECONDS = 1.0

# Everything received and replayed is no lag, but only while the primary still sends: a replica that was cut off has
# replayed all it got and grows old all the same. A promoted one is nobody's follower.
LAG = """
SELECT CASE
  WHEN NOT pg_is_in_recovery() THEN 0
  WHEN pg_last_wal_receive_lsn() = pg_last_wal_replay_lsn() AND EXISTS (SELECT FROM pg_stat_wal_receiver) THEN 0
  ELSE COALESCE(EXTRACT(EPOCH FROM clock_timestamp() - pg_last_xact_replay_timestamp()), 1e9)
END
"""


def lag_seconds() -> float:
    """Return by how many seconds this thread's replica is behind, at most a second old; infinite when it is lost."""
    connection: Any = connections[REPLICA]
    if connection.vendor != "postgresql":
        return 0.0
    raw, at, lag = getattr(connection, "measured_lag", (None, 0.0, 0.0))
    if raw is not connection.connection or time.monotonic() - at > STEP_SECONDS:
        try:
            with connection.cursor() as cursor:
                cursor.execute(LAG)
                lag = float(cursor.fetchone()[0])
        except LOST:
            return float("inf")
        connection.measured_lag = (connection.connection, time.monotonic(), lag)
        metrics.LAG.set(lag)
    return lag


def is_close() -> bool:
    """Say whether the replica is near enough to be read."""
    return lag_seconds() <= settings.REPLICA_MAX_LAG_SECONDS
