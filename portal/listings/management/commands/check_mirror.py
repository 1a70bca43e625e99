"""Follow a portal's change feed as a partner does, and compare."""

from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from portal.listings.mirroring import Unreachable, check


class Command(BaseCommand):
    """Mirror a portal over HTTP and report every disagreement; `portal/listings/mirroring.py` does it elsewhere."""

    help = "Follow a portal's change feed over HTTP, hold the copy against its lists, report what disagrees."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("base", help="the portal's address, such as http://localhost:8000")
        parser.add_argument("--key", default="", help="an API key")
        parser.add_argument("--question", default="", help='filters, such as "street=330105010&kind=canteen"')
        parser.add_argument("--follow", type=float, default=0, help="follow for so many seconds first")
        parser.add_argument("--from-dump", action="store_true", help="begin with the newest daily dump")

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            report = check(
                options["base"],
                key=options["key"],
                question=options["question"],
                follow=options["follow"],
                from_dump=options["from_dump"],
            )
        except Unreachable as error:
            raise CommandError(f"The portal cannot be asked: {error}", returncode=2) from error
        self.stdout.write(report.told())
        if report.faults:
            raise CommandError("The copy does not agree with the portal.", returncode=1)
