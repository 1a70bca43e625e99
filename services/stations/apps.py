"""Service stations and their amenities."""

from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class StationsConfig(AppConfig):
    """Service stations and their amenities."""

    name = "services.stations"
    label = "stations"
    verbose_name = _("Stations")
    default_auto_field = "django.db.models.BigAutoField"
