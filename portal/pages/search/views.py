"""The search page, and the suggestions as somebody types."""

import hashlib
from dataclasses import dataclass
from typing import Any

import orjson
from django.core.cache import cache
from django.core.paginator import Paginator
from django.db.models import Count
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import get_language, pgettext
from django.views.decorators.http import require_safe

from portal.listings import reading
from portal.listings.filters import MOST_LETTERS, UNREADABLE, is_unreadable
from portal.listings.meanings import Sort, catalogue_stamp
from portal.listings.models import Listing
from portal.listings.pinyin import fold
from portal.listings.publishing import last_number
from portal.listings.querysets import ListingQuerySet
from portal.pages import moment as clock
from portal.pages.context import Site
from portal.pages.places import Place, place_of
from portal.pages.search.catalogue import catalogue
from portal.pages.search.correcting import corrected
from portal.pages.search.landmarks import with_landmarks
from portal.pages.search.ranking import all_rows, rank
from portal.pages.search.stored import stored
from portal.pages.search.suggesting import as_rows, search_url, suggest
from portal.pages.search.understanding import Understanding, understand
from portal.pages.tagged import tagged
from portal.regions.language import in_english

PAGE_SIZE = 20
#: So few results, or so short a query, and the page offers what else may have been meant.
FEW, SHORT = 3, 2
SUGGESTION_SECONDS = 60
EXAMPLES = ("附近充电", "康桥 一荤两素", "通宵驿站", "10元套餐", "下沙公寓", "厕所")
EXAMPLES_EN = (
    "charging nearby",
    "kangqiao lunch",
    "open all night",
    "toilet",
    "apartment xiasha",
    "drinking water",
)


@dataclass(frozen=True, slots=True)
class Reading:
    """One piece of the query in words, with the queries that leave it out and that take it as it stands."""

    sort: str
    text: str
    typed: str
    without: str
    literal: str


def readings_of(asked: Understanding) -> list[Reading]:
    """Return how a query was read, a chip each; nothing where nothing in it has a meaning."""
    found = []
    words = catalogue()
    for number, piece in enumerate(asked.pieces if asked.has_meaning else ()):
        labels = list(dict.fromkeys(str(meaning.label) for meaning in piece.meanings))
        said = words.entries(piece.folded)
        if len(labels) > 1 and said:
            labels = [piece.text if in_english() else said[0].said]
        sorts = dict.fromkeys(str(Sort(meaning.sort).label) for meaning in piece.meanings)
        found.append(
            Reading(
                " / ".join(sorts) or pgettext("search", "Text"),
                pgettext("between meanings", " or ").join(labels) or piece.text,
                piece.text,
                search_url(asked.text(without=number)),
                search_url(asked.text(quoted=number)) if labels else "",
            )
        )
    return found


def counts_of(rows: ListingQuerySet) -> dict[str, int]:
    """Return how many were found of each kind."""
    counted = rows.order_by().values_list("kind").annotate(number=Count("pk"))
    return dict(counted.values_list("kind", "number"))


class Found:
    """What a text finds: how it was read, the rows, and what it was corrected to when nothing was found."""

    def __init__(self, text: str, moment: Any, place: Place) -> None:
        """Read the text and count; only where nothing was found look for what it may have been meant to be."""
        words = catalogue()
        self.asked, self.place = with_landmarks(understand(text, words), place)
        self.rows = (
            all_rows().filter(self.asked.rows(moment)) if self.asked.pieces else Listing.objects.none()
        )
        self.counts = counts_of(self.rows) if self.asked.pieces else {}
        self.typed: Understanding | None = None
        if self.asked.pieces and not self.counts:
            self._correct(words, moment)

    def _correct(self, words: Any, moment: Any) -> None:
        meant = corrected(self.asked, all_rows(), words, stored())
        if meant is None:
            return
        meant, place = with_landmarks(meant, self.place)
        rows = all_rows().filter(meant.rows(moment))
        if counts := counts_of(rows):
            self.typed, self.asked, self.place, self.rows, self.counts = (
                self.asked,
                meant,
                place,
                rows,
                counts,
            )

    @property
    def corrections(self) -> list[tuple[str, str]]:
        """Return (typed, meant) of each word that was corrected."""
        meant: dict[str, list[str]] = {}
        for piece in self.asked.pieces:
            if piece.typed:
                meant.setdefault(piece.typed, []).append(piece.text)
        return [(typed, "".join(parts)) for typed, parts in meant.items()]

    @property
    def exactly(self) -> str:
        """Return the address that searches for what was typed, uncorrected."""
        pieces = self.typed.pieces if self.typed else ()
        return search_url(" ".join(piece.text if piece.meanings else f'"{piece.text}"' for piece in pieces))


@require_safe
def search(request: HttpRequest) -> HttpResponse:
    """Show what was found: how the query was read, tabs of kinds, open places first, then near ones, then by name."""
    text = request.GET.get("q", "").replace("\x00", "").strip()[:MOST_LETTERS]
    unreadable = is_unreadable(text)
    text = "" if unreadable else text
    moment = clock.now()
    found = Found(text, moment, place_of(request))
    kind = request.GET.get("kind", "")
    kind = kind if kind in found.counts else ""
    count = sum(found.counts.values())
    page = page_of(request, found, kind, moment)
    offered = (
        suggest(text, catalogue(), stored()) if text and (count < FEW or len(fold(text)) <= SHORT) else []
    )
    context = {
        "q": text,
        "unreadable": UNREADABLE if unreadable else "",
        "page": page,
        "cards": cards_of(list(page.object_list), moment, found.place) if count else [],
        "count": count,
        "readings": readings_of(found.asked),
        "corrections": found.corrections,
        "exactly": found.exactly,
        "needs_place": any(piece.is_near for piece in found.asked.pieces) and not found.place.is_point,
        "kinds": [(door, found.counts.get(door.kind, 0)) for door in Site(request).doors],
        "kinds_found": len(found.counts),
        "chosen_kind": kind,
        "suggestions": [offer for offer in offered if offer.url != search_url(text)],
        "is_few": count < FEW,
        "examples": EXAMPLES_EN if in_english() else EXAMPLES,
        "moment": moment,
        "tab": "search",
    }
    return render(request, "pages/search.html", context)


def page_of(request: HttpRequest, found: Found, kind: str, moment: Any) -> Any:
    """Return the asked page of (key, lat, lng) in order; counting costs no further query."""
    rows = found.rows.filter(kind=kind) if kind else found.rows
    ranked: Any = rank(rows, found.asked, moment, found.place) if found.counts else rows
    paginator = Paginator(ranked.values_list("pk", "lat", "lng"), PAGE_SIZE)
    paginator.count = found.counts.get(kind, 0) if kind else sum(found.counts.values())  # type: ignore[misc]
    return paginator.get_page(request.GET.get("page"))


def cards_of(rows: list[tuple[int, float, float]], moment: Any, place: Place) -> list[reading.Card]:
    """Return the cards of one page in its order."""
    distances = (
        {pk: round(place.metres_to(lat, lng) or 0) for pk, lat, lng in rows} if place.is_point else None
    )
    keys = [pk for pk, _lat, _lng in rows]
    cards = {card.pk: card for card in reading.cards(Listing.objects.filter(pk__in=keys), moment, distances)}
    return [cards[pk] for pk in keys if pk in cards]


@require_safe
def suggestions(request: HttpRequest) -> HttpResponse:
    """Return suggestions as JSON, in the language that the address names, so that any cache may keep them a minute."""
    text = request.GET.get("q", "").replace("\x00", "").strip()[:MOST_LETTERS]
    state = f"{last_number()}:{catalogue_stamp()}:{get_language()}:{fold(text)}"
    digest = hashlib.sha256(state.encode()).hexdigest()

    def make() -> bytes:
        key = f"suggest:{digest}"
        if (kept := cache.get(key)) is not None:
            return kept
        body = _pack_suggestions(text)
        cache.set(key, body, SUGGESTION_SECONDS)
        return body

    return tagged(request, digest, make, cache_control=f"public, max-age={SUGGESTION_SECONDS}")


def _pack_suggestions(text: str) -> bytes:
    offered = [] if is_unreadable(text) else suggest(text, catalogue(), stored())
    return orjson.dumps({"q": text, "suggestions": as_rows(offered)})
