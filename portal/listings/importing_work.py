"""Imports at work: a worker goes on with what is there to be done; what a killed one held is taken up."""

import datetime as dt
import logging
from collections.abc import Callable

from django.utils import timezone
from django_tasks import task
from django_tasks_db.models import DBTaskResult

from portal.listings.importing_checking import NOT_CHECKED, check, fail
from portal.listings.importing_undoing import undo
from portal.listings.importing_writing import write
from portal.listings.models import ImportBatch

logger = logging.getLogger(__name__)
#: Whoever is at work is heard of every few seconds; after so long another one goes on.
LEASE = dt.timedelta(seconds=60)
State = ImportBatch.State
STEPS: dict[str, Callable[[ImportBatch], None]] = {
    State.CHECKING: check,
    State.WRITING: write,
    State.UNDOING: undo,
}


@task()
def go_on(batch_id: int) -> None:
    """Do what an import waits for, unless somebody is at it."""
    run(batch_id)


def run(batch_id: int) -> None:
    """Do what an import waits for, in this process, unless somebody is at it. Every step may be done twice."""
    now = timezone.now()
    waiting = ImportBatch.objects.at_work().idle(now - LEASE).filter(pk=batch_id)
    if not waiting.update(beat_at=now):
        return
    batch = ImportBatch.objects.get(pk=batch_id)
    try:
        STEPS[batch.state](batch)
    except Exception:
        logger.exception("Import %s stopped while it was %s.", batch_id, batch.state)
        if batch.state != State.CHECKING:
            raise
        fail(batch, NOT_CHECKED)


def take_up() -> None:
    """Have another worker go on with what nobody has been at for a minute and no worker waits for; a chore."""
    idle = ImportBatch.objects.at_work().idle(timezone.now() - LEASE).values_list("pk", flat=True)
    left = set(idle)
    if not left:
        return
    for waiting in DBTaskResult.objects.ready().filter(task_path=go_on.module_path):
        left.discard(waiting.args_kwargs["args"][0])
    for batch_id in sorted(left):
        go_on.enqueue(batch_id)
