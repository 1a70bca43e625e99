"""Load a year's day types."""

from typing import Any

from django.core.management.base import BaseCommand, CommandParser
from django.utils import timezone

from portal.listings.calendars import load_year
from portal.listings.clock import renew_intervals
from portal.listings.models import CalendarYear


class Command(BaseCommand):
    """Fill years of holidays and adjusted workdays (调休) from the `holidays` library."""

    help = "Fill years of day types; a year counts once confirmed (--confirm) against the State Council's notice."

    def add_arguments(self, parser: CommandParser) -> None:
        """Take the years and whether staff vouch for them."""
        parser.add_argument(
            "years", nargs="*", type=int, help="default: this year and the next, where missing"
        )
        parser.add_argument("--confirm", action="store_true")
        parser.add_argument("--missing", action="store_true", help="leave years alone that are already there")

    def handle(self, *args: Any, **options: Any) -> None:
        """Load each year and rebuild what hangs on it."""
        loaded = False
        this_year = timezone.localdate().year
        only_missing = options["missing"] or not options["years"]
        for year in options["years"] or (this_year, this_year + 1):
            if only_missing and CalendarYear.objects.filter(year=year).exists():
                continue
            count = load_year(year=year, confirm=options["confirm"])
            loaded = True
            self.stdout.write(
                f"{year}: {count} days{', confirmed' if options['confirm'] else ', not confirmed'}"
            )
        if loaded:
            renew_intervals()
