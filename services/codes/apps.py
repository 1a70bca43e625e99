"""Compounds and their gates."""

from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class CodesConfig(AppConfig):
    """Compounds and their gates."""

    name = "services.codes"
    label = "codes"
    verbose_name = _("Compounds")
    default_auto_field = "django.db.models.BigAutoField"
