"""Checks that join several fields of a listing."""

from typing import TYPE_CHECKING

from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy as _

if TYPE_CHECKING:
    from portal.listings.models import Listing


def check_regions(listing: "Listing") -> None:
    """Complete the upper levels from the lower ones and refuse levels that do not fit each other.

    Codes are hierarchical, so a prefix is the whole test.
    """
    if listing.community_id and not listing.street_id:
        listing.street_id = listing.community_id[:9]
    if listing.street_id and not listing.district_id:
        listing.district_id = listing.street_id[:6]
    if listing.street_id and listing.district_id and not listing.street_id.startswith(listing.district_id):
        raise ValidationError(
            {"street": _("This street lies in another district. Choose one of the two again.")}
        )
    if listing.community_id and listing.street_id and not listing.community_id.startswith(listing.street_id):
        raise ValidationError(
            {"community": _("This community lies in another street. Choose one of the two again.")}
        )
