"""Enrol the devices that verify codes: a guard's phone by a one-time link, a turnstile by its API key."""

import datetime as dt
import hashlib
import secrets
from typing import Any

from django.core.exceptions import PermissionDenied, ValidationError
from django.db import transaction
from django.utils.translation import gettext_lazy as _

from portal.listings.models import Listing
from portal.partners.models import ApiKey
from services.codes.checkpoints import ensure_checkpoints
from services.codes.models import Checkpoint, Device

LINK_LIFE = dt.timedelta(minutes=15)
PHONE_LIFE = dt.timedelta(days=30)
#: A turnstile's key has an end of its own; the device is looked at again after a year.
TURNSTILE_LIFE = dt.timedelta(days=366)
SCOPE = "passes:write"


class LinkOver(Exception):
    """The link was used, is older than 15 minutes, or was never made; which of them is not told."""


def digest_of(secret: str) -> str:
    """Return the SHA-256 of a secret of 256 random bits, 64 hex digits: all that is kept of it."""
    return hashlib.sha256(secret.encode()).hexdigest()


def _check(actor: Any, listing: Listing, checkpoint: Checkpoint | None) -> None:
    """Raise PermissionDenied unless somebody keeps the listing, ValidationError for another listing's checkpoint."""
    if not Listing.objects.editable_by(actor).filter(pk=listing.pk).exists():
        raise PermissionDenied
    if checkpoint is not None and checkpoint.listing_id != listing.pk:
        raise ValidationError(
            {"checkpoint": _("This checkpoint belongs to another listing.")}, code="other_listing"
        )


def _label(actor: Any) -> str:
    post = getattr(actor, "acting_post", None)
    return str(post or actor)[:120]


@transaction.atomic
def add_phone(
    *, listing: Listing, name: str, actor: Any, now: dt.datetime, checkpoint: Checkpoint | None = None
) -> tuple[Device, str]:
    """Create a guard's phone that is not enrolled yet; return it with the secret of its link.

    Raise PermissionDenied unless the actor keeps the listing, ValidationError for a bad name or checkpoint.
    """
    _check(actor, listing, checkpoint)
    device = Device(listing_id=listing.pk, name=name.strip(), checkpoint=checkpoint, kind=Device.Kind.PHONE)
    device.full_clean(exclude=["digest", "invitation_digest"])
    device.save()
    # A property cannot add checkpoints, and a guard without one could begin no shift.
    ensure_checkpoints(listing=listing)
    return device, invite(device=device, actor=actor, now=now)


@transaction.atomic
def invite(*, device: Device, actor: Any, now: dt.datetime) -> str:
    """Return the secret of a one-time link that enrols the phone, or renews it, within 15 minutes.

    Only its SHA-256 is kept; a new link ends the one before. Raise PermissionDenied as in `add_phone`, ValidationError
    for a turnstile.
    """
    _check(actor, device.listing, None)
    if device.kind != Device.Kind.PHONE:
        raise ValidationError(_("A turnstile comes with its API key and needs no link."), code="turnstile")
    secret = secrets.token_urlsafe(24)
    device.invitation_digest = digest_of(secret)
    device.invited_until = now + LINK_LIFE
    device.enrolled_by_label = _label(actor)
    device.save(update_fields=["invitation_digest", "invited_until", "enrolled_by_label"])
    return secret


def invited(secret: str, *, now: dt.datetime) -> Device | None:
    """Return the device that a link would enrol, None when the link is over."""
    found = Device.objects.select_related("listing").filter(
        invitation_digest=digest_of(secret), invited_until__gt=now
    )
    return found.first()


@transaction.atomic
def redeem(*, secret: str, now: dt.datetime) -> tuple[Device, str]:
    """Use a link up and enrol its phone for 30 days; return the device and its secret, which is shown only now.

    An earlier secret of the same device ends, and a revocation is lifted: whoever keeps the listing made the link.
    Raise LinkOver.
    """
    found = invited(secret, now=now)
    own = Device.new_secret()
    # Two taps at once: the statement that still finds the link wins.
    taken = Device.objects.filter(invitation_digest=digest_of(secret), invited_until__gt=now).update(
        digest=digest_of(own),
        invitation_digest=None,
        invited_until=None,
        enrolled_at=now,
        expires_at=now + PHONE_LIFE,
        revoked_at=None,
        locked_until=None,
    )
    if not taken or found is None:
        raise LinkOver
    found.shifts.filter(ended_at=None).update(ended_at=now)
    return Device.objects.select_related("listing", "checkpoint").get(pk=found.pk), own


@transaction.atomic
def add_turnstile(
    *, listing: Listing, name: str, checkpoint: Checkpoint, api_key: ApiKey, actor: Any, now: dt.datetime
) -> Device:
    """Register a turnstile, or a property's system, that comes with an API key of its own.

    Raise PermissionDenied unless the actor keeps listing and key, ValidationError for a key without `passes:write`, one
    that another device has, or another listing's checkpoint.
    """
    _check(actor, listing, checkpoint)
    if not ApiKey.objects.editable_by(actor).filter(pk=api_key.pk).exists():
        raise PermissionDenied
    if not api_key.has_scope(SCOPE):
        raise ValidationError({"api_key": _("The key lacks the scope passes:write.")}, code="scope_missing")
    if api_key.devices.filter(revoked_at=None).exists():
        raise ValidationError({"api_key": _("Another device has this key.")}, code="key_taken")
    device = Device(
        listing_id=listing.pk,
        name=name.strip(),
        checkpoint=checkpoint,
        kind=Device.Kind.TURNSTILE,
        api_key=api_key,
        enrolled_at=now,
        expires_at=now + TURNSTILE_LIFE,
        enrolled_by_label=_label(actor),
    )
    device.full_clean(exclude=["digest", "invitation_digest"])
    device.save()
    return device


@transaction.atomic
def revoke(*, device: Device, actor: Any, now: dt.datetime) -> None:
    """End a device at once, with its link and its shifts. Raise PermissionDenied as in `add_phone`."""
    _check(actor, device.listing, None)
    Device.objects.filter(pk=device.pk, revoked_at=None).update(
        revoked_at=now, invitation_digest=None, invited_until=None
    )
    device.shifts.filter(ended_at=None).update(ended_at=now)
    device.refresh_from_db()


def enrolled(secret: str | None, *, now: dt.datetime) -> Device | None:
    """Return the phone whose secret a cookie holds, with its listing; None when it is over, revoked or unknown."""
    if not secret or len(secret) > 100:
        return None
    return (
        Device.objects.select_related("listing", "checkpoint")
        .filter(digest=digest_of(secret), kind=Device.Kind.PHONE, revoked_at=None, expires_at__gt=now)
        .first()
    )


def follow_key(old: ApiKey, new: ApiKey) -> None:
    """Let the turnstile of a key that was replaced come with the new one."""
    Device.objects.filter(api_key=old, revoked_at=None).update(api_key=new)


def of_key(api_key: ApiKey, *, now: dt.datetime) -> Device | None:
    """Return the turnstile that comes with a key, with its listing; None when none does now.

    A key that was replaced goes on for its turnstile, which hangs on the new one, as long as it holds.
    """
    keys = [pk for pk in (api_key.pk, api_key.successor_id) if pk is not None]
    return (
        Device.objects.select_related("listing", "checkpoint")
        .filter(api_key__in=keys, kind=Device.Kind.TURNSTILE, revoked_at=None, expires_at__gt=now)
        .first()
    )
