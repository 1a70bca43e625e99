"""Kinds without an admin of their own get the one that all share."""

from django.contrib import admin

from portal.listings.admin.base import ListingAdmin
from portal.listings.kinds import listing_models


def register_kinds() -> None:
    """Register every kind that no admin module has registered; call it after all of them are loaded."""
    for model in listing_models():
        if not admin.site.is_registered(model):
            admin.site.register(model, ListingAdmin)
