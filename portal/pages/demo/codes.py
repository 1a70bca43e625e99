"""What a demo of identity codes needs: platforms with numbers, a checked courier, checkpoints, guards' names."""

from django.utils import timezone

from portal.accounts.models import Courier, Organisation, User
from portal.listings.models import Listing, Stewardship
from services.codes import terms
from services.codes.checkpoints import ensure_everywhere
from services.codes.enrolling import enrol, holder_of, locked_holder
from services.codes.models import GuardName, Holder, Platform
from services.codes.standing import rest_on

GUARDS = ("早班门岗", "晚班门岗")


def ensure_platforms(names: tuple[str, ...]) -> list[Platform]:
    """Give the demo's platforms the numbers 1, 2, …; those that have one keep it."""
    found = []
    for number, name in enumerate(names, 1):
        organisation = Organisation.objects.get(kind=Organisation.Kind.PLATFORM, name=name)
        values = {"number": number, "short_name": name, "short_name_en": f"Platform {'AB'[number - 1]}"}
        found.append(Platform.objects.get_or_create(organisation=organisation, defaults=values)[0])
    return found


def ensure_holder(courier: User, platform: Platform) -> None:
    """Let the demo's courier have asked for a code, which staff have checked; once."""
    if holder_of(courier) is not None:
        return
    now = timezone.now()
    holder = enrol(
        user=courier,
        name=courier.name,
        work_type=Courier.WorkType.FOOD_DELIVERY,
        platform=platform.number,
        agreed=True,
        terms_version=terms.VERSION,
        location_agreed=True,
        now=now,
    )
    rest_on(locked_holder(holder.pk), Holder.Basis.PROOF, now, label="演示数据")


def ensure_gates(admin: User) -> None:
    """Make the checkpoints that the cards ask for, and guards' names at the compounds that a property keeps."""
    ensure_everywhere(user=admin)
    kept = Stewardship.objects.filter(listing__kind="compound").values("listing")
    for listing in Listing.objects.filter(pk__in=kept):
        for name in GUARDS:
            GuardName.objects.get_or_create(listing=listing, name=name)
