"""The kinds of listing: the concrete subclasses of Listing that are installed."""

from functools import cache

from django.apps import apps

from portal.listings.models import Listing


@cache
def listing_models() -> tuple[type[Listing], ...]:
    """Return the installed kinds in the order of INSTALLED_APPS."""
    return tuple(model for model in apps.get_models() if issubclass(model, Listing) and model.kind_name)


def listing_model(kind: str) -> type[Listing]:
    """Return the model of a kind; KeyError when no installed app has it."""
    return {model.kind_name: model for model in listing_models()}[kind]


def kind_names() -> list[str]:
    """Return the names of all kinds."""
    return [model.kind_name for model in listing_models()]
