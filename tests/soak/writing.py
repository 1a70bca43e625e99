"""One writer: changes places in every way that the kernel knows, until it is told to stop or is killed."""

import datetime as dt
import random
import sys
import time
from typing import Any

from django.core.exceptions import ValidationError
from django.db import OperationalError, close_old_connections
from django.utils import timezone

from portal.listings import confirming, revising, states
from portal.listings.clock import tick
from portal.listings.models import Listing
from portal.listings.publishing import publish_locked
from tests.personas import KANGQIAO, ZHALONGKOU


def rename(listing: Any, chance: random.Random) -> None:
    """Change a text that everybody sees."""
    changes = {"notice": f"通知 {chance.random()}"}
    revising.edit(listing=listing, changes=changes, actor=None, channel="office")


def move_house(listing: Any, chance: random.Random) -> None:
    """Move to a street, perhaps the same."""
    street = chance.choice([KANGQIAO, ZHALONGKOU])
    changes = {"district": street[:6], "street": street, "community": None}
    revising.edit(listing=listing, changes=changes, actor=None, channel="partner")


def change_state(listing: Any, chance: random.Random) -> None:
    """Publish, pause, resume, archive or bring back."""
    to = chance.choice(states.MOVES[listing.state])
    until = timezone.now() + dt.timedelta(seconds=chance.choice([2, 600])) if to == "paused" else None
    states.move(listing=listing, to=to, actor=None, reason="检修", until=until)


def say_true(listing: Any, chance: random.Random) -> None:
    """Confirm the hours."""
    if listing.is_public:
        confirming.confirm(listing=listing, fact_groups=["hours", "contact"], actor=None)


def change_nothing(listing: Any, chance: random.Random) -> None:
    """Save what is there, and publish again: neither is a change."""
    revising.edit(listing=listing, changes={"name": listing.name}, actor=None, channel="office")
    publish_locked(type(listing), [listing.pk])


def tell_the_time(listing: Any, chance: random.Random) -> None:
    """Let the clock end what has run out."""
    tick()


DEEDS = (rename, rename, move_house, change_state, change_state, say_true, change_nothing, tell_the_time)


def write(seed: int, seconds: float) -> int:
    """Write for so many seconds; return how often. What the kernel refuses, and a busy database, is no fault."""
    chance = random.Random(seed)  # noqa: S311
    keys = list(Listing.objects.order_by("pk").values_list("pk", flat=True))
    until, written = time.monotonic() + seconds, 0
    while time.monotonic() < until:
        try:
            listing = Listing.objects.get(pk=chance.choice(keys)).as_kind
            chance.choice(DEEDS)(listing, chance)
            written += 1
        except ValidationError:
            continue
        except OperationalError as error:
            sys.stderr.write(f"writer {seed}: {error}\n")
            close_old_connections()
            time.sleep(0.2)
    return written
