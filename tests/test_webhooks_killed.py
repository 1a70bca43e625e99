"""A worker that loses its power while it tells a webhook is followed by another: told again, under the same id."""

import datetime as dt
import os
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from django.utils import timezone

from portal.listings import revising
from portal.partners.models import Nudge
from portal.partners.webhooks import retrying
from portal.partners.webhooks.nudging import make_messages, send_one
from portal.partners.webhooks.numbers import feed_number
from tests.databases import ROOT
from tests.factories import make_canteen
from tests.test_import_killed import address
from tests.webhook_server import PartnerServer, _nothing_known, loopback, make_webhook, partner_server

__all__ = ["_nothing_known", "loopback", "partner_server"]

pytestmark = pytest.mark.django_db(transaction=True)

PATIENCE = 90.0


class Workers:
    """Workers of their own processes."""

    def __init__(self) -> None:
        self.processes: list[subprocess.Popen[bytes]] = []

    def start(self, count: int = 1) -> None:
        """Start some."""
        command = [sys.executable, "manage.py", "db_worker", "--no-reload", "--no-startup-delay"]
        env = {
            **os.environ,
            "DJANGO_SETTINGS_MODULE": "portal.settings",
            "DATABASE_URL": address(),
            "WEBHOOK_PRIVATE_ADDRESSES": "127.0.0.0/8",
        }
        for _number in range(count):
            self.processes.append(
                subprocess.Popen([*command, "--interval", "0.1", "-v", "0"], cwd=ROOT, env=env)
            )

    def kill(self) -> None:
        """Take their power away."""
        for process in self.processes:
            process.kill()
            process.wait()
        self.processes = []

    def until(self, holds: Callable[[], bool]) -> None:
        """Wait until something holds, as long as the workers live."""
        ends = time.monotonic() + PATIENCE
        while not holds():
            assert all(process.poll() is None for process in self.processes)
            assert time.monotonic() < ends
            time.sleep(0.02)


@pytest.fixture
def workers() -> Iterator[Workers]:
    """Return workers; what still runs at the end is stopped."""
    found = Workers()
    yield found
    found.kill()


def test_a_message_whose_worker_was_killed_while_sending_is_sent_again_by_the_next_ones_once(
    clerk: Any, partner_server: PartnerServer, workers: Workers
) -> None:
    webhook, _secret = make_webhook(partner_server.url)
    place = make_canteen()
    revising.edit(listing=place, changes={"notice": "一"}, actor=clerk, channel="office")
    make_messages()
    message = Nudge.objects.get()
    partner_server.pause = 60
    send_one.enqueue(message.pk)
    workers.start()
    workers.until(lambda: bool(partner_server.received))
    workers.kill()
    message.refresh_from_db()
    assert (message.state, message.try_count, message.tries.count()) == ("waiting", 1, 0)
    assert message.claimed_until is not None
    partner_server.pause = 0.3
    # A minute later the claim has run out; two workers are at it, and the clock's nudge came twice.
    over = timezone.now() - dt.timedelta(seconds=1)
    assert message.claimed_until - timezone.now() <= retrying.LEASE
    Nudge.objects.update(claimed_until=over)
    for _number in range(4):
        send_one.enqueue(message.pk)
    workers.start(2)
    workers.until(lambda: Nudge.objects.get().state == "delivered")
    time.sleep(0.5)
    first, second = partner_server.received
    assert first.headers["webhook-id"] == second.headers["webhook-id"] == message.message_id
    assert first.body == second.body
    webhook.refresh_from_db()
    assert (webhook.told_seq, Nudge.objects.get().try_count) == (feed_number(), 2)
