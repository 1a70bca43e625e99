"""People, organisations and posts: who may act where, and for whom."""

from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class AccountsConfig(AppConfig):
    """People, organisations and posts: who may act where, and for whom."""

    name = "portal.accounts"
    label = "accounts"
    verbose_name = _("People and offices")
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        """Register the checks."""
        from portal.accounts import checks  # noqa: F401
