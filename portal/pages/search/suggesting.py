"""What somebody may be about to type: areas, everyday words, both together, and places by name."""

from collections.abc import Iterator
from dataclasses import asdict, dataclass
from typing import Any
from urllib.parse import urlencode

from django.urls import reverse
from django.utils.translation import pgettext

from portal.listings.kinds import listing_model
from portal.listings.meanings import Both, Sort
from portal.listings.models.listing import page_url
from portal.listings.pinyin import fold
from portal.pages.search.catalogue import Catalogue, Entry, outermost
from portal.pages.search.stored import Named, Stored
from portal.pages.search.understanding import Piece, understand
from portal.regions.language import in_english

MOST = 8
MOST_OF_A_SORT = {"area": 2, "word": 2, "both": 3}
#: What is offered after an area that is typed to its end.
AFTER_AREA = ("食堂", "充电", "驿站", "公寓")
AFTER_AREA_EN = ("canteen", "charging", "station", "apartment")


@dataclass(frozen=True, slots=True)
class Suggestion:
    """What is offered: `sort` is area, word, both or place; `hint` says what it is; `url` is where it leads."""

    sort: str
    text: str
    hint: str
    url: str
    icon: str = "search"


def suggest(text: str, words: Catalogue, known: Stored) -> list[Suggestion]:
    """Return at most eight suggestions for what was typed so far, mixed; nothing for nothing."""
    asked = fold(text)
    if not asked:
        return []
    found: dict[tuple[bool, str], Suggestion] = {}
    for suggestion in (*_first(asked, words), *_both(text, words), *_places(asked, words, known)):
        if len(found) < MOST:
            found.setdefault((suggestion.sort == "place", fold(suggestion.text)), suggestion)
    return list(found.values())


def as_rows(found: list[Suggestion]) -> list[dict[str, Any]]:
    """Return suggestions as the JSON holds them."""
    return [asdict(suggestion) for suggestion in found]


def search_url(query: str) -> str:
    """Return the search page for a query."""
    return f"{reverse('search')}?{urlencode({'q': query})}"


def _first(asked: str, words: Catalogue) -> Iterator[Suggestion]:
    """Yield areas and everyday words that begin so: those that are nearly typed first, wide areas before small ones."""
    entries = {id(entry): (key, entry) for key, entry in words.beginning_with(asked)}
    ordered = sorted(entries.values(), key=lambda row: _rank(row[0], row[1], asked))
    counts = {"area": 0, "word": 0}
    said: set[str] = set()
    for _key, entry in ordered:
        for suggestion in (*_areas(entry, words), *_sayings(entry)):
            name = fold(suggestion.text)
            if counts[suggestion.sort] < MOST_OF_A_SORT[suggestion.sort] and name not in said:
                said.add(name)
                counts[suggestion.sort] += 1
                yield suggestion


def _rank(key: str, entry: Entry, asked: str) -> tuple[Any, ...]:
    level = min((len(code) for code in entry.codes), default=0)
    return (key != asked, level > 9, len(key), level, key)


def _areas(entry: Entry, words: Catalogue) -> Iterator[Suggestion]:
    codes = outermost(code for code in entry.codes if code in words.areas)
    if not codes:
        return
    first = words.areas[codes[0]]
    above = words.areas.get(codes[0][:6] if len(codes[0]) > 6 else codes[0][:4])
    is_nickname = len(codes) > 1 or entry.said != first.short
    hint = (
        pgettext("between names", ", ").join(str(words.areas[code]) for code in codes[:2])
        if is_nickname
        else str(above or "")
    )
    text = str(entry.said if is_nickname else first)
    yield Suggestion("area", text, hint, search_url(entry.said), "here")


def _sayings(entry: Entry) -> Iterator[Suggestion]:
    for saying in entry.sayings[:1]:
        meaning = saying.meaning
        text = str(meaning.label) if in_english() and isinstance(meaning.label, Both) else entry.said
        hint = (
            f"{Sort(meaning.sort).label} · {meaning.label}"
            if str(meaning.label) != text
            else str(Sort(meaning.sort).label)
        )
        yield Suggestion("word", text, hint, search_url(entry.said))


def _both(text: str, words: Catalogue) -> Iterator[Suggestion]:
    """Yield an area and a word together: what completes the last word, or what is asked for most in an area."""
    pieces = understand(text, words).pieces
    place = next((piece for piece in pieces if piece.has_place), None)
    if place is None:
        return
    rest = [piece for piece in pieces if piece is not place]
    endings = (
        list(AFTER_AREA_EN if in_english() else AFTER_AREA) if not rest else _completions(rest[-1], words)
    )
    if len(rest) > 1:
        return
    for ending in endings[: MOST_OF_A_SORT["both"]]:
        query = f"{_said(place, words)} {ending}"
        yield Suggestion("both", query, str(place.meanings[0].label), search_url(query))


def _said(place: Piece, words: Catalogue) -> str:
    entries = words.entries(place.folded)
    return entries[0].said if entries and not in_english() else place.text


def _completions(piece: Piece, words: Catalogue) -> list[str]:
    found = [entry.said for _key, entry in words.beginning_with(piece.folded) if entry.sayings]
    return list(dict.fromkeys(found))


def _places(asked: str, words: Catalogue, known: Stored) -> Iterator[Suggestion]:
    """Yield places by name: first those of which a word begins so."""
    start = f" {asked}"
    begins = [row for row in known.named if start in row.words]
    # The likeliest reading of a name stands before the others.
    begins = sorted(begins, key=lambda row: row.words.find(start) / len(row.words))[:MOST]
    holds = (
        []
        if len(begins) >= MOST or len(asked) < 2
        else [row for row in known.named if asked in row.words][:MOST]
    )
    for row in dict.fromkeys([*begins, *holds]):
        yield Suggestion("place", row.name, _where(row, words), page_url(row.kind, row.public_id), row.kind)


def _where(row: Named, words: Catalogue) -> str:
    area = words.areas.get(row.area_code[:9])
    kind = str(listing_model(row.kind)._meta.verbose_name)
    return f"{kind} · {area}" if area else kind
