"""What every node needs to run beside others: which database is read, a patient cache, logs, metrics, checks."""

from django.apps import AppConfig


class RunningConfig(AppConfig):
    """What every node needs to run beside others; it knows nothing of couriers or places."""

    name = "portal.running"

    def ready(self) -> None:
        """Register the checks that are made at the start."""
        from portal.running import checks  # noqa: F401
