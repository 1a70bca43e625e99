"""Backup and restore."""

from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class KeepingConfig(AppConfig):
    """Backup and restore."""

    name = "portal.keeping"
    label = "keeping"
    verbose_name = _("Backup and restore")
