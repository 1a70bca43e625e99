"""Create the groups of permissions, or bring them up to date."""

from typing import Any

from django.core.management.base import BaseCommand

from portal.accounts.roles import ensure_groups, wanted


class Command(BaseCommand):
    """Create the groups of permissions, or bring them up to date; run it after every migration."""

    help = "Create or update the groups of permissions that posts refer to."

    def handle(self, *args: Any, **options: Any) -> None:
        missing = ensure_groups()
        for name, codes in wanted().items():
            absent = missing.get(name, [])
            self.stdout.write(f"{name}: {len(codes) - len(absent)}")
            if absent:
                self.stderr.write(f"{name}: no such permission: {', '.join(absent)}")
