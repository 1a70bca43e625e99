"""Load the table of cities, districts, streets and communities."""

from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from portal.regions.loading import BrokenTable, load_table, read_table

SHOWN = 40
#: Listings stand above regions, so that this command can only say what is to be done with theirs.
REPUBLISH = "Names have changed: now run manage.py republish"


class Command(BaseCommand):
    """Load the table of cities, districts, streets and communities; running it again changes nothing."""

    help = "Load regions from a csv with the columns code, level, name, parent_code."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("file", type=Path, help="a csv file in UTF-8")

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            result = load_table(read_table(options["file"]))
        except OSError as error:
            raise CommandError(f"{options['file']}: {error.strerror}") from error
        except BrokenTable as error:
            told = error.problems[:SHOWN]
            more = len(error.problems) - len(told)
            raise CommandError("\n".join([*told, *([f"and {more} more"] if more else [])])) from error
        for word in ("added", "renamed", "respelt", "returned", "gone"):
            rows = getattr(result, word)
            self.stdout.write(f"{word}: {len(rows)}")
            if options["verbosity"] > 1 or len(rows) <= SHOWN:
                for row in rows:
                    self.stdout.write(f"  {row}")
        if result.has_new_names:
            self.stdout.write(REPUBLISH)
