"""The page of the next forty minutes."""

import datetime as dt
from dataclasses import dataclass
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from portal.accounts.models import Courier
from portal.listings import reading
from portal.listings.calendars import current_calendar
from portal.listings.models import Listing
from portal.pages import moment as clock
from portal.pages.breaks.empty import missing_part
from portal.pages.breaks.offers import PARTS, Asked, Offer, Sorted, sort_cards, travel_minutes, what_of
from portal.pages.breaks.plan import Plan, Stop, best_plan
from portal.pages.nearest import near_of, nearest_cards
from portal.pages.places import Place, place_asked

KINDS = ("canteen", "station")
RADII = (800, 1500)
LOOKED_AT = 120
#: How many other places are shown for each part.
OTHERS = 3
WHO_SECONDS = 180 * 24 * 3600


@dataclass(frozen=True, slots=True)
class Shown:
    """A stop of the plan, or another offer, with what is had there (see `what_of`)."""

    offer: Offer
    what: dict[str, Any]
    stop: Stop | None = None


@require_safe
def pause(request: HttpRequest) -> HttpResponse:
    """Show a meal, charging and rest near the visitor's place within the next forty minutes.

    `near` is a point (else the remembered place), `within` 800 or 1500 metres, `who` is driver or courier.
    """
    place, problem = place_asked(request)
    radius = RADII[1] if request.GET.get("within") == str(RADII[1]) else RADII[0]
    asked = Asked(clock.now(), current_calendar(), is_driver(request))
    context: dict[str, Any] = {
        "place": place,
        "problem": problem,
        "radius": radius,
        "radii": RADII,
        "asked": asked,
    }
    if place.is_point or len(place.area_code) > 6:
        context |= looked_up(place, asked, radius)
    answer = render(request, "pages/break.html", {**context, "moment": asked.moment, "tab": "break"})
    if request.GET.get("who") in ("driver", "courier"):
        answer.set_cookie(
            "who",
            request.GET["who"],
            max_age=WHO_SECONDS,
            samesite="Lax",
            httponly=True,
            secure=request.is_secure(),
        )
    return answer


def is_driver(request: HttpRequest) -> bool:
    """Say whether car charging is wanted: as switched here, else by the work type of who is signed in."""
    chosen = request.GET.get("who") or request.COOKIES.get("who")
    if chosen in ("driver", "courier"):
        return chosen == "driver"
    if not request.user.is_authenticated:
        return False
    return Courier.objects.filter(user=request.user, work_type=Courier.WorkType.RIDE_HAILING).exists()


def looked_up(place: Place, asked: Asked, radius: int) -> dict[str, Any]:
    """Return the plan, the other places and what was left out, from the places around (two queries)."""
    near, far = split(places_around(place, asked), radius)
    within = sort_cards(near, asked)
    beyond = sort_cards(far, asked)
    plan = best_plan(within.offers, asked, (place.lat or 0, place.lng or 0)) if place.is_point else Plan()
    stops = [Shown(stop.offer, what_of(stop.offer, asked, stop.starts), stop) for stop in plan.stops]
    planned = {stop.offer.card.pk for stop in plan.stops}
    offered = {part for offer in within.offers for part in offer.parts}
    return {
        "plan": plan,
        "stops": stops,
        "unfit": [part for part in PARTS if part in offered and part in plan.missing and place.is_point],
        "missing": [
            missing_part(part, within, beyond, asked, place, radius) for part in PARTS if part not in offered
        ],
        "others": others([offer for offer in within.offers if offer.card.pk not in planned], asked, place),
        "left_out": left_out(within),
    }


def others(offers: list[Offer], asked: Asked, place: Place) -> list[Shown]:
    """Return the first few for each part in turn, each place once.

    Where nobody knows which is nearest, who saves a stop leads, then who stays open longest.
    """
    if not place.is_point:
        offers = sorted(offers, key=lambda offer: (not offer.is_double, -offer.stretch.ends_at.timestamp()))
    first = [offer for part in PARTS for offer in [row for row in offers if part in row.parts][:OTHERS]]
    return [other(offer, asked) for offer in {offer.card.pk: offer for offer in first}.values()]


def other(offer: Offer, asked: Asked) -> Shown:
    """Return an offer with what is had there by who goes straight to it."""
    arrives = asked.moment + dt.timedelta(minutes=travel_minutes(offer.card.distance_m))
    return Shown(offer, what_of(offer, asked, offer.start(arrives)))


def places_around(place: Place, asked: Asked) -> list[reading.Card]:
    """Return the canteens and stations around a point within the wider distance, or those of a street."""
    rows = Listing.objects.published().filter(kind__in=KINDS)
    if not place.is_point:
        rows = rows.in_area(place.area_code).order_by("name", "pk")[:LOOKED_AT]
        return reading.cards(rows, asked.moment)
    return nearest_cards(rows, near_of(place, RADII[-1]), asked.moment, LOOKED_AT)


def split(cards: list[reading.Card], radius: int) -> tuple[list[reading.Card], list[reading.Card]]:
    """Return what lies within the radius and what beyond; without distances all of it lies within."""
    near = [card for card in cards if (card.distance_m or 0) <= radius]
    return near, [card for card in cards if (card.distance_m or 0) > radius]


def left_out(found: Sorted) -> list[reading.Card]:
    """Return the places that look as if they would do and do not: held, full, about to shut, hours unknown."""
    return [*found.held, *found.full, *found.late, *found.unknown]
