"""Begin and end a guard's shift on a device: a tap on a name, twelve hours at most."""

import datetime as dt
import secrets

from django.db import transaction

from services.codes.enrolling_devices import digest_of
from services.codes.models import Checkpoint, Device, GuardName, Shift

LONGEST = dt.timedelta(hours=12)


class UnknownGuard(Exception):
    """The name is not on the listing's list of guards."""


class UnknownCheckpoint(Exception):
    """The checkpoint is not the device's, or is not in use."""


def checkpoints_of(device: Device, *, with_former: bool = False) -> list[Checkpoint]:
    """Return where a device may verify: at its own checkpoint, or at all of its listing that are in use.

    `with_former` adds those that are not in use any more: passes made there may still be under way.
    """
    found = Checkpoint.objects.filter(listing_id=device.listing_id)
    if not with_former:
        found = found.in_use()
    if device.checkpoint_id is not None:
        found = found.filter(pk=device.checkpoint_id)
    return list(found.order_by("pk"))


@transaction.atomic
def begin(*, device: Device, guard_id: int, number: int, now: dt.datetime) -> tuple[Shift, str]:
    """Begin a shift and end the device's one before it; return it with its secret, which is kept as a hash only.

    Raise UnknownGuard or UnknownCheckpoint for what is not the listing's.
    """
    guard = GuardName.objects.filter(pk=guard_id, listing_id=device.listing_id, is_active=True).first()
    if guard is None:
        raise UnknownGuard
    checkpoint = next((found for found in checkpoints_of(device) if found.number == number), None)
    if checkpoint is None:
        raise UnknownCheckpoint
    end(device=device, now=now)
    secret = secrets.token_urlsafe(32)
    shift = Shift.objects.create(
        device=device,
        listing_id=device.listing_id,
        checkpoint=checkpoint,
        guard_label=guard.name,
        digest=digest_of(secret),
        started_at=now,
        ends_at=now + LONGEST,
    )
    return shift, secret


@transaction.atomic
def end(*, device: Device, now: dt.datetime) -> int:
    """End what runs on a device; return how many shifts that were."""
    return Shift.objects.filter(device=device, ended_at=None).update(ended_at=now)


def running(device: Device, secret: str | None, *, now: dt.datetime) -> Shift | None:
    """Return the shift whose secret a cookie holds, while it runs on this device."""
    if not secret or len(secret) > 100:
        return None
    found = Shift.objects.select_related("checkpoint").filter(
        digest=digest_of(secret), device=device, ended_at=None, ends_at__gt=now
    )
    shift = found.first()
    if shift is not None:
        shift.device = device
    return shift


def was_running(shift: Shift, moment: dt.datetime) -> bool:
    """Say whether a shift covers a moment, five minutes of the clocks' difference granted at both ends."""
    leeway = dt.timedelta(minutes=5)
    over = min(shift.ends_at, shift.ended_at or shift.ends_at)
    return shift.started_at - leeway <= moment <= over + leeway
