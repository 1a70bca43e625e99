"""Write the dump of today."""

from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.utils import timezone

from portal.listings.dumping import forget_old, write_dump
from portal.listings.hours import CITY_TIME


class Command(BaseCommand):
    """Write everything public into one file of the storage "exports"; the clock does it once a day by itself."""

    help = "Write today's dump of everything public, unless it is there; --again writes it anew."

    def add_arguments(self, parser: CommandParser) -> None:
        """Take --again."""
        parser.add_argument("--again", action="store_true", help="replace the dump of today")

    def handle(self, *args: Any, **options: Any) -> None:
        """Write it and say what it holds."""
        day = timezone.now().astimezone(CITY_TIME).date()
        try:
            dump = write_dump(day, again=options["again"])
            forget_old(day)
        except OSError as error:
            raise CommandError(f"The storage did not take the dump: {error}") from error
        self.stdout.write(
            f"{dump.file_name}: {dump.row_count} rows, {dump.byte_count} bytes, sha256 {dump.sha256}, "
            f"up to change {dump.change_number}"
        )
