"""Print a link that signs somebody in once."""

from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.db import transaction
from django.urls import reverse
from phonenumber_field.phonenumber import to_python

from portal.accounts.models import LoginLink, User
from portal.accounts.sign_ins import tell
from portal.audit.models import Action


class Command(BaseCommand):
    """Print a link that signs the holder of a phone in once, within five minutes."""

    help = "Print a single-use sign-in link for a phone number; refused while a second factor is required."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("phone", help="such as 13800000001")
        parser.add_argument("--base-url", default=settings.PUBLIC_BASE_URL, help="the portal's address")

    def handle(self, *args: Any, **options: Any) -> None:
        if settings.STAFF_SECOND_FACTOR:
            raise CommandError("No links: STAFF_SECOND_FACTOR is on, and a link would go around it.")
        number = to_python(options["phone"], region=settings.PHONENUMBER_DEFAULT_REGION)
        if number is None or not number.is_valid():
            raise CommandError(f"{options['phone']} is no phone number.")
        user = User.objects.filter(phone=number, is_active=True).first()
        if user is None:
            raise CommandError(f"Nobody with the number {options['phone']} can sign in.")
        with transaction.atomic():
            path = reverse("account_login_link", args=[LoginLink.issue(user)])
            tell(Action.LINK_MADE, user, note="manage.py login_link")
        self.stdout.write(options["base_url"].rstrip("/") + path)
