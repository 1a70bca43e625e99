"""The words that mean something: areas with their nicknames, kinds, amenities, meals, times."""

from bisect import bisect_left
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from functools import lru_cache
from threading import Lock
from typing import Any

from django.core.cache import cache
from django.db.models import Q
from django.utils.translation import gettext as _
from django.utils.translation import pgettext

from portal.listings.meanings import Meaning, Saying, Sort, catalogue_stamp, patterns, sayings
from portal.listings.pinyin import fold
from portal.regions.language import in_english
from portal.regions.models import City, Community, District, Nickname, Street
from portal.regions.naming import ALSO_READ, english_name, short_name, spellings
from portal.running.databases import up_to_date

#: A Latin word of fewer letters is taken for a meaning only when it stands alone: `kq` lies in too many words.
SHORTEST_LATIN = 4
MOST_AREAS = 12


@dataclass(frozen=True, slots=True)
class Area:
    """A city, district, street or community, as it is called and as people say it; as text it is the reader's."""

    code: str
    name: str
    level: str
    short: str

    def __str__(self) -> str:
        return english_name(self.name, self.level) if in_english() else self.name


@dataclass(slots=True)
class Entry:
    """What one key stands for: areas, and everyday words of kinds."""

    said: str
    codes: list[str] = field(default_factory=list)
    sayings: list[Saying] = field(default_factory=list)


def is_latin(key: str) -> bool:
    """Say whether a folded word is written in Latin letters and digits."""
    return key.isascii()


class Catalogue:
    """Every key with what it stands for.

    Keys of `anywhere` are found inside a longer word as well, those of `alone` only as a whole word; `weak` ones
    (initials, the pinyin of communities) only where no other key is written so.
    """

    def __init__(self) -> None:
        """Read regions, nicknames and the words of the kinds, in a handful of queries."""
        self.areas: dict[str, Area] = {}
        self.anywhere: dict[str, Entry] = {}
        self.alone: dict[str, Entry] = {}
        self.weak: dict[str, Entry] = {}
        self.patterns = tuple(patterns())
        for model in (City, District, Street, Community):
            for region in model.objects.current():
                self._add_region(region, is_small=model is Community)
        for nickname in Nickname.objects.used():
            self._add_name(nickname.name, nickname.name, spellings(nickname.name), code=nickname.area_code)
        for saying in sayings():
            for word in saying.words:
                spelt = () if word.isascii() or len(word) < 2 else spellings(word)
                self._add_name(word, word, spelt, saying=saying)
        self.longest = max(map(len, self.anywhere), default=0)
        self.mixed = [
            key for key in self.anywhere if not is_latin(key) and any(mark.isascii() for mark in key)
        ]
        self.sorted_keys = sorted({*self.anywhere, *self.alone, *self.weak})

    def _add_region(self, region: Any, *, is_small: bool) -> None:
        short = short_name(region.name)
        self.areas[region.pk] = Area(region.pk, region.name, region.level, short)
        for name, sound in (
            (region.name, region.pinyin.replace(" ", "")),
            (short, region.pinyin.split(" ")[0]),
        ):
            spelt = (sound, region.initials[: len(name)])
            if any(mark in ALSO_READ for mark in name):
                spelt = (*spelt, *spellings(name))
            self._add_name(name, short, spelt, code=region.pk, is_small=is_small)

    def _add_name(
        self, name: str, said: str, spelt: Iterable[str], *, is_small: bool = False, **stands_for: Any
    ) -> None:
        """Add a name and how it is spelt. Two characters name so many communities that they mean one only alone."""
        key = fold(name)
        is_short = len(key) < (SHORTEST_LATIN if is_latin(key) else 3 if is_small else 2)
        self._put(self.alone if is_short else self.anywhere, key, said, **stands_for)
        for sound in filter(None, spelt):
            is_weak = is_small or len(sound) < SHORTEST_LATIN or len(sound) <= len(name)
            self._put(self.weak if is_weak else self.anywhere, sound, said, **stands_for)

    @staticmethod
    def _put(
        table: dict[str, Entry], key: str, said: str, *, code: str = "", saying: Saying | None = None
    ) -> None:
        entry = table.setdefault(key, Entry(said))
        if code and code not in entry.codes:
            entry.codes.append(code)
        if saying is not None and saying not in entry.sayings:
            entry.sayings.append(saying)

    def entries(self, key: str) -> list[Entry]:
        """Return what a whole word stands for; an English plural stands for its singular."""
        found = [table[key] for table in (self.anywhere, self.alone) if key in table]
        if not found and is_latin(key) and len(key) > 3 and key.endswith("s") and key not in self.weak:
            return [table[key[:-1]] for table in (self.anywhere, self.alone) if key[:-1] in table]
        return found or ([self.weak[key]] if key in self.weak and len(key) > 1 else [])

    def meanings(self, key: str) -> tuple[Meaning, ...]:
        """Return what a whole word means, the likeliest place and the everyday words; () for just a word."""
        found = self.entries(key)
        codes = outermost(code for entry in found for code in entry.codes)
        meant = [saying.meaning for entry in found for saying in entry.sayings]
        if codes:
            meant.insert(0, self.place(codes, found[0].said))
        if meant:
            return tuple(dict.fromkeys(meant))
        for pattern in self.patterns:
            if (match := pattern.shape.fullmatch(key)) and (meaning := pattern.read(match)):
                return (meaning,)
        return ()

    def place(self, codes: list[str], said: str) -> Meaning:
        """Return the meaning of a word that names areas: lying there, or being called so."""
        names = [self.areas[code] for code in codes if code in self.areas]
        label: Any = Places(tuple(names), said)
        within = Q()
        for code in codes if len(codes) <= MOST_AREAS else ():
            within |= Q(area_code__startswith=code)
        return Meaning(Sort.PLACE, label, lambda moment: within or Q(pk__in=[]), also="text")

    def beginning_with(self, start: str) -> Iterator[tuple[str, Entry]]:
        """Yield keys that begin so, with their entries, in the order of keys."""
        place = bisect_left(self.sorted_keys, start)
        while place < len(self.sorted_keys) and (key := self.sorted_keys[place]).startswith(start):
            for entry in self.entries(key):
                yield key, entry
            place += 1


@dataclass(frozen=True, slots=True)
class Places:
    """The areas that a word names, in the reader's language: two by name, more by number."""

    names: tuple[Area, ...]
    said: str

    def __str__(self) -> str:
        if len(self.names) > 2:
            return _("%(name)s, %(count)d areas") % {"name": self.said, "count": len(self.names)}
        return pgettext("between names", ", ").join(str(name) for name in self.names) or self.said


def outermost(codes: Iterable[str]) -> list[str]:
    """Return the codes that lie in no other of them: 余杭 is the district, not its street of that name as well."""
    found: list[str] = []
    for code in sorted(set(codes)):
        if not any(code.startswith(wider) for wider in found):
            found.append(code)
    return found


#: Threads that find the words changed all need them at once: one reads, the others wait for it.
_reading = Lock()


@lru_cache(maxsize=2)
def _catalogue(stamp: str) -> Catalogue:
    with up_to_date():
        return Catalogue()


def catalogue() -> Catalogue:
    """Return the words as staff keep them; read anew at most every five minutes and when they change one."""
    stamp = f"{cache.make_key('')}{catalogue_stamp()}"
    with _reading:
        return _catalogue(stamp)
