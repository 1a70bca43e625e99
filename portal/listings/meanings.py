"""What a typed word means. Kinds declare the words they are found by; the search of all kinds looks them up."""

import datetime as dt
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

from django.core.cache import cache
from django.db import models, transaction
from django.db.models import Q
from django.utils.crypto import get_random_string
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from portal.listings.hours import next_night
from portal.regions.language import in_english

CATALOGUE_KEY = "search:catalogue"
CATALOGUE_SECONDS = 300


class Sort(models.TextChoices):
    """What a word says something about; the label leads a chip."""

    PLACE = "place", pgettext_lazy("search", "Place")
    KIND = "kind", pgettext_lazy("search", "Kind")
    OFFER = "offer", pgettext_lazy("search", "Offers")
    MEAL = "meal", pgettext_lazy("search", "Meal")
    PRICE = "price", pgettext_lazy("search", "Price")
    TIME = "time", pgettext_lazy("search", "Time")
    NEAR = "near", pgettext_lazy("search", "Order")


@dataclass(frozen=True, slots=True)
class Both:
    """A name in both languages; as text it is the reader's."""

    zh: str
    en: str

    def __str__(self) -> str:
        return self.en if self.en and in_english() else self.zh


@dataclass(frozen=True, slots=True)
class Meaning:
    """What one word asks for. `rows` is the condition at a moment.

    `also` says where the word itself is looked for beside it: in all "text", in the "name" only, or nowhere.
    """

    sort: Sort
    label: Any
    rows: Callable[[dt.datetime], Q]
    also: str = ""


@dataclass(frozen=True, slots=True)
class Saying:
    """The everyday words of one meaning; the first one is suggested to whoever types its beginning."""

    words: tuple[str, ...]
    meaning: Meaning


@dataclass(frozen=True, slots=True)
class Pattern:
    """A way of saying something with numbers in it; `read` returns None where the numbers make no sense."""

    shape: re.Pattern[str]
    read: Callable[[re.Match[str]], Meaning | None]


def kind_saying(kind: str, label: Any, *words: str) -> Saying:
    """Return the everyday words of a kind: they ask for it, and for what is named so."""
    return Saying(words, Meaning(Sort.KIND, label, lambda moment: Q(kind=kind), also="name"))


def _open_at(moment: dt.datetime) -> Q:
    from portal.listings.models import Listing

    return Q(pk__in=Listing.objects.open_at(moment).order_by().values("pk"))


OPEN_NOW = Meaning(Sort.TIME, pgettext_lazy("search", "open now"), _open_at)
ALL_NIGHT = Meaning(Sort.TIME, _("open at 3 a.m."), lambda moment: _open_at(next_night(moment)))
NEAREST = Meaning(Sort.NEAR, _("nearest first"), lambda moment: Q())
SHARED = (
    Saying(("营业中", "现在", "正在营业", "开着", "开门", "还开着", "open", "open now", "now"), OPEN_NOW),
    Saying(
        (
            "通宵",
            "夜里",
            "夜间",
            "半夜",
            "凌晨",
            "整夜",
            "24小时",
            "24h",
            "all night",
            "at night",
            "24 hours",
        ),
        ALL_NIGHT,
    ),
    Saying(
        ("附近", "最近", "身边", "离我最近", "旁边", "周边", "nearby", "near me", "nearest", "near"), NEAREST
    ),
)


def sayings() -> Iterator[Saying]:
    """Yield the words of every kind, then those that hold for all; reads the catalogues that staff keep."""
    from portal.listings.kinds import listing_models

    for model in listing_models():
        yield from model.sayings()
    yield from SHARED


def patterns() -> Iterator[Pattern]:
    """Yield the ways of saying something with numbers, of every kind."""
    from portal.listings.kinds import listing_models

    for model in listing_models():
        yield from model.patterns()


def catalogue_stamp() -> str:
    """Return what changes whenever staff change a word of a catalogue, and every five minutes by itself."""
    stamp = cache.get(CATALOGUE_KEY)
    if stamp is None:
        cache.add(CATALOGUE_KEY, get_random_string(8), CATALOGUE_SECONDS)
        stamp = cache.get(CATALOGUE_KEY) or get_random_string(8)
    return str(stamp)


def renew_catalogue() -> None:
    """Let every node read the catalogues anew once this transaction is done; a lost call costs five minutes."""
    transaction.on_commit(lambda: cache.delete(CATALOGUE_KEY))
