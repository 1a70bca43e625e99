"""Apartment projects and their room types."""

from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class HousingConfig(AppConfig):
    """Apartment projects and their room types."""

    name = "housing"
    label = "housing"
    verbose_name = _("Apartments")
    default_auto_field = "django.db.models.BigAutoField"
