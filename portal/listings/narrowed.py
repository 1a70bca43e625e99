"""A filter set with only some of its filters: building a form of every filter costs more than reading what is found."""

from functools import lru_cache
from typing import Any

from portal.listings.filters import ListingFilter


class Narrow:
    """Make the form's class once for each set of names."""

    def get_form_class(self) -> Any:
        """Return the class; forms copy its fields."""
        kind = type(self)
        if "made_form_class" not in kind.__dict__:
            kind.made_form_class = super().get_form_class()  # type: ignore[attr-defined, misc]
        return kind.made_form_class  # type: ignore[attr-defined]


@lru_cache(maxsize=256)
def narrowed(filterset_class: type[ListingFilter], names: frozenset[str]) -> type[ListingFilter]:
    """Return the filter set with only the filters that are named; `whole` says of which it was made.

    The fields, their checks and their meaning are those of the whole filter set.
    """
    narrow: Any = type(
        filterset_class.__name__,
        (Narrow, filterset_class),
        {"__module__": filterset_class.__module__, "whole": filterset_class},
    )
    narrow.base_filters = {
        name: found for name, found in filterset_class.base_filters.items() if name in names
    }
    return narrow
