"""What of a proposal still fits its listing: not changed by others meanwhile, without a fault, within reach."""

import copy
from typing import Any

from django.core.exceptions import NON_FIELD_ERRORS, ValidationError
from django.db import transaction
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from portal.accounts.models import User
from portal.listings.models import Listing
from portal.listings.parts import part_of
from portal.listings.revising import changes_since
from portal.listings.snapshots import Said, Snapshot, write_snapshot

OUTSIDE = gettext_lazy("This would move the listing out of your area. Refuse it, or ask the city.")


def moved(listing: Listing, values: Snapshot, since: int) -> dict[str, Any]:
    """Return the keys whose part somebody has changed since a version, otherwise than wanted, with a sentence."""
    theirs = {
        key: change
        for key, change in changes_since(listing, since).items()
        if change["after"] != change["before"] and change["after"] != values.get(key, object)
    }
    who = {part_of(key): change["who"] for key, change in theirs.items()}
    said = _("%(who)s has changed this since it was proposed. Compare, then decide again.")
    return {key: said % {"who": who[part_of(key)]} for key in values if part_of(key) in who}


def write_fitting(listing: Listing, values: Snapshot, left: dict[str, Any], actor: User) -> Listing:
    """Write what can be written; add to `left` what has a fault. Return the listing as written."""
    while wanted := {key: value for key, value in values.items() if key not in left}:
        tried = copy.copy(listing)
        try:
            with transaction.atomic():
                write_snapshot(tried, wanted)
                if not Listing.objects.publishable_by(actor).filter(pk=listing.pk).exists():
                    raise ValidationError({"street": OUTSIDE})
        except ValidationError as error:
            faults = {part_of(key): Said(ValidationError(found)) for key, found in error.error_dict.items()}
            whole = faults.get(NON_FIELD_ERRORS)
            named = {key: faults[part_of(key)] for key in wanted if part_of(key) in faults}
            left |= named or dict.fromkeys(wanted, whole or next(iter(faults.values())))
        else:
            return tried
    return listing
