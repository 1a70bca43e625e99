"""Saying how a station is right now."""

import datetime as dt
from typing import TYPE_CHECKING

from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from portal.listings.models import Channel, Revision
from portal.listings.revising import lock, record
from portal.listings.snapshots import read_snapshot
from services.stations.models import Station

if TYPE_CHECKING:
    from portal.accounts.models import User


@transaction.atomic
def say_live(
    *, station: Station, status: str, until: dt.datetime, actor: "User | None", channel: str = Channel.OFFICE
) -> Revision | None:
    """Say that a station is normal, busy or full until a moment ahead; scope is the caller's (`editable_by`)."""
    now = timezone.now()
    if until <= now:
        raise ValidationError(_("The end lies in the past."))
    station = lock(station)
    before = read_snapshot(station, with_status=True)
    station.live_status, station.live_at, station.live_until = status, now, until
    station.full_clean()
    station.save()
    return record(listing=station, before=before, actor=actor, channel=channel)
