"""Compare or renew every public document."""

from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from portal.listings.documents import canonical, digest, document
from portal.listings.kinds import listing_models
from portal.listings.publishing import republish


class Command(BaseCommand):
    """Publish every listing again, or with --check only report those whose stored document differs."""

    help = "Publish every listing again; --check only compares and fails when one differs."

    def add_arguments(self, parser: CommandParser) -> None:
        """Take --check."""
        parser.add_argument("--check", action="store_true")

    def handle(self, *args: Any, **options: Any) -> None:
        """Walk all kinds."""
        differing: list[str] = []
        count = 0
        for model in listing_models():
            if not options["check"]:
                count += republish(model, model.objects.values_list("pk", flat=True))
                continue
            rows = model.objects.with_groups().order_by("pk")
            for listing in rows.iterator(chunk_size=200):
                text = canonical(document(listing)) if listing.is_public else ""
                if digest(text) != listing.document_hash:
                    differing.append(listing.public_id)
        if differing:
            raise CommandError(f"{len(differing)} stored documents differ: {' '.join(differing[:20])}")
        self.stdout.write(
            "every stored document is current" if options["check"] else f"{count} documents changed"
        )
