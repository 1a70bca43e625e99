"""A worker that loses its power in the middle of an import is followed by another; nothing is lost or doubled."""

import datetime as dt
import os
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from typing import Any
from urllib.parse import quote

import pytest
from django.db import connection
from django.db.models import Count
from django.utils import timezone

from canteens.models import Canteen
from portal.listings import importing_batches
from portal.listings.importing_work import LEASE, take_up
from portal.listings.models import ImportBatch, Proposal, Revision
from tests.databases import ROOT
from tests.factories import make_canteen
from tests.importing import as_csv
from tests.test_import_rows import GOOD, table

pytestmark = pytest.mark.django_db(transaction=True)

ROWS, CHANGED = 220, 60
PATIENCE = 120.0


def address() -> str:
    """Return the address of the tests' database, for another process."""
    known: Any = connection.settings_dict
    if connection.vendor == "sqlite":
        return f"sqlite:///{known['NAME']}"
    who = quote(known["USER"]) + (f":{quote(known['PASSWORD'])}" if known["PASSWORD"] else "")
    return f"postgresql://{who}@{known['HOST']}:{known['PORT'] or 5432}/{known['NAME']}"


class Workers:
    """Workers of their own processes, one at a time."""

    def __init__(self) -> None:
        self.process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        """Start one."""
        command = [sys.executable, "manage.py", "db_worker", "--no-reload", "--no-startup-delay"]
        env = {**os.environ, "DJANGO_SETTINGS_MODULE": "portal.settings", "DATABASE_URL": address()}
        self.process = subprocess.Popen([*command, "--interval", "0.1", "-v", "0"], cwd=ROOT, env=env)

    def kill(self) -> None:
        """Take its power away."""
        if self.process is not None:
            self.process.kill()
            self.process.wait()
        self.process = None

    def until(self, holds: Callable[[], bool]) -> None:
        """Wait until something holds, as long as the worker lives."""
        assert self.process is not None
        ends = time.monotonic() + PATIENCE
        while not holds():
            assert self.process.poll() is None
            assert time.monotonic() < ends
            time.sleep(0.02)


@pytest.fixture
def workers() -> Iterator[Workers]:
    """Return workers; what still runs at the end is stopped."""
    found = Workers()
    yield found
    found.kill()


def fresh(batch: ImportBatch) -> ImportBatch:
    return ImportBatch.objects.get(pk=batch.pk)


def taken_up(batch: ImportBatch) -> None:
    """Let a minute pass, and the chore run."""
    ImportBatch.objects.filter(pk=batch.pk).update(beat_at=timezone.now() - LEASE - dt.timedelta(seconds=1))
    take_up()


def test_a_worker_killed_while_writing_and_undoing_is_followed_and_nothing_is_doubled(
    clerk: Any, workers: Workers
) -> None:
    known = [make_canteen(name=f"老食堂{number}") for number in range(CHANGED)]
    facts = {"街道": "康桥街道", "电话": "0571-9"}
    rows = table(
        *({"编号": place.public_id, "名称": place.name, **facts} for place in known),
        *({"编号": "", "名称": f"新食堂{number}", **facts} for number in range(ROWS)),
    )
    versions = Revision.objects.count()
    batch = importing_batches.begin(model=Canteen, content=as_csv(rows), name="x.csv", mode="add", user=clerk)
    assert batch.state == "checking"
    workers.start()
    workers.until(lambda: fresh(batch).beat_at is not None)
    workers.kill()
    if fresh(batch).state == "checking":
        taken_up(batch)
    workers.start()
    workers.until(lambda: fresh(batch).state == "checked")
    importing_batches.confirm(batch=batch, user=clerk)
    workers.until(lambda: fresh(batch).done_count > 0)
    workers.kill()
    assert (fresh(batch).state, batch.rows.to_write().exists()) == ("writing", True)
    taken_up(batch)
    workers.start()
    workers.until(lambda: fresh(batch).state == "done")
    assert Canteen.objects.count() == CHANGED + ROWS
    assert set(Canteen.objects.values_list("phone", flat=True)) == {"0571-9"}
    assert not Canteen.objects.values("name").annotate(count=Count("pk")).filter(count__gt=1).exists()
    assert Revision.objects.count() == versions + CHANGED + ROWS
    assert not Proposal.objects.exists()
    importing_batches.undo(batch=fresh(batch), user=clerk)
    workers.until(lambda: fresh(batch).done_count > 0)
    workers.kill()
    assert fresh(batch).state == "undoing"
    taken_up(batch)
    workers.start()
    workers.until(lambda: fresh(batch).state == "undone")
    assert Canteen.objects.exclude(state="archived").count() == CHANGED
    assert set(Canteen.objects.exclude(state="archived").values_list("phone", flat=True)) == {"0571-00000000"}
    assert Revision.objects.count() == versions + 2 * (CHANGED + ROWS)


def test_the_chore_leaves_alone_what_a_worker_is_at_or_waits_for(clerk: Any) -> None:
    from django_tasks_db.models import DBTaskResult

    rows = table(*({**GOOD, "名称": f"食堂{number}"} for number in range(201)))
    batch = importing_batches.begin(model=Canteen, content=as_csv(rows), name="x.csv", mode="add", user=clerk)
    take_up()
    assert DBTaskResult.objects.count() == 1
    DBTaskResult.objects.all().delete()
    ImportBatch.objects.filter(pk=batch.pk).update(beat_at=timezone.now())
    take_up()
    assert not DBTaskResult.objects.exists()
    taken_up(batch)
    assert DBTaskResult.objects.count() == 1
