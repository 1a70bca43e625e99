"""Take a key of identity codes away at once."""

from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from services.codes.keyfiles import KeyFault
from services.codes.keymaking import retire
from services.codes.management.told import moment


class Command(BaseCommand):
    """Take a key away at once, as after a leak; the key in reserve takes over, or a new one."""

    help = "Retire a key of identity codes at once (docs/keys.md says what follows)."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("kid", type=int)
        parser.add_argument("--why", required=True, help="stands in the list of keys")

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            done = retire(options["kid"], why=options["why"])
        except (KeyFault, OSError) as error:
            raise CommandError(str(error)) from error
        self.stdout.write(
            f"{done.gone.purpose}: key {done.gone.kid} is retired and its private half deleted."
        )
        if done.successor is None:
            self.stdout.write("Another key signs already.")
            return
        entry = done.successor
        reserve = (
            "was in reserve" if entry.made_at < entry.used_from else "is new: gates need one synchronisation"
        )
        self.stdout.write(f"Key {entry.kid} signs from {moment(entry.used_from)} on; it {reserve}.")
