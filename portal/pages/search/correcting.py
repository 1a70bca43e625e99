"""Find what was meant when a word has one wrong, missing, doubled or swapped character.

Only asked when nothing was found, so it costs the exact query nothing.
"""

import re
from collections import Counter
from collections.abc import Iterator

from pypinyin import lazy_pinyin
from rapidfuzz.distance import OSA

from portal.listings.querysets import ListingQuerySet
from portal.pages.search.catalogue import SHORTEST_LATIN, Catalogue, is_latin
from portal.pages.search.stored import Stored
from portal.pages.search.understanding import Piece, Understanding, split

#: Of a word that is found this often, the rest tells nothing new.
MOST_PLACES = 2000
LONGEST_WORD = 30


def corrected(
    asked: Understanding, rows: ListingQuerySet, words: Catalogue, known: Stored
) -> Understanding | None:
    """Return the query with every word that nothing is stored of replaced by its nearest; None where none is near."""
    changed = False
    for number in reversed(range(len(asked.pieces))):
        piece = asked.pieces[number]
        if piece.meanings or piece.is_quoted or rows.filter(search_text__contains=piece.folded).exists():
            continue
        meant = nearest(piece.folded, words, known)
        if meant is None:
            return None
        pieces = [
            Piece(part.text, piece.word, part.meanings, typed=piece.text) for part in split(meant, words)
        ]
        asked = asked.replaced(number, tuple(pieces))
        changed = True
    return asked if changed else None


def nearest(word: str, words: Catalogue, known: Stored) -> str | None:
    """Return what a word that is not stored was meant to be: one character away, best the one that sounds alike."""
    if not 2 <= len(word) <= LONGEST_WORD:
        return None
    if is_latin(word):
        if len(word) < SHORTEST_LATIN:
            return None
        keys = "\n".join(key for key in words.anywhere if is_latin(key))
        return (
            _best(near(word, keys), "")
            or _best(near(word, known.latin), "")
            or _split_near(word, words, keys)
        )
    sound = sound_of(word)
    keys = "\n".join(key for key in words.anywhere if not is_latin(key))
    if (best := _best(_alike(word, near(word, keys)), sound)) is not None:
        return best
    if (best := _best(_alike(word, near(word, known.han)), sound)) is not None:
        return best
    if entries := words.entries(sound):
        return entries[0].said
    return sound if len(sound) >= SHORTEST_LATIN and sound in known.latin else None


def sound_of(word: str) -> str:
    """Return a word as it is likeliest read, without tones and spaces."""
    return "".join(lazy_pinyin(word)).lower()


def _alike(word: str, found: Counter[str]) -> Counter[str]:
    """Leave out what shares too little: of two characters the other one must sound the same to somebody."""
    if len(word) > 2:
        return found
    sound = blurred(sound_of(word))
    return Counter(
        {
            text: count
            for text, count in found.items()
            if sorted(text) == sorted(word) or blurred(sound_of(text)) == sound
        }
    )


def blurred(sound: str) -> str:
    """Return a sound as who does not tell zh from z and -ng from -n hears it."""
    return re.sub("ng", "n", re.sub("([zcs])h", r"\1", sound))


def _best(found: Counter[str], sound: str) -> str | None:
    """Return what sounds the same, else is stored most often, else is longer."""
    if not found:
        return None
    return max(
        found, key=lambda text: (bool(sound) and sound_of(text) == sound, found[text], len(text), text)
    )


def near(word: str, text: str) -> Counter[str]:
    """Return the parts of the lines of `text` that are one edit away from `word`, with how often they stand there.

    One edit leaves one half of the word as it was, so only where a half stands is anything compared; neighbours that
    were swapped across the middle are looked for as such.
    """
    found: Counter[str] = Counter()
    for place in range(len(word) - 1):
        swapped = word[:place] + word[place + 1] + word[place] + word[place + 2 :]
        if swapped != word and (count := text.count(swapped)):
            found[swapped] += count
    if len(word) < 2:
        return found
    middle = len(word) // 2
    for part in _windows(word, middle, text):
        if "\n" not in part and OSA.distance(word, part, score_cutoff=1) == 1:
            found[part] += 1
    return found


def _windows(word: str, middle: int, text: str) -> Iterator[str]:
    size = len(word)
    shortest = max(2, size - 1)
    for place in _places(text, word[:middle]):
        yield from (text[place : place + length] for length in range(shortest, size + 2))
    for place in _places(text, word[middle:]):
        end = place + size - middle
        yield from (text[max(0, end - length) : end] for length in range(shortest, size + 2))


def _places(text: str, part: str) -> Iterator[int]:
    place = text.find(part)
    for _count in range(MOST_PLACES):
        if place < 0:
            return
        yield place
        place = text.find(part, place + 1)


def _split_near(word: str, words: Catalogue, keys: str) -> str | None:
    """Return two words typed as one of which one is misspelt: `kangqioachongdian`."""
    for cut in range(SHORTEST_LATIN, len(word) - SHORTEST_LATIN + 1):
        first, second = word[:cut], word[cut:]
        if second in words.anywhere and (best := _best(near(first, keys), "")):
            return best + second
        if first in words.anywhere and (best := _best(near(second, keys), "")):
            return first + best
    return None
