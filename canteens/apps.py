"""Canteens with set meals and discounts."""

from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class CanteensConfig(AppConfig):
    """Canteens with set meals and discounts."""

    name = "canteens"
    label = "canteens"
    verbose_name = _("Canteens")
    default_auto_field = "django.db.models.BigAutoField"
