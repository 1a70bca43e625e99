"""Load the demo city."""

import time
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from portal.pages.demo.loading import Occupied, load


class Command(BaseCommand):
    """Load real named places and generated ones, with people to sign in as; a second run changes nothing."""

    help = "Load the demo city into an empty database; the same seed gives the same city."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--scale", choices=("small", "city"), default="small")
        parser.add_argument("--seed", type=int, default=1)
        parser.add_argument(
            "--into-existing", action="store_true", help="also into a database that holds something else"
        )

    def handle(self, *args: Any, **options: Any) -> None:
        started = time.monotonic()
        try:
            report = load(
                scale=options["scale"], seed=options["seed"], into_existing=options["into_existing"]
            )
        except Occupied as error:
            raise CommandError(
                f"The database holds {error}. Nothing was loaded; --into-existing adds the demo city to it."
            ) from error
        total = sum(report.created.values())
        if not total:
            self.stdout.write(
                f"All {report.existing} listings of this demo city are there already; nothing changed."
            )
            return
        kinds = ", ".join(f"{kind}: {count}" for kind, count in sorted(report.created.items()))
        self.stdout.write(f"{total} listings loaded in {time.monotonic() - started:.1f} s ({kinds})")
        if report.existing:
            self.stdout.write(f"{report.existing} listings were there already")
        self.stdout.write(f"people to sign in as: {', '.join(report.people) or 'all were there already'}")
        self.stdout.write(f"rows of facts.csv that are no listings, left out: {len(report.skipped)}")
        for row in report.skipped:
            self.stdout.write(f"  {row}")
