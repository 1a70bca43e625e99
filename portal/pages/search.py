"""Search over every kind of listing."""

from typing import Any

from django.core.paginator import Paginator
from django.db.models import Case, Count, F, IntegerField, Q, Value, When
from django.db.models.functions import StrIndex
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render

from portal.listings import reading
from portal.listings.filters import UNREADABLE, is_unreadable
from portal.listings.models import Listing
from portal.listings.pinyin import fold
from portal.listings.querysets import ListingQuerySet
from portal.pages import moment as clock
from portal.pages.context import Site
from portal.pages.places import Place, place_of

PAGE_SIZE = 20
RANKED_AT_MOST = 1000
MAX_LENGTH = 60
EXAMPLES = ("充电", "套餐", "微波炉", "康桥", "热水")


def search(request: HttpRequest) -> HttpResponse:
    """Show what matches every word: names first, then streets, then the rest; in each what is open, then near."""
    text = request.GET.get("q", "").replace("\x00", "").strip()[:MAX_LENGTH]
    unreadable = is_unreadable(text)
    text = "" if unreadable else text
    kind = request.GET.get("kind", "")
    moment = clock.now()
    place = place_of(request)
    rows = Listing.objects.published().exclude(document="").search(text) if text else Listing.objects.none()
    counts = dict(
        rows.order_by().values_list("kind").annotate(number=Count("pk")).values_list("kind", "number")
    )
    doors = Site(request).doors
    kind = kind if kind in counts else ""
    ranked = rank(rows.filter(kind=kind) if kind else rows, text, moment, place)
    page = Paginator(ranked, PAGE_SIZE).get_page(request.GET.get("page"))
    context = {
        "q": text,
        "unreadable": UNREADABLE if unreadable else "",
        "page": page,
        "cards": cards_of(list(page.object_list), moment, place),
        "count": sum(counts.values()),
        "kinds": [(door, counts.get(door.kind, 0)) for door in doors],
        "chosen_kind": kind,
        "examples": EXAMPLES,
        "moment": moment,
        "tab": "search",
    }
    return render(request, "pages/search.html", context)


NAME, STREET = 3, 4


def rank(rows: ListingQuerySet, text: str, moment: Any, place: Place) -> list[tuple[Any, ...]]:
    """Return (rank…, pk) of the best matches, sorted; the first 1,000 by name are ranked.

    What is named so leads, in characters, pinyin or initials; then what lies in a street that is named so.
    """
    open_now = set(rows.open_at(moment).order_by().values_list("pk", flat=True))
    words = [folded for word in text.split() if (folded := fold(word))]
    begins = {
        f"begins_{number}": StrIndex("search_text", Value(f" {word}")) for number, word in enumerate(words)
    }
    tier = Case(
        When(Q(name__iexact=text) | Q(name_en__iexact=text), then=Value(0)),
        When(Q(name__istartswith=text), then=Value(1)),
        When(Q(name__icontains=text) | Q(name_en__icontains=text), then=Value(2)),
        *(
            When(
                Q(
                    *((f"{begin}__gt", 0) for begin in begins),
                    *((f"{begin}__lt", F(end)) for begin in begins),
                ),
                then=Value(number),
            )
            for number, end in ((NAME, "name_ends"), (STREET, "street_ends"))
            if begins
        ),
        default=Value(STREET + 1),
        output_field=IntegerField(),
    )
    ends = {
        "name_ends": StrIndex("search_text", Value("\n")),
        "street_ends": StrIndex("search_text", Value("\n\n")),
    }
    found = rows.annotate(**begins, **ends).annotate(tier=tier).order_by("tier", "name", "pk")
    ranked = []
    for level, pk, lat, lng, name in found.values_list("tier", "pk", "lat", "lng", "name")[:RANKED_AT_MOST]:
        metres = place.metres_to(lat, lng) or 0.0
        ranked.append((max(level, NAME), pk not in open_now, round(metres), level, name, pk))
    return sorted(ranked)


def cards_of(ranked: list[tuple[Any, ...]], moment: Any, place: Place) -> list[reading.Card]:
    """Return the cards of one page in its order."""
    keys = [row[-1] for row in ranked]
    distances = {row[-1]: row[2] for row in ranked} if place.is_point else None
    found = {card.pk: card for card in reading.cards(Listing.objects.filter(pk__in=keys), moment, distances)}
    return [found[pk] for pk in keys if pk in found]
