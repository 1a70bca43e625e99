"""Whom an office asks about a place: kept and erased by the office, with a trace that names no number."""

import datetime as dt
from typing import Any

from django.db import transaction
from django.utils import timezone

from portal.audit.masking import number_in_part
from portal.audit.models import Action
from portal.audit.recording import record
from portal.listings.models import Listing, State
from portal.upkeep.models import OperatorAsk, OperatorContact, OperatorLink

#: How long what was asked, of which number in part, and what came back is kept.
ASKS_KEPT = dt.timedelta(days=180)


@transaction.atomic
def keep_contact(
    *, listing: Listing, name: str, phone: Any, is_asked_weekly: bool, actor: Any
) -> OperatorContact:
    """Keep whom to ask about a listing in place of whoever was kept before; saying the same again changes nothing."""
    Listing.objects.select_for_update().get(pk=listing.pk)
    known = OperatorContact.objects.filter(listing=listing).first()
    wanted = {"name": name, "phone": phone, "is_asked_weekly": is_asked_weekly}
    if known and all(getattr(known, key) == value for key, value in wanted.items()):
        return known
    contact, is_new = OperatorContact.objects.update_or_create(listing=listing, defaults=wanted)
    record(
        Action.ADDED if is_new else Action.CHANGED,
        by=actor,
        about=contact,
        before={"phone": number_in_part(str(known.phone))} if known else {},
        after={"phone": number_in_part(str(phone)), "is_asked_weekly": is_asked_weekly},
        label=listing.name,
    )
    return contact


@transaction.atomic
def erase_contact(*, listing: Listing, actor: Any) -> bool:
    """Forget whom to ask about a listing; return whether there was somebody."""
    known = OperatorContact.objects.select_for_update().filter(listing=listing).first()
    if known is None:
        return False
    before = {"phone": number_in_part(str(known.phone))}
    record(Action.DELETED, by=actor, about=known, before=before, label=listing.name)
    known.delete()
    return True


@transaction.atomic
def forget_old(now: dt.datetime | None = None) -> int:
    """Erase old questions and links, and whom to ask about places long archived; return how many rows went."""
    before = (now or timezone.now()) - ASKS_KEPT
    gone = [
        OperatorAsk.objects.filter(made_at__lt=before).delete(),
        OperatorLink.objects.filter(made_at__lt=before).delete(),
        OperatorContact.objects.filter(
            listing__state=State.ARCHIVED, listing__changed_at__lt=before
        ).delete(),
    ]
    return sum(count for count, _by_model in gone)
