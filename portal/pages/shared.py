"""What another app shares with the portal, as its manifest asks: `/share/?title=…&text=…&url=…`."""

from urllib.parse import urlsplit

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_safe

from portal.listings import reading
from portal.listings.coordinates import Near
from portal.listings.models import Listing
from portal.pages import moment as clock
from portal.pages.nearest import nearest_cards
from portal.pages.places import Place, point_place
from portal.pages.search.suggesting import search_url
from portal.pages.shared_text import Shared, read_shared

RADIUS_M = 1500
SHOWN = 6


@require_safe
def share(request: HttpRequest) -> HttpResponse:
    """Lead to the listing, the search or the places around what was shared; without anything, ask for it."""
    title, text, url = (request.GET.get(name, "") for name in ("title", "text", "url"))
    hosts = (request.get_host().lower(), urlsplit(settings.PUBLIC_BASE_URL).netloc.lower())
    shared = read_shared(title, text, url, hosts)
    listing = (
        Listing.objects.published().filter(public_id=shared.public_id).first() if shared.public_id else None
    )
    if listing:
        return redirect(listing.get_absolute_url())
    if shared.name and not shared.position and not shared.public_id:
        return redirect(search_url(shared.name))
    place = point_place(shared.position.lat, shared.position.lng) if shared.position else None
    context = {
        "shared": shared,
        "asked": bool(title.strip() or text.strip() or url.strip()),
        "text": text[:400],
        "place": place,
        "cards": around(shared, place),
        "radius_m": RADIUS_M,
        "moment": clock.now(),
        "tab": "search",
    }
    return render(request, "pages/shared.html", context)


def around(shared: Shared, place: Place | None) -> list[reading.Card]:
    """Return the nearest places around what was shared, nearest first; none outside the city."""
    if not shared.position or not place:
        return []
    near = Near(shared.position.lat, shared.position.lng, RADIUS_M)
    rows = Listing.objects.published().exclude(document="")
    return nearest_cards(rows, near, clock.now(), SHOWN)
