"""Issue an API key and print it."""

from datetime import timedelta
from typing import Any

from django.core.exceptions import ValidationError
from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.db import transaction
from django.utils import timezone

from portal.accounts.models import Organisation
from portal.audit.changes import plain
from portal.audit.models import Action
from portal.audit.recording import record
from portal.partners.models import ApiKey, Source
from portal.partners.revoking import revoke_keys
from portal.partners.scopes import SCOPES

DEMO_PARTNER = "演示合作方"
DEMO_SOURCE, DEMO_SOURCE_LABEL = "demo", "演示来源"
DEMO_SCOPES = ["listings:read", "listings:write", "availability:write"]


class Command(BaseCommand):
    """Issue an API key and print it, and nothing else; it cannot be read again."""

    help = "Issue an API key for an organisation and print it once."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--organisation", help="the organisation's exact name")
        parser.add_argument(
            "--scope", action="append", choices=sorted(SCOPES), help="may be given several times"
        )
        parser.add_argument("--name", default="", help="what the key is for")
        parser.add_argument("--source", action="append", default=[], help="whose rows it may write")
        parser.add_argument("--area", default="", help="code of an area; empty for the whole city")
        parser.add_argument("--days", type=int, help="how long it is valid; without, until it is revoked")
        parser.add_argument(
            "--demo",
            action="store_true",
            help="use a demo partner, made if need be, and revoke its earlier keys",
        )

    @transaction.atomic
    def handle(self, *args: Any, **options: Any) -> None:
        organisation = self._organisation(options)
        if options["demo"]:
            self._fill_in(options, organisation)
        known = set(organisation.sources.values_list("name", flat=True))
        if unknown := sorted(set(options["source"]) - known):
            raise CommandError(f"{organisation} has no source called {', '.join(unknown)}.")
        try:
            key, text = ApiKey.issue(
                organisation=organisation,
                name=options["name"] or ("demo" if options["demo"] else organisation.name),
                scopes=options["scope"] or ["listings:read"],
                sources=options["source"],
                area_code=options["area"],
                expires_at=timezone.now() + timedelta(days=options["days"]) if options["days"] else None,
            )
        except ValidationError as error:
            raise CommandError(" ".join(error.messages)) from error
        facts = {"scopes": key.scopes, "sources": key.sources, "expires_at": plain(key.expires_at)}
        record(Action.KEY_ISSUED, by=None, about=key, after=facts, note="manage.py issue_key")
        self.stdout.write(text)

    @staticmethod
    def _fill_in(options: dict[str, Any], organisation: Organisation) -> None:
        """End the demo partner's earlier keys; let the new one write a source of its own unless it was said what."""
        revoke_keys(keys=organisation.api_keys.all(), by=None, note="manage.py issue_key")
        options["scope"] = options["scope"] or DEMO_SCOPES
        if not options["source"] and "listings:write" in options["scope"]:
            made = {"label": DEMO_SOURCE_LABEL, "organisation": organisation}
            source, _created = Source.objects.get_or_create(name=DEMO_SOURCE, defaults=made)
            options["source"] = [source.name] if source.organisation_id == organisation.pk else []

    @staticmethod
    def _organisation(options: dict[str, Any]) -> Organisation:
        if options["demo"]:
            found, _created = Organisation.objects.get_or_create(
                kind=Organisation.Kind.PLATFORM, name=options["organisation"] or DEMO_PARTNER, area_code=""
            )
            return found
        if not options["organisation"]:
            raise CommandError("Name the organisation with --organisation, or use --demo.")
        found_all = list(Organisation.objects.filter(name=options["organisation"])[:2])
        if len(found_all) != 1:
            number = "no organisation" if not found_all else "more than one organisation"
            raise CommandError(f"There is {number} called {options['organisation']}.")
        return found_all[0]
