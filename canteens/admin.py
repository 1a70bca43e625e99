"""Canteens in the administration."""

from django.contrib import admin

from canteens.models import Canteen
from portal.listings.admin import ListingAdmin


@admin.register(Canteen)
class CanteenAdmin(ListingAdmin):
    """Set meals and discounts are groups of the model."""
