"""Place codes: what is printed at a gate, a counter or a door, and what a scan of it finds."""

import datetime as dt
import time
from dataclasses import dataclass
from typing import Any

from django.conf import settings
from django.urls import reverse
from django.utils import timezone

from portal.listings import reading
from portal.listings.models import Listing
from services.codes import xg1
from services.codes.checkpoints import gate_of
from services.codes.keyring import KeyRing, Purpose
from services.codes.models import Checkpoint

#: How long a print is good; its key is published for a day longer.
PRINT_LIFE = dt.timedelta(days=730)
#: As much of a name as a place code has room for.
NAME_BYTES = 48


@dataclass(frozen=True, slots=True)
class Printed:
    """A place code as it is printed: the address, and the day it ends."""

    checkpoint: Checkpoint
    address: str
    expires_at: dt.datetime


class NoSuchPlace(LookupError):
    """The print is not believed or not in use; `reason` is a word of `xg1.PlaceFault` or "unknown"."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


@dataclass(frozen=True, slots=True)
class Found:
    """What a place code leads to: the checkpoint, the listing's card, and its gate where it is one of a compound."""

    checkpoint: Checkpoint
    card: reading.Card
    gate: dict[str, Any] | None


def origin() -> str:
    """Return the origin on which code pages live, the only one that a courier's page accepts."""
    return str(getattr(settings, "CODES_BASE_URL", "") or settings.PUBLIC_BASE_URL).rstrip("/")


def printed(*, checkpoint: Checkpoint, now: dt.datetime | None = None) -> Printed:
    """Sign a place code for a checkpoint; raise KeyFault when no key signs."""
    moment = now or timezone.now()
    expires_at = (moment + PRINT_LIFE).replace(microsecond=0)
    kid, private_key = KeyRing.load().signing(Purpose.PLACE, int(moment.timestamp()))
    text = xg1.issue_place(
        private_key=private_key,
        kid=kid,
        place=checkpoint.listing.public_id,
        gate=checkpoint.number,
        expires_at=int(expires_at.timestamp()),
        name=fitting(checkpoint.name),
    )
    return Printed(checkpoint, origin() + reverse("code_place", args=[text]), expires_at)


def fitting(name: str) -> str:
    """Return a name in the 48 bytes that a place code has for it."""
    return name.encode()[:NAME_BYTES].decode(errors="ignore")


def find(text: str, *, now: float | None = None) -> Found:
    """Return what a place code leads to; raise NoSuchPlace for anything that the issuer did not sign or took back."""
    moment = time.time() if now is None else now
    try:
        place = xg1.read_place(text, KeyRing.load().code_keys(int(moment)), moment)
    except xg1.BadPlaceCode as error:
        raise NoSuchPlace(error.reason.value) from error
    checkpoint = (
        Checkpoint.objects.in_use()
        .select_related("listing")
        .filter(number=place.gate, listing__public_id=place.place)
        .first()
    )
    if checkpoint is None:
        raise NoSuchPlace("unknown")
    at = dt.datetime.fromtimestamp(moment, dt.UTC)
    cards = reading.cards(Listing.objects.published().filter(pk=checkpoint.listing_id), at)
    if not cards:
        raise NoSuchPlace("unknown")
    return Found(checkpoint, cards[0], gate_of(cards[0].doc, checkpoint.name))
