"""Forget what identity codes have kept for long enough."""

from typing import Any

from django.core.management.base import BaseCommand
from django.utils import timezone

from services.codes.cleaning import clean
from services.codes.roster import match


class Command(BaseCommand):
    """Forget what has had its time, and bring codes up to date with rosters. The clock runs this every hour."""

    help = "Forget what identity codes have kept for long enough; `manage.py tick` does so every hour."

    def handle(self, *args: Any, **options: Any) -> None:
        self.stdout.write(f"{match(now=timezone.now())} codes brought up to date with rosters and orders")
        for name, count in clean().items():
            self.stdout.write(f"{count} {name} forgotten")
