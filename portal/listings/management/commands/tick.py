"""Run the clock."""

import time
from typing import Any

from django.core.cache import cache
from django.core.management.base import BaseCommand, CommandParser
from django.db import close_old_connections

from portal.accounts.cleaning import forget_unfinished_signups
from portal.listings.clock import tick


class Command(BaseCommand):
    """Handle what is due: ended pauses, "sold out" that has passed, intervals that must grow. Run it every minute."""

    help = "Handle what is due by the clock; run it every minute, or with --loop."

    def add_arguments(self, parser: CommandParser) -> None:
        """Take --loop."""
        parser.add_argument("--loop", action="store_true", help="run for ever, once a minute")

    def handle(self, *args: Any, **options: Any) -> None:
        """Run once or for ever."""
        while True:
            count = tick()
            if cache.add("clean_accounts", True, 3600):
                forget_unfinished_signups()
            if count or not options["loop"]:
                self.stdout.write(f"tick: {count} listings were due")
            if not options["loop"]:
                return
            close_old_connections()
            time.sleep(60)
