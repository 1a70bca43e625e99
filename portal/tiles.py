"""Street tiles under the map: what a city must say with them, and which hosts they come from.

A map that is shown in China carries the number under which it was reviewed (审图号), so tiles without one, or without
their owner's line, refuse to start.
"""

import re
from collections.abc import Sequence
from urllib.parse import urlsplit

from django.conf import settings
from django.core.exceptions import ImproperlyConfigured
from django.utils.translation import gettext as _

REVIEW_NUMBER = re.compile(r"[A-Z\u4e00-\u9fff]{1,6} ?[(\uff08]\d{4}[)\uff09] ?\d{1,6} ?号")


def check_tiles(url: str, subdomains: Sequence[str], attribution: str, review_number: str) -> None:
    """Raise ImproperlyConfigured unless these settings make a map that may be shown."""
    if not url:
        return
    if not all(part in url for part in ("{z}", "{x}")) or not ("{y}" in url or "{-y}" in url):
        raise ImproperlyConfigured("MAP_TILES_URL holds {z}, {x} and {y}.")
    if ("{s}" in url) != bool(subdomains):
        raise ImproperlyConfigured("MAP_TILES_SUBDOMAINS lists what {s} in MAP_TILES_URL stands for.")
    if not attribution:
        raise ImproperlyConfigured("Set MAP_TILES_ATTRIBUTION: the line that the tiles' owner wants to see.")
    if not REVIEW_NUMBER.search(review_number):
        raise ImproperlyConfigured(
            "Set MAP_TILES_REVIEW_NUMBER: the tiles' review number (审图号), such as GS(2024)1234号."
        )


def tile_hosts(url: str, subdomains: Sequence[str]) -> list[str]:
    """Return the origins that tiles come from, for the content security policy."""
    parts = [urlsplit(url.replace("{s}", name)) for name in subdomains or ("",)] if url else []
    return list(dict.fromkeys(f"{part.scheme}://{part.netloc}" for part in parts))


def credit() -> str:
    """Return what is shown in the corner of a map with tiles: their owner's line and the review number."""
    if not settings.MAP_TILES_URL:
        return ""
    number = _("Map review number %(number)s") % {"number": settings.MAP_TILES_REVIEW_NUMBER}
    return f"{settings.MAP_TILES_ATTRIBUTION} · {number}"
