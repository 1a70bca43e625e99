"""The home page: the time of day decides what comes first."""

import datetime as dt
from dataclasses import dataclass, field
from typing import Any

from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import NoReverseMatch, reverse
from django.utils.translation import gettext as _

from portal.listings import nearby, reading
from portal.listings.hours import next_night
from portal.listings.kinds import listing_models
from portal.listings.models import Listing
from portal.pages import moment as clock
from portal.pages.models import RightsCard
from portal.pages.nearest import near_of, nearest_cards
from portal.pages.places import Place, place_of
from portal.pages.wording import distance

FIRST_COUNT = 3
CHANGED_COUNT = 6
NEAR_RADIUS_M = 20_000
CHANGED_RADIUS_M = 3000


@dataclass(frozen=True, slots=True)
class Section:
    """One block of cards: heading, where they come from, the cards, and what to do when there are none."""

    key: str
    title: str
    note: str
    cards: list[reading.Card]
    url: str = ""
    all_label: str = ""
    actions: bool = False
    empty: str = ""
    steps: list[tuple[str, str]] = field(default_factory=list)


def home(request: HttpRequest) -> HttpResponse:
    """Show what is wanted now near the visitor's place, then what changed there."""
    moment = clock.now()
    place = place_of(request)
    context = {
        "sections": sections(moment, place),
        "moment": moment,
        "rights": RightsCard.objects.published()[:4],
        "tab": "home",
    }
    return render(request, "pages/home.html", context)


def sections(moment: dt.datetime, place: Place) -> list[Section]:
    """Return the blocks of the home page for a moment and place, the most wanted first."""
    part = clock.part_of_day(moment)
    changed = changed_section(moment, place)
    if part in ("lunch", "dinner"):
        first = kind_section("canteen", moment, place, part)
    elif part == "night":
        first = kind_section("station", moment, place, part)
    else:
        first = None
    if first is None:
        return [changed]
    reading.together(first.cards, changed.cards)
    return [first, changed]


def kind_section(kind: str, moment: dt.datetime, place: Place, part: str) -> Section | None:
    """Return the nearest places of a kind that are open now, None where the kind is not installed."""
    model = next((model for model in listing_models() if model.kind_name == kind), None)
    if model is None:
        return None
    until = next_night(moment) if part == "night" else moment
    rows = model.objects.published().open_through(moment, until)
    try:
        url = reverse(f"{model.plural}:list")
    except NoReverseMatch:
        return None
    titles = {
        "lunch": _("Lunch: serving now"),
        "dinner": _("Dinner: serving now"),
        "night": _("Stations open all night"),
    }
    empties = {
        "lunch": _("No canteen that we know of is serving here right now."),
        "dinner": _("No canteen that we know of is serving here right now."),
        "night": _("No station that we know of is open here tonight."),
    }
    open_url = url + (f"{place.query}&open_now=true" if place.query else "?open_now=true")
    return Section(
        key="now",
        title=titles[part],
        note=f"{moment:%H:%M} · {where(place)}",
        cards=some_cards(rows, place, moment, FIRST_COUNT),
        url=open_url,
        all_label=_("All that are open now"),
        actions=True,
        empty=empties[part],
        steps=[
            (_("Show what opens next"), url + place.query),
            (_("Look in the whole city"), f"{url}?open_now=true"),
        ],
    )


def changed_section(moment: dt.datetime, place: Place) -> Section:
    """Return what changed last around the place."""
    rows = in_place(Listing.objects.published().exclude(document=""), place)
    rows = rows.order_by("-change_number")
    if place.is_point:
        near = [pk for _metres, pk in nearby.around(rows, near_of(place, CHANGED_RADIUS_M))]
        rows = Listing.objects.filter(pk__in=near).order_by("-change_number")
    distances = distances_to(rows[:CHANGED_COUNT], place)
    return Section(
        key="changed",
        title=_("Changed near you") if place.is_point else _("What changed"),
        note=_("within %(distance)s of you") % {"distance": distance(CHANGED_RADIUS_M)}
        if place.is_point
        else place.label,
        cards=reading.cards(rows[:CHANGED_COUNT], moment, distances),
        empty=_("Nothing is listed around here yet."),
        steps=[(_("Open the map"), reverse("map")), (_("Choose another place"), reverse("place"))],
    )


def where(place: Place) -> str:
    """Return where the cards come from, in the words of a heading's note."""
    return _("nearest to you") if place.is_point else place.label


def in_place(rows: Any, place: Place) -> Any:
    """Narrow rows to a chosen district or street."""
    return rows.in_area(place.area_code) if place.area_code else rows


def distances_to(rows: QuerySet, place: Place) -> dict[int, int] | None:
    """Return metres from the place's point by key, None where there is no point."""
    if not place.is_point:
        return None
    found = {pk: place.metres_to(lat, lng) for pk, lat, lng in rows.values_list("pk", "lat", "lng")}
    return {pk: round(metres) for pk, metres in found.items() if metres is not None}


def some_cards(rows: Any, place: Place, moment: dt.datetime, count: int) -> list[reading.Card]:
    """Return up to `count` cards: the nearest to a point, else those of the chosen area by name."""
    if not place.is_point:
        return reading.cards(in_place(rows, place).order_by("name", "pk")[:count], moment)
    return nearest_cards(rows, near_of(place, NEAR_RADIUS_M), moment, count)
