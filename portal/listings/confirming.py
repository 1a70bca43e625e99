"""Saying that facts are still true."""

import datetime as dt
from collections.abc import Iterable
from typing import TYPE_CHECKING

from django.db import transaction
from django.utils import timezone

from portal.audit.recording import here
from portal.listings.authors import actor_label, post_label
from portal.listings.models import Channel, Confirmation, Listing
from portal.listings.publishing import publish
from portal.listings.repeating import said_already
from portal.listings.revising import lock

if TYPE_CHECKING:
    from portal.accounts.models import User


@transaction.atomic
def confirm(
    *,
    listing: Listing,
    fact_groups: Iterable[str],
    actor: "User | None",
    channel: str = Channel.OFFICE,
    at: dt.datetime | None = None,
) -> None:
    """Record that these groups of facts hold now (or did `at`), and publish the new confirmation.

    What the same actor said within the last minute is not recorded again.
    """
    listing = lock(listing)
    moment = at or timezone.now()
    said = said_already(listing, actor, channel, moment)
    origin = here()
    Confirmation.objects.bulk_create(
        Confirmation(
            listing_id=listing.pk,
            fact_group=group,
            confirmed_at=moment,
            actor_id=actor.pk if actor else None,
            actor_label=actor_label(actor) if actor else "",
            post_label=post_label(actor),
            channel=channel,
            request_id=origin,
        )
        for group in fact_groups
        if group in listing.fact_groups and group not in said
    )
    publish([listing])
