"""Loading the demo city into a database."""

import datetime as dt
from collections import Counter
from dataclasses import dataclass, field

from django.db import transaction
from django.utils import timezone

from portal.accounts.models import User
from portal.accounts.roles import ensure_groups
from portal.listings.bulk import create_many
from portal.listings.calendars import load_year
from portal.listings.clock import renew_intervals
from portal.listings.hours import CITY_TIME
from portal.listings.models import CalendarYear, Channel, Listing
from portal.pages.demo import codes
from portal.pages.demo.accounts import ADMIN, COURIER, PHONES, PLATFORMS, ensure_people, ensure_stewards
from portal.pages.demo.planning import plan
from portal.regions.areas import DATA
from portal.regions.loading import load_table, read_table
from portal.regions.models import Street
from services.stations.amenities import load_amenities


class Occupied(Exception):
    """The database holds something that is not the demo's; the text says what."""


@dataclass(slots=True)
class Report:
    """What a run did: listings created by kind, those that were there already, new people, rows left out."""

    created: dict[str, int] = field(default_factory=dict)
    existing: int = 0
    people: list[str] = field(default_factory=list)
    skipped: list[str] = field(default_factory=list)


@transaction.atomic
def load(*, scale: str, seed: int, into_existing: bool = False, now: dt.datetime | None = None) -> Report:
    """Load the demo city with everything it stands on; a second run finds it all and changes nothing.

    `now` is the moment to which confirmations and ends are relative. Raises Occupied unless `into_existing`.
    """
    if not Street.objects.exists():
        load_table(read_table(DATA / "hangzhou" / "regions.csv"))
    now = (now or timezone.now()).astimezone(CITY_TIME)
    planned = plan(scale=scale, seed=seed, now=now)
    numbers = {item.extra["public_id"] for item in planned.items}
    if not into_existing:
        refuse_strangers(numbers)
    ensure_calendar(now.year)
    ensure_groups()
    load_amenities()
    people, new = ensure_people()
    known = set(Listing.objects.filter(public_id__in=numbers).values_list("public_id", flat=True))
    items = [item for item in planned.items if item.extra["public_id"] not in known]
    create_many(items=items, actor=people[ADMIN], channel=Channel.IMPORT)
    ensure_stewards(people)
    platforms = codes.ensure_platforms(PLATFORMS)
    codes.ensure_holder(people[COURIER], platforms[0])
    codes.ensure_gates(people[ADMIN])
    created = Counter(item.model.kind_name for item in items)
    return Report(dict(created), len(known), new, planned.skipped)


def ensure_calendar(year: int) -> None:
    """Load this year confirmed, as the demo's staff would have, and the next one as the library foresees it."""
    if not CalendarYear.objects.filter(year=year, confirmed_at__isnull=False).exists():
        load_year(year=year, confirm=True)
        renew_intervals()
    if not CalendarYear.objects.filter(year=year + 1).exists():
        load_year(year=year + 1, confirm=False)


def refuse_strangers(numbers: set[str]) -> None:
    """Raise Occupied when there are listings or people that this demo city does not bring."""
    listings = Listing.objects.exclude(public_id__in=numbers).count()
    people = (
        User.objects.exclude(phone__in=[f"+86{phone}" for phone in PHONES]).exclude(is_superuser=True).count()
    )
    if listings or people:
        raise Occupied(
            f"{listings} listings and {people} people that are not of this demo city (scale and seed)"
        )
