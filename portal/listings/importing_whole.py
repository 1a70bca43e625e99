"""A file that is the whole list of an area: which of its places it does not name."""

from typing import TYPE_CHECKING

from portal.listings.importing_near import folded
from portal.listings.importing_tables import MAX_LINES
from portal.listings.importing_verdicts import ARCHIVED, REFUSED, RowVerdict
from portal.listings.models import ImportBatch, ImportRow, Listing
from portal.listings.querysets import ListingQuerySet

if TYPE_CHECKING:
    from portal.accounts.models import User


def kept_by(model: type[Listing], user: "User") -> ListingQuerySet:
    """Return the places of a kind that a person's office keeps itself: his to publish, no partner's, not archived.

    A partner's that was taken over is no row of the office's list either: it is not archived for want of one.
    """
    return model.objects.publishable_by(user).filter(source="").exclude(state="archived")


def left_out(
    batch: ImportBatch, model: type[Listing], user: "User", rows: list[RowVerdict]
) -> list[ImportRow]:
    """Return a row for each place that would be archived; they stand below the last line of any sheet.

    Named is what a row changes, refused or not; what a new row may be; and what a refused row is called.
    """
    keys = {row.listing.pk for row in rows if row.listing is not None}
    numbers = {near["id"] for row in rows for near in row.near if "id" in near}
    names = {folded(row.name) for row in rows if row.verdict == REFUSED and row.listing is None}
    found: list[ImportRow] = []
    for place in kept_by(model, user).order_by("name", "pk").only("public_id", "name", "revision_number"):
        if place.pk in keys or place.public_id in numbers or folded(place.name) in names:
            continue
        found.append(
            ImportRow(
                batch=batch,
                row=MAX_LINES + 1 + len(found),
                name=place.name,
                verdict=ARCHIVED,
                listing_id=place.pk,
                base_number=place.revision_number,
            )
        )
    return found
