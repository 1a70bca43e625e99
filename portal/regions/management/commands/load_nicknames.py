"""Load the table of well-known nicknames of areas."""

from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from portal.regions.loading import BrokenTable
from portal.regions.management.commands.load_regions import REPUBLISH
from portal.regions.nicknames import load_nicknames, read_nicknames


class Command(BaseCommand):
    """Add the nicknames that are missing; what staff have entered, changed or ended stays as it is."""

    help = "Add missing nicknames of areas from a csv with the columns name, code."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("file", type=Path, help="a csv file in UTF-8")

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            added, unknown = load_nicknames(read_nicknames(options["file"]))
        except OSError as error:
            raise CommandError(f"{options['file']}: {error.strerror}") from error
        except BrokenTable as error:
            raise CommandError("\n".join(error.problems)) from error
        self.stdout.write(f"added: {len(added)}")
        if unknown:
            self.stdout.write(f"left out, their areas are not loaded: {', '.join(unknown)}")
        if added:
            self.stdout.write(REPUBLISH)
