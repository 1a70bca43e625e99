"""Make the next keys of identity codes."""

from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from services.codes.keyfiles import KeyFault
from services.codes.keymaking import Waiting, ensure_keys, rotate
from services.codes.keyring import Entry, Purpose
from services.codes.management.told import moment


class Command(BaseCommand):
    """Make the next key of each purpose: published now, used from two days on, the one before it ends then."""

    help = (
        "Make the next keys of identity codes (docs/keys.md); a purpose whose next key waits already is left."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument(
            "--purpose", action="append", choices=list(Purpose), help="may be given several times"
        )
        parser.add_argument("--days", type=int, default=2, help="use it from so many days on; at least 2")
        parser.add_argument("--key", type=Path, help="a PEM file made elsewhere, for the one purpose named")
        parser.add_argument("--missing", action="store_true", help="only first keys, where there are none")
        parser.add_argument("--dry-run", action="store_true", help="say what would be made")

    def handle(self, *args: Any, **options: Any) -> None:
        purposes = options["purpose"] or list(Purpose)
        if options["key"] and len(options["purpose"] or ()) != 1:
            raise CommandError("Name the one --purpose that this key is for.")
        try:
            if options["missing"]:
                self._missing()
            else:
                for purpose in purposes:
                    self._rotate(purpose, options)
        except (KeyFault, OSError) as error:
            raise CommandError(str(error)) from error

    def _missing(self) -> None:
        made = ensure_keys()
        for entry in made:
            self._tell(entry, "made")
        if not made:
            self.stdout.write("Every purpose has a key that signs; nothing was made.")

    def _rotate(self, purpose: str, options: dict[str, Any]) -> None:
        dry_run = options["dry_run"]
        try:
            entry = rotate(purpose, days=options["days"], pem=options["key"], dry_run=dry_run)
        except Waiting as error:
            self.stdout.write(str(error))
        else:
            self._tell(entry, "would be made" if dry_run else "made")

    def _tell(self, entry: Entry, deed: str) -> None:
        number = f"key {entry.kid}" if entry.kid else "a key"
        self.stdout.write(
            f"{entry.purpose}: {number} {deed}, signs from {moment(entry.used_from)} until {moment(entry.signs_until)}"
        )
