"""Apartment projects in the administration."""

from django.contrib import admin

from housing.models import ApartmentProject
from portal.listings.admin import ListingAdmin


@admin.register(ApartmentProject)
class ApartmentProjectAdmin(ListingAdmin):
    """Programme labels and room types are groups of the model."""
