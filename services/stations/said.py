"""What a station offers, on one line."""

from typing import Any

from django.utils.translation import gettext as _

from portal.listings.saying import coded_word


def amenities(doc: dict[str, Any]) -> list[str]:
    """Return the amenities of a stored document on one line, those that are counted with their number."""
    found = [_amenity(row) for row in doc["amenities"]]
    return [_(", ").join(found)] if found else []


def _amenity(row: dict[str, Any]) -> str:
    said = coded_word(row)
    counted = f"{said} ×{row['count']}" if row["count"] is not None else said
    return f"{counted} ({row['note']})" if row["note"] else counted
