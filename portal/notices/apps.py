"""Notices: the one place from which people are told."""

from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class NoticesConfig(AppConfig):
    """Notices: the one place from which people are told."""

    name = "portal.notices"
    label = "notices"
    verbose_name = _("What people are told")
    default_auto_field = "django.db.models.BigAutoField"
