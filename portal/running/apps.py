"""What every node needs to run beside others: which database is read, a patient cache, logs, metrics, checks."""

from django.apps import AppConfig
from django.core.management import call_command

from portal.running import chores


class RunningConfig(AppConfig):
    """What every node needs to run beside others; it knows nothing of couriers or places."""

    name = "portal.running"

    def ready(self) -> None:
        """Register the checks that are made at the start, and forget what workers did two weeks ago."""
        from portal.running import checks  # noqa: F401

        chores.every(86_400, "prune_tasks", _prune)


def _prune() -> None:
    call_command("prune_db_task_results", verbosity=0)
