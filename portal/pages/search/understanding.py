"""Read a query as a courier means it: where and what, with or without spaces."""

import datetime as dt
import re
from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Any

from django.db.models import Q

from portal.listings.meanings import Meaning, Sort
from portal.listings.pinyin import fold
from portal.listings.words import Typed, typed_words
from portal.pages.search.catalogue import SHORTEST_LATIN, Catalogue, is_latin

MOST_WORDS = 12
MOST_JOINED = 4
_RUNS = re.compile(r"[\x00-\x7f]+|[^\x00-\x7f]+")
#: What is said around the words that matter; left out beside a word with a meaning.
_FILLING = re.compile(
    r"(?:的|有|没有|吗|呢|啊|呀|哪里|哪儿|哪有|哪|在|能|可以|我|要|想|找|去|给|里|个|家|点|地方|请问|带|和|"
    r"a|an|the|in|at|with|where|is|there|for|and|[?？!！,，。.、])+"
)


@dataclass(frozen=True, slots=True)
class Piece:
    """A part of the query, what it means, and the number of the word that it was typed in.

    `typed` is what a correction replaced.
    """

    text: str
    word: int
    meanings: tuple[Meaning, ...] = ()
    is_quoted: bool = False
    typed: str = ""

    @property
    def folded(self) -> str:
        """Return the piece as it is compared."""
        return fold(self.text)

    @property
    def has_place(self) -> bool:
        """Say whether the piece names where."""
        return any(meaning.sort == Sort.PLACE for meaning in self.meanings)

    @property
    def is_near(self) -> bool:
        """Say whether the piece only asks for what is near, as every search does."""
        return any(meaning.sort == Sort.NEAR for meaning in self.meanings)

    def rows(self, moment: dt.datetime) -> Q:
        """Return the condition: one of its meanings, or the word itself where that says something."""
        if not self.meanings:
            return Q(search_text__contains=self.folded)
        asked = Q()
        for meaning in () if self.is_near else self.meanings:
            asked |= meaning.rows(moment) | self._said(meaning)
        return asked

    def _said(self, meaning: Meaning) -> Q:
        word = self.folded
        if meaning.also == "name" and len(word) > 1 and not is_latin(word):
            return Q(name__contains=self.text)
        if meaning.also == "text" and len(word) > 1:
            return Q(search_text__contains=word if len(word) >= shortest(word) else f" {word}")
        return Q()


def shortest(word: str) -> int:
    """Return how long a word must be to be looked for inside of others; a shorter one begins a word."""
    return SHORTEST_LATIN if is_latin(word) else 2


@dataclass(frozen=True, slots=True)
class Understanding:
    """The pieces of a query in order."""

    pieces: tuple[Piece, ...]

    @property
    def has_meaning(self) -> bool:
        """Say whether anything was understood."""
        return any(piece.meanings for piece in self.pieces)

    def words(self) -> Iterator[tuple[Piece, ...]]:
        """Yield the pieces of each typed word."""
        for number in dict.fromkeys(piece.word for piece in self.pieces):
            yield tuple(piece for piece in self.pieces if piece.word == number)

    def rows(self, moment: dt.datetime) -> Q:
        """Return the condition of the query: every word by its meaning or, when it was split, as it was typed."""
        asked = Q()
        for pieces in self.words():
            meant = Q()
            for piece in pieces:
                meant &= piece.rows(moment)
            if len(pieces) > 1:
                whole = fold("".join(piece.typed or piece.text for piece in pieces))
                meant |= Q(search_text__contains=whole)
            asked &= meant
        return asked

    def text(self, *, without: int | None = None, quoted: int | None = None) -> str:
        """Return the query, one piece left out or looked for as it stands."""
        parts = []
        for number, piece in enumerate(self.pieces):
            if number == without:
                continue
            is_quoted = piece.is_quoted or number == quoted
            parts.append(f'"{piece.typed or piece.text}"' if is_quoted else piece.text)
        return " ".join(parts)

    def replaced(self, number: int, pieces: tuple[Piece, ...]) -> "Understanding":
        """Return the query with other pieces in the place of one."""
        return Understanding((*self.pieces[:number], *pieces, *self.pieces[number + 1 :]))


def understand(text: str, words: Catalogue) -> Understanding:
    """Read a query. Any text can be read; what means nothing is a word to look for."""
    typed = typed_words(text)[:MOST_WORDS]
    pieces: list[Piece] = []
    place = 0
    while place < len(typed):
        count, found = _joined(typed, place, words)
        pieces += [replace(piece, word=place) for piece in found]
        place += count
    pieces = [piece for piece in pieces if piece.folded]
    if any(piece.meanings for piece in pieces):
        pieces = [piece for piece in pieces if piece.meanings or piece.is_quoted or not _is_filling(piece)]
    return Understanding(tuple(pieces[:MOST_WORDS]))


def _is_filling(piece: Piece) -> bool:
    return _FILLING.fullmatch(piece.folded) is not None


def _joined(typed: list[Typed], place: int, words: Catalogue) -> tuple[int, list[Piece]]:
    """Return how many typed words are read together, and as what: `kang qiao`, `open now`, else the word by itself."""
    if typed[place].is_quoted:
        return 1, [Piece(typed[place].text, place, is_quoted=True)]
    for count in range(min(MOST_JOINED, len(typed) - place), 1, -1):
        parts = typed[place : place + count]
        key = fold("".join(part.text for part in parts))
        is_plain = not any(part.is_quoted for part in parts) and len(key) >= shortest(key)
        if is_plain and (meanings := words.meanings(key)):
            return count, [Piece(" ".join(part.text for part in parts), place, meanings)]
    return 1, split(typed[place].text, words)


def split(text: str, words: Catalogue) -> list[Piece]:
    """Return the pieces of a text without spaces: what has a meaning, and what lies between."""
    key = fold(text)
    if meanings := words.meanings(key):
        return [Piece(text, 0, meanings)]
    pieces: list[Piece] = []
    start = 0
    for begin, end, meaning in _patterns(key, words):
        pieces += _split_plain(key[start:begin], words)
        pieces.append(Piece(key[begin:end], 0, (meaning,)))
        start = end
    pieces += _split_plain(key[start:], words)
    return pieces if any(piece.meanings for piece in pieces) else [Piece(text, 0)]


def _patterns(key: str, words: Catalogue) -> list[tuple[int, int, Any]]:
    found: list[tuple[int, int, Any]] = []
    for pattern in words.patterns:
        for match in pattern.shape.finditer(key):
            is_free = all(match.end() <= begin or match.start() >= end for begin, end, _meaning in found)
            if is_free and (meaning := pattern.read(match)):
                found.append((match.start(), match.end(), meaning))
    return sorted(found, key=lambda row: row[:2])


def _split_plain(key: str, words: Catalogue) -> list[Piece]:
    found: list[Piece] = []
    for mixed in words.mixed:
        if mixed in key:
            before, _mixed, after = key.partition(mixed)
            middle = Piece(mixed, 0, words.meanings(mixed))
            return [*_split_plain(before, words), middle, *_split_plain(after, words)]
    for run in _RUNS.findall(key):
        parts = _latin_parts(run, words) if is_latin(run) else _longest_parts(run, words)
        found += [Piece(part, 0, words.meanings(part)) for part in parts]
    return found


def _longest_parts(run: str, words: Catalogue) -> list[str]:
    """Return the known words of a run of Chinese by longest match, and what lies between them."""
    parts: list[str] = []
    between = ""
    place = 0
    while place < len(run):
        sizes = range(min(words.longest, len(run) - place), 1, -1)
        size = next((size for size in sizes if run[place : place + size] in words.anywhere), 0)
        if size:
            parts += [between, run[place : place + size]]
            between = ""
        else:
            between += run[place]
        place += size or 1
    return [part for part in (*parts, between) if part]


def _latin_parts(run: str, words: Catalogue) -> list[str]:
    """Return the known words that make up a run of letters wholly, `kangqiao` and `chongdian`; else the run."""
    if words.entries(run):
        return [run]
    ways: dict[int, list[str]] = {0: []}
    for end in range(SHORTEST_LATIN, len(run) + 1):
        for start in sorted(ways):
            if end - start >= SHORTEST_LATIN and run[start:end] in words.anywhere:
                ways[end] = [*ways[start], run[start:end]]
                break
    return ways.get(len(run), [run])
