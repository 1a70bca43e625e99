"""What every kind of listing shares."""

from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class ListingsConfig(AppConfig):
    """What every kind of listing shares."""

    name = "portal.listings"
    label = "listings"
    verbose_name = _("Listings")
    default_auto_field = "django.db.models.BigAutoField"
