"""Load the catalogue of amenities."""

from typing import Any

from django.core.management.base import BaseCommand
from django.db import transaction

from services.stations.amenities import load_amenities


class Command(BaseCommand):
    """Add the amenities that are missing; what staff have renamed or ordered anew stays as it is."""

    help = "Add the amenities that are missing; what staff have changed stays as it is."

    @transaction.atomic
    def handle(self, *args: Any, **options: Any) -> None:
        added = load_amenities()
        self.stdout.write(f"added: {len(added)}{' (' + ', '.join(added) + ')' if added else ''}")
