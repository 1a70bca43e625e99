"""Forget what nobody finished."""

from typing import Any

from django.core.management.base import BaseCommand

from portal.accounts.cleaning import forget_unfinished_signups


class Command(BaseCommand):
    """Delete sign-ups that were begun a day ago and never proved. The clock runs this every hour."""

    help = "Delete sign-ups that were begun a day ago and never proved; `manage.py tick` does so every hour."

    def handle(self, *args: Any, **options: Any) -> None:
        """Delete them and say how many."""
        self.stdout.write(f"{forget_unfinished_signups()} unfinished sign-ups forgotten")
