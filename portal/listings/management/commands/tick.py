"""Run the clock."""

import logging
import time
from typing import Any

from django.core.cache import cache
from django.core.management.base import BaseCommand, CommandParser
from django.db import close_old_connections

from portal.accounts.cleaning import forget_unfinished_signups
from portal.listings.clock import tick
from portal.running.beat import beat
from portal.running.chores import run_due

logger = logging.getLogger(__name__)


class Command(BaseCommand):
    """Handle what is due: ended pauses, "sold out" that has passed, intervals that must grow. Run it every minute."""

    help = "Handle what is due by the clock; run it every minute, or with --loop."

    def add_arguments(self, parser: CommandParser) -> None:
        """Take --loop."""
        parser.add_argument("--loop", action="store_true", help="run for ever, once a minute")

    def handle(self, *args: Any, **options: Any) -> None:
        """Run once or for ever; a minute that fails is logged, and the next one tries again."""
        if not options["loop"]:
            self.stdout.write(f"tick: {self._run()} listings handled")
            return
        while True:
            try:
                if count := self._run():
                    self.stdout.write(f"tick: {count} listings handled")
            except Exception:
                logger.exception("This tick failed; the next one tries again.")
            close_old_connections()
            time.sleep(60)

    def _run(self) -> int:
        count = tick()
        beat()
        if cache.add("clean_accounts", True, 3600):
            forget_unfinished_signups()
        run_due()
        return count
