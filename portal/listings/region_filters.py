"""The filters for regions: hundreds of options, so they are read as plain rows and kept once made."""

from collections.abc import Iterator
from functools import lru_cache
from itertools import groupby
from typing import Any

import django_filters
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy
from django_filters import fields

from portal.listings.selects import LongSelect
from portal.regions.language import in_english
from portal.regions.models import District, Region
from portal.regions.naming import english_name

ANY = pgettext_lazy("choice", "any")
Rows = tuple[tuple[str, str], ...]


@lru_cache(maxsize=16)
def labelled(rows: Rows, level: str, english: bool) -> Rows:
    """Return (code, label) of regions given as (code, name): found again as long as no region has changed."""
    return tuple((code, english_name(name, level) if english else name) for code, name in rows)


@lru_cache(maxsize=16)
def under_districts(streets: Rows, districts: Rows) -> tuple[tuple[str, Rows], ...]:
    """Return labelled streets under the labels of their districts, whose code theirs begins with."""
    names = dict(districts)
    length = District.code_length
    return tuple(
        (names[code], tuple(found)) for code, found in groupby(streets, key=lambda street: street[0][:length])
    )


def read(regions: Any) -> Rows:
    """Return (code, label) of regions by code, in the language of the page (one query, no objects)."""
    model: type[Region] = regions.model
    rows = tuple(regions.order_by("code").values_list("code", "name"))
    return labelled(rows, model.level, in_english())


class Regions(fields.ModelChoiceIterator):
    """Offer regions by their codes."""

    def __iter__(self) -> Iterator[Any]:
        yield from self.pieces()

    def pieces(self) -> tuple[Any, ...]:
        """Return the choices as values that can be compared with those of another request."""
        return (("", str(self.field.empty_label)), *read(self.queryset))


class StreetsByDistrict(Regions):
    """Offer the streets under the names of their districts."""

    def pieces(self) -> tuple[Any, ...]:
        """Return the empty choice and the groups."""
        groups = under_districts(read(self.queryset), read(District.objects.all()))
        return (("", str(self.field.empty_label)), *groups)


class RegionField(fields.ModelChoiceField):
    """A region, by its code."""

    iterator = Regions


class StreetField(RegionField):
    """A street, by its code."""

    iterator = StreetsByDistrict


class RegionFilter(django_filters.ModelChoiceFilter):
    """Choose a region by its code."""

    field_class = RegionField

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        kwargs.setdefault("to_field_name", "code")
        unknown = _("There is no such region. Give its national statistical code, for example 330105.")
        kwargs.setdefault("error_messages", {"invalid_choice": unknown})
        kwargs.setdefault("empty_label", ANY)
        kwargs.setdefault("widget", LongSelect)
        super().__init__(*args, **kwargs)


class StreetFilter(RegionFilter):
    """Choose a street among those of its district."""

    field_class = StreetField
