"""What waits for an answer about one listing, as its page tells it to everybody; kept for a moment."""

import datetime as dt

from django.core.cache import cache

from portal.upkeep.models import Correction

_SECONDS = 60


def said_about(listing_pk: int) -> dict[str, tuple[int, dt.datetime]]:
    """Return kind → how many said so and since when; what is something else is for the office alone."""
    key = _key(listing_pk)
    found = cache.get(key)
    if found is None:
        rows = Correction.objects.open().filter(listing_id=listing_pk).exclude(kind=Correction.Kind.OTHER)
        found = {kind: told for kind, *told in rows.values_list("kind", "report_count", "opened_at")}
        cache.set(key, found, _SECONDS)
    return found


def forget_known(listing_pk: int) -> None:
    """Have it read again by the next who asks."""
    cache.delete(_key(listing_pk))


def _key(listing_pk: int) -> str:
    return f"corrections:waiting:{listing_pk}"
