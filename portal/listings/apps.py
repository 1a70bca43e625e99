"""What every kind of listing shares."""

from django.apps import AppConfig
from django.db.models.signals import post_migrate
from django.utils.translation import gettext_lazy as _

from portal.listings.guards import after_migrate


class ListingsConfig(AppConfig):
    """What every kind of listing shares."""

    name = "portal.listings"
    label = "listings"
    verbose_name = _("Listings")
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        """Keep guards and the counter row in place after every migration."""
        post_migrate.connect(after_migrate, sender=self)
