"""Print a link that enrols a guard's phone."""

from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.urls import reverse
from django.utils import timezone
from phonenumber_field.phonenumber import to_python

from portal.accounts.acting import acting_as
from portal.accounts.models import User
from portal.listings.models import Listing
from services.codes.enrolling_devices import add_phone, invite
from services.codes.models import Device
from services.codes.placing import origin

NAME = "门岗手机"


class Command(BaseCommand):
    """Print a link that enrols one phone within 15 minutes at the first compound that a property manager keeps."""

    help = "Print a one-time link that enrols a guard's phone at the compound that the holder of PHONE keeps."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("phone", help="the property manager's, such as 13800000008")

    def handle(self, *args: Any, **options: Any) -> None:
        if settings.STAFF_SECOND_FACTOR:
            raise CommandError("No links: STAFF_SECOND_FACTOR is on, and a link would go around it.")
        number = to_python(options["phone"], region=settings.PHONENUMBER_DEFAULT_REGION)
        user = User.objects.filter(phone=number, is_active=True).first() if number else None
        listing = self._compound(user)
        now = timezone.now()
        device = Device.objects.filter(listing=listing, name=NAME, kind=Device.Kind.PHONE).first()
        secret = (
            invite(device=device, actor=user, now=now)
            if device
            else add_phone(listing=listing, name=NAME, actor=user, now=now)[1]
        )
        self.stdout.write(f"{origin()}{reverse('guard_enrol', args=[secret])}")

    @staticmethod
    def _compound(user: User | None) -> Listing:
        post = acting_as(user).acting_post if user else None
        kept = post.stewardships.filter(listing__kind="compound").order_by("pk").first() if post else None
        if kept is None:
            raise CommandError("Nobody with this number keeps a compound.")
        return kept.listing
