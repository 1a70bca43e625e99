"""What is said when a part of the break cannot be had: why, which place comes next, and the ways on."""

from dataclasses import dataclass, field

from django.urls import reverse
from django.utils.translation import gettext as _

from portal.listings.reading import Card
from portal.pages import moment as clock
from portal.pages.breaks.offers import Asked, Offer, Sorted, parts_of
from portal.pages.places import Place


@dataclass(frozen=True, slots=True)
class Missing:
    """A part that nobody offers here: a sentence, what comes next (a place and how far), and links."""

    key: str
    sentence: str
    further: Offer | None = None
    soonest: Card | None = None
    steps: list[tuple[str, str]] = field(default_factory=list)


def missing_part(
    part: str, within: Sorted, beyond: Sorted, asked: Asked, place: Place, radius: int
) -> Missing:
    """Return what to say of a part that nobody within the radius offers."""
    further = next((offer for offer in beyond.offers if part in offer.parts), None)
    later = [*within.later, *beyond.later]
    soonest = min(
        (card for card in later if part in parts_of(card.doc, asked)),
        key=lambda card: (card.status.opens_next_at, card.distance_m or 0),
        default=None,
    )
    return Missing(
        part, sentence_of(part, asked), further, soonest, steps_of(part, further, asked, place, radius)
    )


def sentence_of(part: str, asked: Asked) -> str:
    """Return why the part is missing, in one sentence."""
    if part == "meal":
        return _("No canteen that we know of is serving here in the next 40 minutes.")
    if part == "rest":
        return _("No place to sit that we know of is open here for now.")
    if asked.is_driver:
        return _("No car charging or parking bay that we know of is open here for now.")
    return _("No charging or battery swap that we know of is open here for now.")


def steps_of(
    part: str, further: Offer | None, asked: Asked, place: Place, radius: int
) -> list[tuple[str, str]]:
    """Return the ways on as (label, address), the best first."""
    steps = []
    joined = f"{place.query}&" if place.query else "?"
    if further:
        who = "driver" if asked.is_driver else "courier"
        query = f"near={place.near}&" if place.near else ""
        steps.append((_("Look within 1.5 km"), f"{reverse('break')}?{query}within=1500&who={who}"))
    if part == "meal":
        steps.append((_("Which canteen opens next"), reverse("canteens:list") + place.query))
    else:
        if clock.part_of_day(asked.moment) == "night":
            steps.append((_("Stations open all night"), f"{reverse('stations:list')}{joined}all_night=true"))
        codes = {"rest": "rest", "charging": "car_charging" if asked.is_driver else "charging"}
        steps.append(
            (_("All stations that have it"), f"{reverse('stations:list')}{joined}amenity={codes[part]}")
        )
    return steps
