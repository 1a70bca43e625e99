"""Load the first cards about rights."""

import json
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand
from django.db import transaction

from portal.pages.models import RightsCard

CARDS = Path(__file__).resolve().parents[2] / "data" / "rights.json"


class Command(BaseCommand):
    """Add the cards that are not there yet; what staff edited stays as it is."""

    help = "Add the first rights cards; cards that exist are left alone."

    @transaction.atomic
    def handle(self, *args: Any, **options: Any) -> None:
        """Add missing cards by their short name and say how many."""
        added = 0
        for position, card in enumerate(json.loads(CARDS.read_text(encoding="utf-8")), 1):
            values = {**card, "position": position * 10, "is_published": True}
            _card, created = RightsCard.objects.get_or_create(slug=values.pop("slug"), defaults=values)
            added += created
        self.stdout.write(f"rights cards added: {added}")
