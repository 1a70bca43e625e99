"""What is counted; Prometheus reads it at /metrics (portal.pages.metrics).

Under several worker processes `PROMETHEUS_MULTIPROC_DIR` names a folder where they count together.
"""

from prometheus_client import Counter, Gauge, Histogram

SECONDS = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0)

REQUESTS = Histogram(
    "nuanxin_request_seconds", "Seconds to answer.", ("route", "method", "status"), buckets=SECONDS
)
READS = Counter("nuanxin_reads", "Reading requests by database, and why there.", ("database", "reason"))
LAG = Gauge("nuanxin_replica_lag_seconds", "How far the replica is behind.", multiprocess_mode="mostrecent")
CACHE_ERRORS = Counter("nuanxin_cache_errors", "Cache operations that Redis did not answer.")
